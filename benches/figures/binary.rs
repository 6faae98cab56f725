//! The real binary on topics of its own. Measures nothing but what the system says of its process.

use std::{fs, path::PathBuf, time::Duration};

use omnichannel_whatsapp::wire::topics::Names;

use crate::{
    ground, ports,
    process::{Launch, Process},
    stack::{Stack, run_dir},
};

const LIMIT: Duration = Duration::from_secs(60);

/// The real binary, ready, on topics of its own.
pub struct Worker {
    pub process: Process,
    pub webhooks: String,
    pub names: Names,
}

/// Topics and schemas of a worker's own, made by its commands, and what its environment says.
pub struct Site {
    name: String,
    dir: PathBuf,
    environment: Vec<(&'static str, String)>,
    pub names: Names,
}

impl Site {
    pub fn prepare(stack: &Stack, name: &str) -> Self {
        let dir = run_dir().join(format!("worker-{name}"));
        fs::create_dir_all(&dir).expect("the run's folder is writable");
        let [whatsapp, omnichannel] = [format!("{name}.whatsapp."), format!("{name}.omnichannel.")];
        let environment = vec![
            ("KAFKA_BOOTSTRAP_SERVERS", stack.bootstrap.clone()),
            ("SCHEMA_REGISTRY_URL", stack.registry.clone()),
            ("OMNICHANNEL_KAFKA_PREFIX_WHATSAPP", whatsapp.clone()),
            ("OMNICHANNEL_KAFKA_PREFIX_OMNICHANNEL", omnichannel.clone()),
            ("WHATSAPP_BUSINESS_ACCOUNT_ID", "100000000000001".to_owned()),
            ("WHATSAPP_PHONE_NUMBER_ID", ground::PHONE_NUMBER_ID.to_owned()),
            ("WHATSAPP_ACCESS_TOKEN", "a token".to_owned()),
            ("WHATSAPP_WEBHOOK_VERIFY_TOKEN", "a verify token".to_owned()),
            ("WHATSAPP_WEBHOOK_SECRET", ground::SECRET.to_owned()),
        ];
        let site = Self { name: name.to_owned(), dir, environment, names: Names::new(whatsapp, omnichannel) };
        for preparation in [["topics", "apply"], ["schemas", "register"]] {
            let mut process = site.launch().args(preparation).start();
            let status = process.exit(LIMIT);
            assert!(status.success(), "{preparation:?}: {}", process.words());
        }
        site
    }

    fn launch(&self) -> Launch {
        let launch = Launch::new(&self.dir, &self.name);
        self.environment.iter().fold(launch, |launch, (key, value)| launch.env(key, value))
    }

    /// The worker, ready. `set` is what is configured besides.
    pub async fn run(&self, roles: &[&str], set: &[(&str, &str)]) -> Worker {
        let (webhooks, health) = (format!("127.0.0.1:{}", ports::free()), format!("127.0.0.1:{}", ports::free()));
        let addresses = [("OMNICHANNEL_HTTP_LISTEN", &webhooks), ("OMNICHANNEL_TELEMETRY_LISTEN", &health)];
        let mut launch =
            addresses.iter().fold(self.launch().args(["run"]).args(roles), |l, (key, value)| l.env(key, value));
        for (key, value) in set {
            launch = launch.args(["--set", &format!("{key}={value}")]);
        }
        let mut process = launch.start();
        process.wait_ready(&health, LIMIT).await;
        Worker { process, webhooks, names: self.names.clone() }
    }
}

/// A line of /proc/PID/status, MiB.
pub fn resident(process: &Process, key: &str) -> f64 {
    resident_of(process.pid(), key)
}

pub fn resident_of(pid: u32, key: &str) -> f64 {
    number(pid, key) / 1_024.0
}

pub fn number(pid: u32, key: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it lives");
    let line = status.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix(':')).unwrap_or_default();
    line.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(f64::NAN)
}
