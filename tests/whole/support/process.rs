//! The real binary as a process: started with arguments, environment and a log file, stopped in every way a machine can.
//! It must not know what the binary does, nor leave one running.

use std::{
    fs::{self, File},
    io,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use super::{http_client, wait};

const BINARY: &str = env!("CARGO_BIN_EXE_omnichannel-whatsapp");

/// How to start one.
#[derive(Debug)]
pub struct Launch {
    command: Command,
    log: PathBuf,
}

impl Launch {
    /// The binary, logging to `<dir>/<name>.log`; a second start under the same name appends.
    pub fn new(dir: &Path, name: &str) -> Self {
        // an orphan must not live on: the kernel kills it when the thread that started it is gone, kill -9 of the tests included
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--", BINARY]).current_dir(dir);
        for (key, _) in std::env::vars().filter(|(key, _)| belongs_to_the_worker(key)) {
            command.env_remove(key); // a developer's own settings must not reach a test
        }
        Self { command, log: dir.join(format!("{name}.log")) }
    }

    pub fn args<S: AsRef<std::ffi::OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args);
        self
    }

    pub fn env(mut self, key: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(key, value);
        self
    }

    pub fn start(mut self) -> Process {
        let log = File::options().create(true).append(true).open(&self.log).expect("the log's folder is writable");
        let errors = log.try_clone().expect("a file handle can be doubled");
        let start = fs::metadata(&self.log).map_or(0, |found| found.len());
        let child = self
            .command
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .expect("setpriv is part of util-linux");
        Process { child, log: self.log, start: usize::try_from(start).expect("logs are small") }
    }
}

fn belongs_to_the_worker(key: &str) -> bool {
    const PREFIXES: [&str; 9] =
        ["OMNICHANNEL_", "WHATSAPP_", "KAFKA_", "SCHEMA_REGISTRY", "GRAPH_", "MEDIA_", "AWS_", "OTEL_", "RUST_LOG"];
    PREFIXES.iter().any(|prefix| key.starts_with(prefix))
}

/// A running binary; killed when dropped, and its last words shown when the test is failing.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
    start: usize,
}

impl Process {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// kill -9; returns when it is gone.
    pub fn kill_nine(&mut self) {
        self.signal(Signal::KILL);
        self.child.wait().expect("the child is ours");
    }

    /// SIGTERM, and the exit status; panics when it takes longer than `limit`.
    pub fn terminate(&mut self, limit: Duration) -> ExitStatus {
        self.signal(Signal::TERM);
        self.exit(limit)
    }

    /// SIGTERM alone.
    pub fn ask_to_end(&self) {
        self.signal(Signal::TERM);
    }

    /// Memory it has in RAM, KiB.
    pub fn resident_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("it lives");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a process of ours");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// Stops all its threads where they are, as a paused machine does.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// Whether it is stopped where it is.
    pub fn frozen(&self) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'))
    }

    /// What it holds in memory, in MiB.
    pub fn resident_mib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kib.expect("the process lives") / 1_024
    }

    /// Its exit status, waited for.
    pub fn exit(&mut self, limit: Duration) -> ExitStatus {
        let log = self.log.clone();
        wait::until(&format!("the end of the process that logs to {}", log.display()), limit, || self.ended())
    }

    /// The exit status, once it has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("the child is ours")
    }

    /// What this run of it has printed.
    pub fn words(&self) -> String {
        let all = fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(all.get(self.start..).unwrap_or_default()).into_owned()
    }

    /// The first line that contains `part`; panics when the process ends before it.
    pub fn wait_for_line(&mut self, part: &str, limit: Duration) -> String {
        let what = format!("a line with {part:?} in {}", self.log.display());
        wait::until(&what, limit, || {
            let ended = self.ended();
            let found = self.words().lines().find(|line| line.contains(part)).map(str::to_owned);
            assert!(found.is_some() || ended.is_none(), "ended ({ended:?}) before {what}\n{}", self.tail());
            found
        })
    }

    /// Waits until `http://<address>/readyz` says 200; panics when the process ends before that.
    pub async fn wait_ready(&mut self, address: &str, limit: Duration) {
        let url = format!("http://{address}/readyz");
        let client = http_client();
        wait::until_async(&format!("200 from {url}"), limit, || {
            let ended = self.ended();
            assert!(ended.is_none(), "ended ({ended:?}) before it was ready\n{}", self.tail());
            let request = client.get(&url).send();
            async move { request.await.ok().filter(|answer| answer.status() == 200).map(|_| ()) }
        })
        .await;
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a pid is a positive i32");
        kill_process(pid, signal).map_err(io::Error::from).expect("the child is ours and was not waited for");
    }

    /// Its last lines, for a scenario that fails while the process lives on.
    pub fn show_tail(&self) {
        eprintln!("{}, last lines:\n{}", self.log.display(), self.tail());
    }

    fn tail(&self) -> String {
        let words = self.words();
        let lines: Vec<&str> = words.lines().collect();
        lines[lines.len().saturating_sub(40)..].iter().map(|line| format!("  | {line}\n")).collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            self.show_tail();
        }
    }
}

/// Whether the process ended by this signal, 9 for kill -9.
pub fn ended_by(status: ExitStatus, signal: i32) -> bool {
    status.signal() == Some(signal)
}
