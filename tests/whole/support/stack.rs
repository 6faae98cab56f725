//! A real Kafka, registry and object store for tests, started by `tests/stack/up`. It must not leave a server behind: every
//! stack hangs on a pipe that ends with this process, however this process ends.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{
        Mutex, OnceLock, PoisonError,
        mpsc::{Receiver, sync_channel},
    },
    thread,
    time::Duration,
};

use super::{ports, wait};

/// The longest that the launcher has nothing to say: a download by Maven.
const SILENCE: Duration = Duration::from_secs(330);
/// All servers are killed at once, so this is long.
const END: Duration = Duration::from_secs(30);
/// Ways to the shared broker that a scenario can put a proxy on: as many as there are scenarios that do.
const VIAS: usize = 8;

/// Where clients find the servers.
#[derive(Debug)]
pub struct Stack {
    pub bootstrap: String,
    pub registry: String,
    /// S3; absent on a stack of one's own and where the environment names none.
    pub objects: Option<String>,
    held: Option<Held>,
}

/// A way to a broker for clients that stay on it: what listens here must pass on to a listener of the broker's, which calls
/// itself by this address.
#[derive(Debug)]
pub struct Via {
    pub listener: TcpListener,
    pub server: SocketAddr,
}

/// A stack that this process started.
#[derive(Debug)]
struct Held {
    dir: PathBuf,
    vias: Mutex<Vec<Via>>,
    /// Taken when the stack ends.
    launcher: Mutex<Option<Launcher>>,
}

/// The launcher of a stack, which stops everything when its standard input ends.
#[derive(Debug)]
struct Launcher {
    process: Child,
    stdin: Option<ChildStdin>,
}

impl Stack {
    /// The one of this run; if it does not start, it is not tried again for every scenario. A cluster named in `KAFKA_BOOTSTRAP_SERVERS` and `SCHEMA_REGISTRY_URL` is used instead of a new one.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Option<Stack>> = OnceLock::new();
        let shared =
            SHARED.get_or_init(|| match (env::var("KAFKA_BOOTSTRAP_SERVERS"), env::var("SCHEMA_REGISTRY_URL")) {
                (Ok(bootstrap), Ok(registry)) => {
                    Some(Self { bootstrap, registry, objects: env::var("S3_ENDPOINT").ok(), held: None })
                }
                _ => thread::spawn(|| Self::start("shared", &[], VIAS)).join().ok(),
            });
        shared.as_ref().expect("the shared stack did not start; its launcher said why")
    }

    /// One with ways that proxies can be put on: the shared one if this run has started it.
    pub fn proxied() -> &'static Self {
        static OWN: OnceLock<Option<Stack>> = OnceLock::new();
        let shared = Self::shared();
        if shared.held.is_some() {
            return shared;
        }
        let own = OWN.get_or_init(|| thread::spawn(|| Self::start("proxied", &[], VIAS)).join().ok());
        own.as_ref().expect("the stack did not start; its launcher said why")
    }

    /// A way to its broker that nobody else uses.
    pub fn via(&self) -> Via {
        let held = self.held.as_ref().expect("only a stack that this run started has ways for proxies");
        held.vias.lock().unwrap_or_else(PoisonError::into_inner).pop().expect("more scenarios than VIAS take one")
    }

    /// One broker and one registry of the scenario's own, to be stopped and started. Never an external cluster.
    pub fn outage(name: &str) -> Self {
        Self::start(name, &["--no-s3"], 0)
    }

    /// Three brokers, replication factor 3, two in-sync replicas; and a registry.
    pub fn three_brokers(name: &str) -> Self {
        Self::start(name, &["--no-s3", "--brokers", "3"], 0)
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

    /// Stops it where it is, as a machine that hangs: its connections stay open and nothing is answered.
    pub fn freeze_broker(&self, node: u8) {
        self.node("freeze", &node.to_string());
    }

    pub fn thaw_broker(&self, node: u8) {
        self.node("thaw", &node.to_string());
    }

    /// The leading controller, as the brokers' own notes say. `among` are those that are up.
    pub fn controller(&self, among: &[u8]) -> Option<u8> {
        let data = self.held.as_ref()?.dir.join("data");
        let newest = among.iter().filter_map(|node| {
            let name = format!("kafka-{node}-");
            let folder =
                fs::read_dir(&data).ok()?.flatten().find(|e| e.file_name().to_string_lossy().starts_with(&name))?;
            let notes = fs::read_to_string(folder.path().join("__cluster_metadata-0/quorum-state")).ok()?;
            let notes: serde_json::Value = serde_json::from_str(&notes).ok()?;
            Some((notes["leaderEpoch"].as_i64()?, notes["leaderId"].as_i64()?))
        });
        newest.max().and_then(|(_, leader)| u8::try_from(leader).ok()).filter(|leader| among.contains(leader))
    }

    pub fn stop_registry(&self) {
        self.node("kill", "registry");
    }

    /// On the same port. It keeps its schemas in memory, so what was registered is gone.
    pub fn start_registry(&self) {
        self.node("start", "registry");
    }

    /// Stops all its servers for good.
    pub fn end(&self) {
        if let Some(held) = &self.held {
            held.launcher.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
    }

    fn node(&self, action: &str, node: &str) {
        let held = self.held.as_ref().expect("only a stack that this run started can be stopped in part");
        let done =
            Command::new(script("node")).arg(action).arg(&held.dir).arg(node).status().expect("tests/stack/node runs");
        assert!(done.success(), "tests/stack/node {action} {node} failed");
    }

    fn start(name: &str, options: &[&str], vias: usize) -> Self {
        let dir = run_dir().join(name);
        let listeners: Vec<TcpListener> =
            (0..vias).map(|_| TcpListener::bind(("127.0.0.1", ports::free())).expect("it was free")).collect();
        let advertised = listeners.iter().map(|listener| listener.local_addr().expect("it is bound").port());
        let mut process = Command::new(script("up"))
            .args(["--hold", "--keep-logs", "--dir"])
            .arg(&dir)
            .args(options)
            .args(advertised.flat_map(|port| ["--via".to_owned(), port.to_string()]))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tests/stack/up needs Python 3: run scripts/setup test");
        let words = lines(process.stdout.take().expect("it was piped"));
        let launcher = Launcher { stdin: process.stdin.take(), process };
        loop {
            let line = words.recv_timeout(SILENCE).unwrap_or_else(|error| {
                panic!("the stack {name} did not start ({error}); its launcher said why on standard error")
            });
            eprintln!("stack {name}: {line}");
            if line.starts_with("ready") {
                break;
            }
        }
        let addresses = fs::read_to_string(dir.join("env")).expect("the launcher writes env before it says ready");
        let address =
            |key: &str| addresses.lines().find_map(|line| Some(line.strip_prefix(key)?.strip_prefix('=')?.to_owned()));
        let behind = |n: usize| address(&format!("KAFKA_VIA_{n}")).and_then(|server| server.parse().ok());
        let via = |(n, listener)| Via { listener, server: behind(n).expect("the launcher names a way's end") };
        let vias = (1..).zip(listeners).map(via).collect();
        Self {
            bootstrap: address("KAFKA_BOOTSTRAP_SERVERS").expect("every stack has a broker"),
            registry: address("SCHEMA_REGISTRY_URL").expect("every stack has a registry"),
            objects: address("S3_ENDPOINT"),
            held: Some(Held { dir, vias: Mutex::new(vias), launcher: Mutex::new(Some(launcher)) }),
        }
    }
}

impl Drop for Launcher {
    fn drop(&mut self) {
        drop(self.stdin.take());
        if wait::within(END, || self.process.try_wait().ok().flatten()).is_none() {
            eprintln!("the launcher of a stack does not end: pid {}", self.process.id());
            let _ = self.process.kill();
        }
    }
}

/// What the launcher says, read to its end whether or not anybody listens.
fn lines(stdout: ChildStdout) -> Receiver<String> {
    let (said, heard) = sync_channel(100);
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _ = said.send(line);
        }
    });
    heard
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
