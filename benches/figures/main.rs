//! The figures of docs/performance.md, measured on a real Kafka beside baselines of the same build. Proves nothing about
//! correctness, and measures nothing unless asked: `make figures`, or FIGURES=1, or FIGURES=webhooks,copy for some.

mod backlog;
mod binary;
mod copy;
mod copy_plain;
mod ground;
mod held;
mod idle;
mod latency;
mod load;
mod reader;
mod remember;
mod report;
mod restore;
mod retry;
mod stage;
mod watch;
mod webhooks;

/// Both sides of each figure have the product's.
#[path = "../../src/allocator.rs"]
mod allocator;
#[path = "../../tests/whole/support/kafka.rs"]
#[allow(dead_code)] // the scenarios' tool box
mod kafka;
#[path = "../../tests/whole/support/ports.rs"]
mod ports;
#[path = "../../tests/whole/support/process.rs"]
#[allow(dead_code)]
mod process;
#[path = "../../tests/whole/support/stack.rs"]
#[allow(dead_code)]
mod stack;
#[path = "../../tests/whole/support/wait.rs"]
mod wait;

use omnichannel_whatsapp::telemetry::{self, LogFormat, Signals};

use self::{report::Figure, stack::Stack};

/// For `process`.
fn http_client() -> reqwest::Client {
    let limit = std::time::Duration::from_secs(10);
    reqwest::Client::builder().timeout(limit).build().expect("the settings are valid")
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, load, address, path, seconds] = &arguments[..]
        && load == "load"
    {
        return load::run(address, path, seconds.parse().expect("seconds"));
    }
    let Ok(wanted) = std::env::var("FIGURES") else {
        println!("nothing is measured without FIGURES=1: `make figures`");
        return;
    };
    let settings = telemetry::Settings {
        instance: "figures".to_owned(),
        log_format: LogFormat::Text,
        log_filter: std::env::var("RUST_LOG").unwrap_or_else(|_| "warn".to_owned()),
        otlp_endpoint: None,
        trace_ratio: 0.0,
    };
    let signals = telemetry::init(&settings).expect("nothing was set up before").signals;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let figures = runtime.block_on(measure(&wanted, &signals));
    if wanted == "1" {
        report::write(&figures);
    }
    assert!(!figures.is_empty(), "FIGURES is 1, or some of {}", NAMES.join(", "));
}

const NAMES: [&str; 9] = ["webhooks", "copy", "remember", "latency", "retry", "held", "backlog", "restore", "idle"];

async fn measure(wanted: &str, signals: &Signals) -> Vec<Figure> {
    let wants = |name: &str| wanted == "1" || wanted.split(',').any(|w| w == name);
    let stack = Stack::outage("figures");
    let mut figures = Vec::new();
    for name in NAMES.into_iter().filter(|name| wants(name)) {
        let measured = match name {
            "webhooks" => vec![webhooks::measure(&stack, signals).await],
            "copy" => copy::measure(&stack, signals).await.into(),
            "remember" => vec![remember::measure(&stack, signals).await],
            "restore" => restore::measure(&stack).await.into(),
            "latency" => vec![latency::measure(&stack).await],
            "retry" => vec![retry::measure(&stack, signals).await],
            "held" => vec![held::measure(&stack, signals).await],
            "backlog" => vec![backlog::measure(&stack).await],
            _ => vec![idle::measure(&stack).await],
        };
        for figure in measured {
            println!("{figure}");
            figures.push(figure);
        }
    }
    figures
}
