//! The real binary as a child of the test: never left running, and shown with its words when a test fails.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

/// How it ended.
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    errors: String,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit {:?}\n{}\n--- standard error\n{}", self.code, self.out, self.errors)
    }
}

/// A running one.
pub struct Started {
    folder: PathBuf,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    out: String,
}

impl Started {
    /// In `folder`, with nothing of the developer's own environment but the path.
    pub fn new(folder: &Path, arguments: &[&str], variables: &[(String, String)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_omnichannel-whatsapp"))
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .envs(variables.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("cargo has built it");
        let out = child.stdout.take().expect("it is piped");
        Self { folder: folder.to_owned(), child, lines: BufReader::new(out).lines(), out: String::new() }
    }

    /// Reads on until a line has `part`.
    pub async fn wait_for(&mut self, part: &str, limit: Duration) {
        let found = timeout(limit, async {
            while let Some(line) = self.lines.next_line().await.expect("its words are UTF-8") {
                self.out.push_str(&line);
                self.out.push('\n');
                if line.contains(part) {
                    return true;
                }
            }
            false
        });
        assert!(found.await.unwrap_or(false), "no {part:?} within {limit:?}\n{}", self.out);
    }

    /// What `.dev/env` exports.
    pub fn variables(&self) -> Vec<(String, String)> {
        let text = fs::read_to_string(self.folder.join(".dev/env")).expect("it is written before the addresses");
        let exported = |line: &str| {
            let (name, value) = line.strip_prefix("export ")?.split_once('=')?;
            Some((name.to_owned(), value.trim_matches('\'').to_owned()))
        };
        text.lines().filter_map(exported).collect()
    }

    /// Ctrl-C.
    pub async fn interrupt(self, limit: Duration) -> Ended {
        let pid = self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)).expect("it runs");
        kill_process(pid, Signal::INT).expect("it is ours");
        self.ended(limit).await
    }

    /// Its end, waited for.
    pub async fn ended(mut self, limit: Duration) -> Ended {
        let mut errors = self.child.stderr.take().expect("it is piped");
        let mut told = String::new();
        let end = timeout(limit, async {
            let read_errors = errors.read_to_string(&mut told);
            let read_out = async {
                while let Ok(Some(line)) = self.lines.next_line().await {
                    self.out.push_str(&line);
                    self.out.push('\n');
                }
            };
            let (_, ()) = tokio::join!(read_errors, read_out);
            self.child.wait().await.expect("it is ours")
        })
        .await;
        let ended = Ended { code: end.as_ref().ok().and_then(|status| status.code()), out: self.out, errors: told };
        assert!(end.is_ok(), "still running after {limit:?}\n{ended}");
        ended
    }
}

/// Start to end.
pub async fn run(folder: &Path, arguments: &[&str], variables: &[(String, String)], limit: Duration) -> Ended {
    Started::new(folder, arguments, variables).ended(limit).await
}
