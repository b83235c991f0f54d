//! Logging to standard error, in the format that suits the reader.
//!
//! A terminal gets colour, a file or pipe plain lines, a log collector JSON on request. Under
//! systemd the journal gets each event with its fields, so that `journalctl
//! WIRESIFT_HOST=example.com` finds what happened to one site. Standard output is kept for what
//! commands print.

use std::env;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;

use anstream::{AutoStream, ColorChoice};
use serde::{Deserialize, Serialize};
use tracing::Subscriber;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

/// The section `[log]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSettings {
    /// The shape of the log.
    pub format: LogFormat,
    /// What is logged: a level (`error`, `warn`, `info`, `debug`, `trace`), or directives for parts
    /// of the program, such as `info,wiresift::http=debug`. The environment overrides it:
    /// `WIRESIFT_LOG`, then `RUST_LOG`.
    pub level: String,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { format: LogFormat::Auto, level: "info".into() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// The journal under systemd, text elsewhere.
    #[default]
    Auto,
    /// Lines for people, in colour on a terminal unless `NO_COLOR` is set.
    Text,
    /// One JSON object per line.
    Json,
    /// systemd's journal, with the fields of each event.
    Journald,
}

#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `origin` is the setting or the environment variable.
    #[error(
        "{origin} is {text:?}, which is no log level: write error, warn, info, debug or trace, \
         or directives such as info,wiresift::http=debug ({reason})"
    )]
    Level { origin: &'static str, text: String, reason: String },
    #[error("logging was set up twice: {0}")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// Levels for libraries. Below them they report damaged pages and dropped connections, which are
/// normal here.
const LIBRARIES: &str =
    "html5ever=error,selectors=error,hyper=warn,hyper_util=warn,rustls=warn,h2=warn,sqlx=warn";

/// Checks the settings without setting logging up.
pub fn check(settings: &LogSettings) -> Result<(), TelemetryError> {
    filter(&settings.level, None, None).map(drop)
}

/// Sets logging up, once for the process.
pub fn init(settings: &LogSettings) -> Result<(), TelemetryError> {
    let variable = |name| env::var(name).ok().filter(|text| !text.trim().is_empty());
    let filter = filter(&settings.level, variable("WIRESIFT_LOG"), variable("RUST_LOG"))?;
    let journal = journal_is_stderr(variable("JOURNAL_STREAM").as_deref(), stderr_file());
    let colour = AutoStream::choice(&io::stderr()) != ColorChoice::Never;
    match sink(settings.format, journal, colour) {
        Sink::Journal => match tracing_journald::layer() {
            Ok(layer) => {
                let layer = layer
                    .with_field_prefix(Some("WIRESIFT".into()))
                    .with_syslog_identifier("wiresift".into());
                Registry::default().with(filter).with(layer).try_init()?;
            }
            Err(error) => {
                lines(Sink::Text { colour }, io::stderr, filter).try_init()?;
                tracing::warn!(%error, "cannot reach the journal; logging to standard error");
            }
        },
        sink => lines(sink, io::stderr, filter).try_init()?,
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sink {
    Journal,
    Json,
    Text { colour: bool },
}

fn sink(format: LogFormat, journal_is_stderr: bool, colour: bool) -> Sink {
    match format {
        LogFormat::Auto if journal_is_stderr => Sink::Journal,
        LogFormat::Journald => Sink::Journal,
        LogFormat::Json => Sink::Json,
        LogFormat::Auto | LogFormat::Text => Sink::Text { colour },
    }
}

fn lines<W>(sink: Sink, writer: W, filter: EnvFilter) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let layer = fmt::layer().with_writer(writer);
    let layer: Box<dyn Layer<_> + Send + Sync> = match sink {
        Sink::Json => {
            Box::new(layer.json().flatten_event(true).with_current_span(false).with_ansi(false))
        }
        Sink::Text { colour } => Box::new(layer.with_ansi(colour).with_target(false)),
        Sink::Journal => Box::new(layer.with_ansi(false)),
    };
    Registry::default().with(filter).with(layer)
}

fn filter(
    level: &str,
    wiresift_log: Option<String>,
    rust_log: Option<String>,
) -> Result<EnvFilter, TelemetryError> {
    let (origin, text) = wiresift_log
        .map(|text| ("WIRESIFT_LOG", text))
        .or(rust_log.map(|text| ("RUST_LOG", text)))
        .unwrap_or(("log.level", level.to_owned()));
    // The parser takes any word for a part of the program, so a misspelt level would silence the
    // log.
    let word = text.split(',').map(str::trim).find(|part| {
        part.chars().all(char::is_alphanumeric) && part.parse::<LevelFilter>().is_err()
    });
    // Parsed alone first, so that an error only quotes what the user wrote. In the joined text
    // later directives win.
    let parsed = EnvFilter::builder()
        .parse(&text)
        .and_then(|_| EnvFilter::builder().parse(format!("{LIBRARIES},{text}")));
    match (parsed, word) {
        (Ok(filter), None) => Ok(filter),
        (Ok(_), Some(word)) => {
            let reason = format!("{word:?} is no level");
            Err(TelemetryError::Level { origin, text, reason })
        }
        (Err(error), _) => Err(TelemetryError::Level { origin, text, reason: error.to_string() }),
    }
}

/// Whether standard error is the journal's stream (`systemd.exec(5)`). `JOURNAL_STREAM` alone
/// proves nothing: child processes inherit it even if their standard error goes elsewhere.
fn journal_is_stderr(stream: Option<&str>, stderr: Option<(u64, u64)>) -> bool {
    let stream = stream.and_then(|text| text.split_once(':'));
    let stream =
        stream.and_then(|(device, inode)| Some((device.parse().ok()?, inode.parse().ok()?)));
    stream.is_some() && stream == stderr
}

/// Device and inode of standard error.
fn stderr_file() -> Option<(u64, u64)> {
    let file = File::from(io::stderr().as_fd().try_clone_to_owned().ok()?);
    file.metadata().ok().map(|meta| (meta.dev(), meta.ino()))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn auto_picks_the_format_from_where_the_log_goes() {
        let text = |colour| Sink::Text { colour };
        for (format, journal, colour, chosen) in [
            (LogFormat::Auto, true, false, Sink::Journal),
            (LogFormat::Auto, false, true, text(true)),
            (LogFormat::Auto, false, false, text(false)),
            (LogFormat::Text, true, false, text(false)),
            (LogFormat::Json, true, true, Sink::Json),
            (LogFormat::Journald, false, true, Sink::Journal),
        ] {
            assert_eq!(sink(format, journal, colour), chosen, "{format:?}");
        }
    }

    #[test]
    fn an_inherited_journal_variable_proves_nothing() {
        assert!(journal_is_stderr(Some("9:1234"), Some((9, 1234))));
        assert!(!journal_is_stderr(Some("9:1234"), Some((9, 1235))));
        assert!(!journal_is_stderr(Some("9:1234"), None));
        assert!(!journal_is_stderr(None, None));
        assert!(!journal_is_stderr(Some("nonsense"), None));
    }

    #[test]
    fn a_wrong_level_is_refused_with_its_place() {
        let some = |text: &str| Some(text.to_owned());
        let error = |result: Result<EnvFilter, TelemetryError>| result.unwrap_err().to_string();
        assert!(error(filter("loud", None, None)).starts_with("log.level is \"loud\""));
        assert!(
            error(filter("info", some("x=loud"), some("debug"))).starts_with("WIRESIFT_LOG is")
        );
        assert!(error(filter("info", None, some("x=loud"))).starts_with("RUST_LOG is"));
        assert!(error(filter("inof,sqlx=debug", None, None)).contains("\"inof\" is no level"));
        let quiet = filter("debug", None, None).unwrap().to_string();
        assert!(quiet.contains("html5ever=error") && quiet.contains("debug"), "{quiet}");
        let asked = filter("info,sqlx=debug", None, None).unwrap().to_string();
        assert!(asked.contains("sqlx=debug") && !asked.contains("sqlx=warn"), "{asked}");
    }

    #[test]
    fn settings_refuse_unknown_keys_and_formats() {
        let settings: LogSettings = toml::from_str("format = \"json\"").unwrap();
        assert_eq!(settings, LogSettings { format: LogFormat::Json, level: "info".into() });
        assert!(toml::from_str::<LogSettings>("colour = true").is_err());
        assert!(toml::from_str::<LogSettings>("format = \"xml\"").is_err());
    }

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(sink: Sink) -> String {
        let page = Page::default();
        let writer = page.clone();
        let subscriber = lines(sink, move || writer.clone(), filter("info", None, None).unwrap());
        tracing::subscriber::with_default(subscriber, || {
            let span = tracing::info_span!("poll", feed.id = 7);
            let _inside = span.enter();
            tracing::debug!("not logged");
            tracing::info!(host = "example.com", "304");
        });
        let bytes = page.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn json_is_one_object_a_line_with_the_fields_of_event_and_span() {
        let text = logged(Sink::Json);
        assert_eq!(text.lines().count(), 1, "{text}");
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&value["message"], &value["host"]), (&"304".into(), &"example.com".into()));
        assert_eq!((&value["level"], &value["spans"][0]["feed.id"]), (&"INFO".into(), &7.into()));
    }

    #[test]
    fn text_has_colour_only_if_wanted() {
        assert!(logged(Sink::Text { colour: true }).contains('\u{1b}'));
        let plain = logged(Sink::Text { colour: false });
        assert!(!plain.contains('\u{1b}') && plain.contains("304 host=\"example.com\""), "{plain}");
    }
}
