//! Log lines on standard error, as text or JSON, and spans to the tracer. Standard output belongs to commands' results.

use std::io::{IsTerminal as _, stderr};

use opentelemetry_sdk::trace::SdkTracer;
use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer as _, fmt::MakeWriter, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use super::{InitError, LogFormat, Settings};

/// Libraries that tell of their daily work at `info`.
const QUIET: &str = "fjall=warn,lsm_tree=warn";

pub(super) fn init(settings: &Settings, tracer: Option<SdkTracer>) -> Result<(), InitError> {
    subscriber(settings, tracer, stderr)?.try_init()?;
    Ok(())
}

/// One filter for lines and spans alike. As a filter of a single layer it would lose lines: librdkafka's records come
/// through the `log` crate, whose bridge asks whether a record is wanted, and a «no» would stick to the thread's next event.
fn subscriber<W>(
    settings: &Settings,
    tracer: Option<SdkTracer>,
    writer: W,
) -> Result<impl Subscriber + Send + Sync + 'static, InitError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // what the operator says of the same modules wins
    let filter = EnvFilter::try_new(format!("{QUIET},{}", settings.log_filter))?;
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = match settings.log_format {
        LogFormat::Text => lines.with_ansi(stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let spans = tracer.map(|tracer| tracing_opentelemetry::layer().with_tracer(tracer));
    Ok(tracing_subscriber::registry().with(filter).with(spans).with(lines))
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Page {
        fn text(&self) -> String {
            String::from_utf8_lossy(&self.0.lock().expect("no writer panics")).into_owned()
        }
    }

    impl io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no writer panics").extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(log_format: LogFormat, log: impl FnOnce()) -> String {
        let settings = Settings {
            instance: "test".to_owned(),
            log_format,
            log_filter: "info".to_owned(),
            otlp_endpoint: None,
            trace_ratio: 0.0,
        };
        let page = Page::default();
        let writer = page.clone();
        let subscriber = subscriber(&settings, None, move || writer.clone()).expect("a good filter");
        tracing::subscriber::with_default(subscriber, log);
        page.text()
    }

    #[test]
    fn a_record_that_is_not_wanted_takes_no_other_with_it() {
        let describe = || tracing::debug_span!("unwanted").metadata().expect("an enabled span has a description");
        let unwanted = tracing::subscriber::with_default(tracing_subscriber::registry(), describe);
        let text = logged(LogFormat::Text, || {
            tracing::dispatcher::get_default(|dispatch| dispatch.enabled(unwanted));
            tracing::info!("wanted");
        });
        assert!(text.contains("wanted"), "{text:?}");
    }

    #[test]
    fn json_lines_hold_their_fields() {
        let text = logged(LogFormat::Json, || tracing::warn!(stage = "sender", "send in doubt"));
        let line: serde_json::Value = serde_json::from_str(&text).expect("one JSON line");
        assert_eq!(
            (&line["level"], &line["stage"], &line["message"]),
            (&"WARN".into(), &"sender".into(), &"send in doubt".into())
        );
    }
}
