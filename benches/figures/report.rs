//! docs/performance.md: every round, on which machine, by which command, and what was missed. Rounds nothing away that
//! decides.

use std::{
    fmt::{self, Display, Formatter},
    fs,
    path::Path,
    process::Command,
};

/// One figure with all its rounds.
pub struct Figure {
    pub title: &'static str,
    /// How it is measured.
    pub what: String,
    pub columns: &'static [&'static str],
    pub rows: Vec<Vec<String>>,
    pub result: String,
    pub target: Target,
}

/// What a figure must reach.
#[derive(Clone, Copy)]
pub enum Target {
    AtLeast { value: f64, bound: f64, unit: &'static str },
    AtMost { value: f64, bound: f64, unit: &'static str },
}

impl Target {
    fn met(self) -> bool {
        match self {
            Self::AtLeast { value, bound, .. } => value >= bound,
            Self::AtMost { value, bound, .. } => value <= bound,
        }
    }
}

impl Display for Target {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (Self::AtLeast { value, bound, unit } | Self::AtMost { value, bound, unit }) = self;
        let word = if matches!(self, Self::AtLeast { .. }) { "at least" } else { "at most" };
        write!(f, "target {word} {bound:.2}{unit}: ")?;
        match self.met() {
            true => write!(f, "met"),
            false => write!(f, "**missed** by {:.2}{unit}", (value - bound).abs()),
        }
    }
}

impl Display for Figure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "## {}\n\n{}\n", self.title, self.what)?;
        writeln!(f, "| | {} |\n|---|{}", self.columns.join(" | "), "---|".repeat(self.columns.len()))?;
        for (number, row) in self.rows.iter().enumerate() {
            writeln!(f, "| {} | {} |", number + 1, row.join(" | "))?;
        }
        writeln!(f, "\n**{}**; {}.", self.result, self.target)
    }
}

/// Writes the page.
pub fn write(figures: &[Figure]) {
    let missed: Vec<&str> = figures.iter().filter(|f| !f.target.met()).map(|f| f.title).collect();
    let verdict = match missed.is_empty() {
        true => "All figures are met.".to_owned(),
        false => format!("Missed: {}.", missed.join(", ")),
    };
    let sections: Vec<String> = figures.iter().map(ToString::to_string).collect();
    let page = format!(
        "# Performance\n\nWritten by `make figures` on {}. Ratios carry over to other machines, absolute figures do not: clients, \
         broker, baseline and load generator share this one.\n\n{}\n\n{verdict}\n\n{}",
        words("date", &["-u", "+%Y-%m-%d"]),
        machine(),
        sections.join("\n")
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/performance.md");
    fs::write(&path, page).expect("docs is writable");
    println!("written: {}", path.display());
}

fn machine() -> String {
    let info = |file: &str, key: &str| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let value = text.lines().find(|l| l.starts_with(key)).and_then(|l| l.split_once(':')).map(|(_, v)| v.trim());
        value.unwrap_or("unknown").to_owned()
    };
    let memory = info("/proc/meminfo", "MemTotal").split(' ').next().and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0);
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    format!(
        "Machine: {cores} cores ({}), {} GiB, Linux {}, {}. One Apache Kafka broker in KRaft mode, no replication; release build.",
        info("/proc/cpuinfo", "model name"),
        memory >> 20,
        words("uname", &["-r"]),
        words("rustc", &["--version"]),
    )
}

fn words(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(|_| "unknown".to_owned(), |o| String::from_utf8_lossy(&o.stdout).trim().to_owned())
}
