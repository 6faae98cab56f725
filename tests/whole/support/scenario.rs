//! What one scenario has to itself on the shared stack: names that no other uses, and a folder for logs. It starts nothing.

use std::{fs, path::PathBuf};

use omnichannel_whatsapp::wire::topics::Names;

use super::stack;

#[derive(Debug, Clone)]
pub struct Scenario {
    /// `<name>-<eight hex digits>`: prefix of topics, groups, transactional ids and subjects.
    pub id: String,
    pub names: Names,
    /// Configurations and logs.
    pub dir: PathBuf,
}

impl Scenario {
    pub fn new(name: &str) -> Self {
        let id = format!("{name}-{:08x}", rand::random::<u32>());
        let dir = stack::run_dir().join(&id);
        fs::create_dir_all(&dir).expect("the run's folder is writable");
        let names = Names::new(format!("{id}.whatsapp."), format!("{id}.omnichannel."));
        Self { id, names, dir }
    }

    /// The physical name of a topic: `whatsapp.inbound.messages` → `<id>.whatsapp.inbound.messages`.
    pub fn topic(&self, logical: &str) -> String {
        self.names.physical(logical)
    }

    /// The values of the configuration's `whatsapp` and `omnichannel` prefixes.
    pub fn prefixes(&self) -> (String, String) {
        (format!("{}.whatsapp.", self.id), format!("{}.omnichannel.", self.id))
    }

    /// Writes a file of the scenario, a configuration for instance.
    pub fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.dir.join(name);
        fs::write(&path, content).expect("the scenario's folder is writable");
        path
    }
}
