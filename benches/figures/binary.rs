//! The real binary on topics of its own. Measures nothing but what the system says of its process.

use std::{fs, path::PathBuf, time::Duration};

use omnichannel_whatsapp::wire::topics::Names;

use crate::{
    ground, ports,
    process::{Launch, Process},
    stack::{Stack, run_dir},
};

const LIMIT: Duration = Duration::from_secs(60);

/// Where workers of one measurement run.
pub struct Place {
    dir: PathBuf,
    name: String,
    prefixes: [String; 2],
    bootstrap: String,
    registry: String,
    webhooks: String,
    health: String,
}

/// One of them, ready.
pub struct Worker {
    pub process: Process,
    pub webhooks: String,
    pub names: Names,
}

impl Place {
    /// Its topics are made and its schemas registered.
    pub fn prepared(stack: &Stack, name: &str) -> Self {
        let dir = run_dir().join(format!("worker-{name}"));
        fs::create_dir_all(&dir).expect("the run's folder is writable");
        let place = Self {
            dir,
            name: name.to_owned(),
            prefixes: [format!("{name}.whatsapp."), format!("{name}.omnichannel.")],
            bootstrap: stack.bootstrap.clone(),
            registry: stack.registry.clone(),
            webhooks: format!("127.0.0.1:{}", ports::free()),
            health: format!("127.0.0.1:{}", ports::free()),
        };
        for preparation in [["topics", "apply"], ["schemas", "register"]] {
            let mut process = place.launch(&preparation);
            let status = process.exit(LIMIT);
            assert!(status.success(), "{preparation:?}: {}", process.words());
        }
        place
    }

    /// The same place, from where no registry can be reached.
    pub fn without_registry(&self) -> Self {
        Self {
            dir: self.dir.clone(),
            name: self.name.clone(),
            prefixes: self.prefixes.clone(),
            bootstrap: self.bootstrap.clone(),
            registry: format!("http://127.0.0.1:{}", ports::free()),
            webhooks: self.webhooks.clone(),
            health: self.health.clone(),
        }
    }

    pub async fn run(&self, roles: &[&str]) -> Worker {
        let mut arguments = vec!["run"];
        arguments.extend(roles);
        let mut process = self.launch(&arguments);
        process.wait_ready(&self.health, LIMIT).await;
        Worker { process, webhooks: self.webhooks.clone(), names: self.names() }
    }

    pub fn names(&self) -> Names {
        let [whatsapp, omnichannel] = self.prefixes.clone();
        Names::new(whatsapp, omnichannel)
    }

    fn launch(&self, arguments: &[&str]) -> Process {
        Launch::new(&self.dir, &self.name)
            .args(arguments)
            .env("KAFKA_BOOTSTRAP_SERVERS", &self.bootstrap)
            .env("SCHEMA_REGISTRY_URL", &self.registry)
            .env("OMNICHANNEL_KAFKA_PREFIX_WHATSAPP", &self.prefixes[0])
            .env("OMNICHANNEL_KAFKA_PREFIX_OMNICHANNEL", &self.prefixes[1])
            .env("OMNICHANNEL_HTTP_LISTEN", &self.webhooks)
            .env("OMNICHANNEL_TELEMETRY_LISTEN", &self.health)
            .env("WHATSAPP_BUSINESS_ACCOUNT_ID", "100000000000001")
            .env("WHATSAPP_PHONE_NUMBER_ID", ground::PHONE_NUMBER_ID)
            .env("WHATSAPP_ACCESS_TOKEN", "a token")
            .env("WHATSAPP_WEBHOOK_VERIFY_TOKEN", "a verify token")
            .env("WHATSAPP_WEBHOOK_SECRET", ground::SECRET)
            .start()
    }
}

/// A number of /proc/PID/status, memory in KiB.
pub fn number(pid: u32, key: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it lives");
    let line = status.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix(':')).unwrap_or_default();
    line.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(f64::NAN)
}
