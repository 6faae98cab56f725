//! `dev` and `simulator` as processes: what a person meets who starts one, on an embedded broker and free ports. Every
//! process ends by itself, by SIGTERM or with its test.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    net::TcpStream,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// Far more than a demo in which a stage is silent takes.
const LIMIT: Duration = Duration::from_secs(90);
/// The machine's own variables stay outside, and no port is insisted on.
const FREE: [(&str, &str); 2] =
    [("OMNICHANNEL_HTTP_LISTEN", "127.0.0.1:0"), ("OMNICHANNEL_TELEMETRY_LISTEN", "127.0.0.1:0")];

/// A process with a folder of its own; killed with it.
struct Process {
    child: Child,
    folder: tempfile::TempDir,
}

impl Process {
    fn start(args: &[&str], env: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let words = File::create(folder.path().join("words")).expect("a file");
        let mut command = Command::new(env!("CARGO_BIN_EXE_omnichannel-whatsapp"));
        command.args(args).current_dir(folder.path()).env_clear().envs(FREE).envs(env.iter().copied());
        let errors = words.try_clone().expect("a file handle can be doubled");
        let child = command.stdin(Stdio::null()).stdout(words).stderr(errors).spawn().expect("the binary runs");
        Self { child, folder }
    }

    fn words(&self) -> String {
        fs::read_to_string(self.folder.path().join("words")).unwrap_or_default()
    }

    /// The first answer of `ask`; panics when there is none in time.
    #[expect(clippy::disallowed_methods, reason = "sleeps between two questions, in the test's own thread")]
    fn until<T>(&mut self, what: &str, mut ask: impl FnMut(&mut Self) -> Option<T>) -> T {
        let began = Instant::now();
        while began.elapsed() < LIMIT {
            if let Some(answer) = ask(self) {
                return answer;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("{what}: not within {LIMIT:?}");
    }

    /// All it said, once it has ended by itself.
    fn end(&mut self) -> (ExitStatus, String) {
        let status = self.until("its end", |process| process.child.try_wait().expect("the child is ours"));
        (status, self.words())
    }

    /// What it has said once `last` is among it.
    fn said(&mut self, last: &str) -> String {
        self.until(last, |process| Some(process.words()).filter(|words| words.contains(last)))
    }

    fn terminate(&mut self) -> ExitStatus {
        let pid = Pid::from_raw(self.child.id().try_into().expect("a process id")).expect("a process id");
        kill_process(pid, Signal::TERM).expect("it runs");
        self.end().0
    }

    /// `.dev/env`, by name.
    fn variables(&self) -> BTreeMap<String, String> {
        variables(&fs::read_to_string(self.folder.path().join(".dev/env")).expect("it was written"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{}", self.words());
        }
        // it may have ended
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn variables(text: &str) -> BTreeMap<String, String> {
    let export = |line: &str| {
        let (name, value) = line.strip_prefix("export ")?.split_once('=')?;
        Some((name.to_owned(), value.strip_prefix('\'')?.strip_suffix('\'')?.to_owned()))
    };
    text.lines().filter_map(export).collect()
}

/// The words behind a label of the list of addresses.
fn address<'a>(words: &'a str, label: &str) -> &'a str {
    let line = words.lines().find_map(|line| line.trim_start().strip_prefix(label));
    line.unwrap_or_else(|| panic!("no line {label} in {words}")).split_whitespace().next().unwrap_or_default()
}

fn answers(url: &str) -> bool {
    TcpStream::connect(url.strip_prefix("http://").unwrap_or(url)).is_ok()
}

#[test]
fn the_demo_shows_every_stage_and_where_everything_is() {
    let mut dev = Process::start(&["dev", "--demo"], &[]);
    let (status, words) = dev.end();
    assert_eq!(status.code(), Some(0), "{words}");
    let variables = dev.variables();
    assert_eq!(address(&words, "Kafka"), variables["KAFKA_BOOTSTRAP_SERVERS"]);
    assert_eq!(address(&words, "schema registry"), variables["SCHEMA_REGISTRY_URL"]);
    assert_eq!(address(&words, "Meta"), variables["GRAPH_BASE_URL"]);
    assert!(address(&words, "webhooks").ends_with("/webhooks/whatsapp"), "{words}");
    assert!(address(&words, "health").ends_with("/readyz,"), "{words}");
    assert!(Path::new(address(&words, "objects").strip_prefix("file://").expect("a folder")).is_absolute());
    assert!(words.contains("It does not do:\n  - transactions"), "its limits: {words}");
    assert!(words.contains("| kcat -P -b $KAFKA_BOOTSTRAP_SERVERS -t omnichannel.send.commands.json"), "{words}");
    assert!(words.contains("Every stage was seen at work"), "{words}");
    assert!(variables["WHATSAPP_PHONE_NUMBER_ID"].bytes().all(|b| b.is_ascii_digit()));
}

#[test]
fn a_stage_that_stays_silent_is_named_and_fails_the_demo() {
    let mut dev = Process::start(&["dev", "--demo", "--without", "media"], &[]);
    let (status, words) = dev.end();
    assert_eq!(status.code(), Some(1), "{words}");
    assert!(words.contains("Silent: media. These records did not come:"), "{words}");
    assert!(words.contains("whatsapp.media.stored: stored of image"), "{words}");
}

#[test]
fn without_a_demo_it_stays_and_says_what_to_try_under_its_own_names() {
    let prefixes =
        [("OMNICHANNEL_KAFKA_PREFIX_WHATSAPP", "t.wa."), ("OMNICHANNEL_KAFKA_PREFIX_OMNICHANNEL", "t.omni.")];
    let mut dev = Process::start(&["dev"], &prefixes);
    let words = dev.said("Ends with Ctrl-C.");
    let variables = dev.variables();
    for (name, prefix) in prefixes {
        assert_eq!(variables[name], prefix);
    }
    let kafka = &variables["KAFKA_BOOTSTRAP_SERVERS"];
    assert!(words.contains(&format!("| kcat -P -b {kafka} -t t.omni.send.commands.json\n")), "{words}");
    assert!(words.contains(&format!("kcat -C -b {kafka} -t t.omni.inbound.default ")), "{words}");
    assert!(answers(&variables["GRAPH_BASE_URL"]) && answers(&variables["SCHEMA_REGISTRY_URL"]));
    assert_eq!(dev.terminate().code(), Some(0), "{}", dev.words());
}

#[test]
fn a_simulator_says_where_it_is_once_it_is_there() {
    let env = [("WHATSAPP_BUSINESS_ACCOUNT_ID", "1001"), ("WHATSAPP_PHONE_NUMBER_ID", "2002")];
    let mut simulator = Process::start(&["simulator", "--listen", "127.0.0.1:0"], &env);
    let words = simulator.said("WHATSAPP_WEBHOOK_VERIFY_TOKEN");
    let variables = variables(&words);
    assert!(answers(&variables["GRAPH_BASE_URL"]), "{words}");
    assert_eq!(variables["WHATSAPP_PHONE_NUMBER_ID"], "2002", "its number is the configured one");
    assert!(variables.contains_key("WHATSAPP_ACCESS_TOKEN") && variables.contains_key("WHATSAPP_WEBHOOK_SECRET"));
    assert_eq!(simulator.terminate().code(), Some(0));
}

#[test]
fn a_running_simulator_is_told_what_happens() {
    let mut simulator = Process::start(&["simulator", "--listen", "127.0.0.1:0"], &[]);
    let at = variables(&simulator.said("WHATSAPP_WEBHOOK_VERIFY_TOKEN"))["GRAPH_BASE_URL"].clone();
    let act = |args: &[&str]| {
        let (status, words) = Process::start(&[&["simulator"], args].concat(), &[("SIMULATOR_URL", &at)]).end();
        (status.code(), words)
    };
    let (code, words) = act(&["inbound", "image", "--text", "look"]);
    assert_eq!(code, Some(0), "{words}");
    let lines: Vec<&str> = words.lines().collect();
    assert!(lines[0].starts_with("wamid.") && lines[1].starts_with("media 1") && lines.len() == 2, "{words}");
    assert_eq!(act(&["event", "user_preferences", "stop"]), (Some(0), "it is on its way\n".to_owned()));
    let (code, words) = act(&["inbound", "hologram"]);
    assert_eq!((code, words.contains("there is no kind hologram")), (Some(1), true), "{words}");
    let (code, words) = act(&["event", "user_preferences", "pause"]);
    assert_eq!((code, words.as_str()), (Some(1), "in user_preferences there is stop, resume, signup\n"));
}

#[test]
fn a_simulator_whose_address_is_taken_promises_nothing() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let at = taken.local_addr().expect("its address").to_string();
    let (status, words) = Process::start(&["simulator", "--listen", &at], &[]).end();
    assert_eq!((status.code(), words.contains("listens on")), (Some(1), false), "{words}");
}
