//! What the whole pipeline holds resident while nothing happens: the real binary, all stages in one process.

use std::time::Duration;

use crate::{
    binary::{self, Place},
    report::{Figure, Target},
    stack::Stack,
};

const AFTER: Duration = Duration::from_secs(60);

pub async fn measure(stack: &Stack) -> Figure {
    let worker = Place::prepared(stack, "idle").run(&[]).await;
    tokio::time::sleep(AFTER).await;
    let pid = worker.process.pid();
    let mib = |key: &str| binary::number(pid, key) / 1_024.0;
    let rss = mib("VmRSS");
    Figure {
        title: "Idle",
        what: format!(
            "The binary with receiver and all stages in one process, topics with their default partitions, {} s after it was ready, \
             nothing to do. From /proc/PID/status.",
            AFTER.as_secs()
        ),
        columns: &["resident, MiB", "of it anonymous", "of it files", "peak", "threads"],
        rows: vec![vec![
            format!("{rss:.1}"),
            format!("{:.1}", mib("RssAnon")),
            format!("{:.1}", mib("RssFile")),
            format!("{:.1}", mib("VmHWM")),
            format!("{:.0}", binary::number(pid, "Threads")),
        ]],
        result: format!("{rss:.1} MiB resident"),
        target: Target::AtMost { value: rss, bound: 60.0, unit: " MiB" },
    }
}
