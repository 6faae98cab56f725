//! A real Kafka, registry and object store for tests, started by `tests/stack/up`. It must not leave a server behind: every
//! stack hangs on a pipe that ends with this process, however this process ends.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::OnceLock,
};

/// Where clients find the servers.
#[derive(Debug)]
pub struct Stack {
    pub bootstrap: String,
    pub registry: String,
    /// S3; absent on a stack of one's own and where the environment names none.
    pub objects: Option<String>,
    held: Option<Held>,
}

/// The launcher of a stack, which stops everything when its standard input ends.
#[derive(Debug)]
struct Held {
    launcher: Child,
    dir: PathBuf,
    stdin: Option<ChildStdin>,
    _stdout: BufReader<ChildStdout>, // open as long as the launcher may write
}

impl Stack {
    /// The one of this run. A cluster named in `KAFKA_BOOTSTRAP_SERVERS` and `SCHEMA_REGISTRY_URL` is used instead of a new one.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Stack> = OnceLock::new();
        SHARED.get_or_init(|| match (env::var("KAFKA_BOOTSTRAP_SERVERS"), env::var("SCHEMA_REGISTRY_URL")) {
            (Ok(bootstrap), Ok(registry)) => {
                Self { bootstrap, registry, objects: env::var("S3_ENDPOINT").ok(), held: None }
            }
            _ => Self::start("shared", &[]),
        })
    }

    /// One broker and one registry of the scenario's own, to be stopped and started. Never an external cluster.
    pub fn outage(name: &str) -> Self {
        Self::start(name, &["--no-s3"])
    }

    /// Three brokers, replication factor 3, two in-sync replicas; and a registry.
    pub fn three_brokers(name: &str) -> Self {
        Self::start(name, &["--no-s3", "--brokers", "3"])
    }

    /// Asks the broker to hand over and end.
    pub fn stop_broker(&self, node: u8) {
        self.node("stop", &node.to_string());
    }

    /// The broker's power cut.
    pub fn kill_broker(&self, node: u8) {
        self.node("kill", &node.to_string());
    }

    /// On the same port and data; returns when it is ready.
    pub fn start_broker(&self, node: u8) {
        self.node("start", &node.to_string());
    }

    pub fn stop_registry(&self) {
        self.node("kill", "registry");
    }

    /// On the same port. It keeps its schemas in memory, so what was registered is gone.
    pub fn start_registry(&self) {
        self.node("start", "registry");
    }

    fn node(&self, action: &str, node: &str) {
        let held = self.held.as_ref().expect("only a stack that this run started can be stopped in part");
        let done =
            Command::new(script("node")).arg(action).arg(&held.dir).arg(node).status().expect("tests/stack/node runs");
        assert!(done.success(), "tests/stack/node {action} {node} failed");
    }

    fn start(name: &str, options: &[&str]) -> Self {
        let dir = run_dir().join(name);
        let mut launcher = Command::new(script("up"))
            .args(["--hold", "--keep-logs", "--dir"])
            .arg(&dir)
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tests/stack/up needs Python 3: run scripts/setup test");
        let stdin = launcher.stdin.take();
        let mut stdout = BufReader::new(launcher.stdout.take().expect("it was piped"));
        loop {
            let mut line = String::new();
            let read = stdout.read_line(&mut line).expect("the launcher's words are UTF-8");
            assert!(read > 0, "the stack {name} did not start; its launcher said why on standard error");
            eprint!("stack {name}: {line}");
            if line.starts_with("ready") {
                break;
            }
        }
        let addresses = fs::read_to_string(dir.join("env")).expect("the launcher writes env before it says ready");
        let address =
            |key: &str| addresses.lines().find_map(|line| Some(line.strip_prefix(key)?.strip_prefix('=')?.to_owned()));
        Self {
            bootstrap: address("KAFKA_BOOTSTRAP_SERVERS").expect("every stack has a broker"),
            registry: address("SCHEMA_REGISTRY_URL").expect("every stack has a registry"),
            objects: address("S3_ENDPOINT"),
            held: Some(Held { launcher, dir, stdin, _stdout: stdout }),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.launcher.wait();
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stack").join(name)
}

/// Logs of this run: `target/tmp/whole-<pid>`. Those of runs that have ended are removed when the next one starts.
pub fn run_dir() -> PathBuf {
    static CLEANED: OnceLock<PathBuf> = OnceLock::new();
    CLEANED
        .get_or_init(|| {
            let base = Path::new(env!("CARGO_TARGET_TMPDIR"));
            for entry in fs::read_dir(base).into_iter().flatten().flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                if let Some(pid) = name.strip_prefix("whole-")
                    && !Path::new("/proc").join(pid).exists()
                {
                    let _ = fs::remove_dir_all(entry.path());
                }
            }
            let dir = base.join(format!("whole-{}", std::process::id()));
            fs::create_dir_all(&dir).expect("target/tmp is writable");
            dir
        })
        .clone()
}
