//! What the whole pipeline holds resident while nothing happens: the real binary, all stages in one process.

use std::{fs, time::Duration};

use omnichannel_whatsapp::wire::topics::Names;

use crate::{
    ground, ports,
    process::{Launch, Process},
    report::{Figure, Target},
    stack::{Stack, run_dir},
};

const AFTER: Duration = Duration::from_secs(60);
const LIMIT: Duration = Duration::from_secs(60);

pub async fn measure(stack: &Stack) -> Figure {
    let worker = Worker::start(stack, "idle", &[]).await;
    tokio::time::sleep(AFTER).await;
    let status = fs::read_to_string(format!("/proc/{}/status", worker.process.pid())).expect("it lives");
    let number = |key: &str| -> f64 {
        let line = status.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix(':')).unwrap_or_default();
        line.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(f64::NAN)
    };
    let mib = |key: &str| number(key) / 1_024.0;
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
            format!("{:.0}", number("Threads")),
        ]],
        result: format!("{rss:.1} MiB resident"),
        target: Target::AtMost { value: rss, bound: 60.0, unit: " MiB" },
    }
}

/// The real binary, ready, on topics of its own.
pub struct Worker {
    pub process: Process,
    pub webhooks: String,
    pub names: Names,
}

impl Worker {
    pub async fn start(stack: &Stack, name: &str, roles: &[&str]) -> Self {
        let dir = run_dir().join(format!("worker-{name}"));
        fs::create_dir_all(&dir).expect("the run's folder is writable");
        let prefixes = [format!("{name}.whatsapp."), format!("{name}.omnichannel.")];
        let (webhooks, health) = (format!("127.0.0.1:{}", ports::free()), format!("127.0.0.1:{}", ports::free()));
        let launch = |arguments: &[&str]| {
            Launch::new(&dir, name)
                .args(arguments)
                .env("KAFKA_BOOTSTRAP_SERVERS", &stack.bootstrap)
                .env("SCHEMA_REGISTRY_URL", &stack.registry)
                .env("OMNICHANNEL_KAFKA_PREFIX_WHATSAPP", &prefixes[0])
                .env("OMNICHANNEL_KAFKA_PREFIX_OMNICHANNEL", &prefixes[1])
                .env("OMNICHANNEL_HTTP_LISTEN", &webhooks)
                .env("OMNICHANNEL_TELEMETRY_LISTEN", &health)
                .env("WHATSAPP_BUSINESS_ACCOUNT_ID", "100000000000001")
                .env("WHATSAPP_PHONE_NUMBER_ID", ground::PHONE_NUMBER_ID)
                .env("WHATSAPP_ACCESS_TOKEN", "a token")
                .env("WHATSAPP_WEBHOOK_VERIFY_TOKEN", "a verify token")
                .env("WHATSAPP_WEBHOOK_SECRET", ground::SECRET)
                .start()
        };
        for preparation in [["topics", "apply"], ["schemas", "register"]] {
            let mut process = launch(&preparation);
            let status = process.exit(LIMIT);
            assert!(status.success(), "{preparation:?}: {}", process.words());
        }
        let mut arguments = vec!["run"];
        arguments.extend(roles);
        let mut process = launch(&arguments);
        process.wait_ready(&health, LIMIT).await;
        let [whatsapp, omnichannel] = prefixes;
        Self { process, webhooks, names: Names::new(whatsapp, omnichannel) }
    }
}
