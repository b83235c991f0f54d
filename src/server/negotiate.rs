//! The two formats of `/metrics`: OpenMetrics, and the older text format of Prometheus for clients
//! that do not ask for OpenMetrics.
//!
//! The library writes OpenMetrics. The text format 0.0.4 differs in the comments alone: they name a
//! counter with its suffix `_total`, and an info metric is a gauge.

/// A format with its media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    OpenMetrics,
    Text,
}

impl Format {
    /// What a client prefers by its `Accept` (RFC 9110, 12.5.1); the text format if it has no
    /// preference.
    pub(super) fn of_accept(accept: &str) -> Self {
        let quality = |kinds: &[&str]| {
            let offers = accept.split(',').filter_map(offer);
            offers
                .filter(|(kind, _)| kinds.contains(&kind.as_str()))
                .map(|(_, quality)| quality)
                .fold(0.0, f64::max)
        };
        let open = quality(&["application/openmetrics-text"]);
        if open > 0.0 && open >= quality(&["text/plain"]) { Self::OpenMetrics } else { Self::Text }
    }

    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }

    /// The document in this format, from OpenMetrics.
    pub(super) fn of_openmetrics(self, document: String) -> String {
        match self {
            Self::OpenMetrics => document,
            Self::Text => text(&document),
        }
    }
}

/// One offer of an `Accept`: the media type and its quality.
fn offer(text: &str) -> Option<(String, f64)> {
    let mut parts = text.split(';').map(str::trim);
    let kind = parts.next().filter(|kind| !kind.is_empty())?.to_ascii_lowercase();
    let quality = parts.find_map(|part| part.strip_prefix("q=")?.parse().ok());
    Some((kind, quality.unwrap_or(1.0)))
}

fn text(document: &str) -> String {
    let lines: Vec<&str> = document.lines().collect();
    let mut out = String::with_capacity(document.len() + document.len() / 16);
    for (at, line) in lines.iter().enumerate() {
        let type_line = match line.strip_prefix("# HELP ") {
            Some(_) => lines.get(at + 1).copied().unwrap_or_default(),
            None => line,
        };
        if *line == "# EOF" || line.starts_with("# UNIT ") {
            continue;
        }
        out += &comment(line, type_line).unwrap_or_else(|| (*line).to_owned());
        out.push('\n');
    }
    out
}

/// A comment on a counter or an info metric, in the words of the text format. `None` for any other
/// line. `type_line` is the line that states the type of its metric.
fn comment(line: &str, type_line: &str) -> Option<String> {
    let (name, kind) = type_line.strip_prefix("# TYPE ")?.split_once(' ')?;
    let (suffix, kind) = match kind {
        "counter" => ("_total", "counter"),
        "info" => ("_info", "gauge"),
        "unknown" => ("", "untyped"),
        _ => return None,
    };
    match line.strip_prefix("# HELP ") {
        Some(rest) => {
            let help = rest.strip_prefix(name)?.trim_start();
            Some(format!("# HELP {name}{suffix} {help}"))
        }
        None => Some(format!("# TYPE {name}{suffix} {kind}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_chooses_the_format() {
        for (accept, format) in [
            ("", Format::Text),
            ("*/*", Format::Text),
            ("text/plain", Format::Text),
            ("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.6", Format::Text),
            ("application/openmetrics-text; q=0", Format::Text),
            (
                "application/openmetrics-text;version=1.0.0,\
                 application/openmetrics-text;version=0.0.1;q=0.75,\
                 text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                Format::OpenMetrics,
            ),
            ("Application/OpenMetrics-Text", Format::OpenMetrics),
        ] {
            assert_eq!(Format::of_accept(accept), format, "{accept}");
        }
    }

    #[test]
    fn comments_of_the_text_format_name_the_series() {
        let open = "# HELP a Things.\n# TYPE a counter\na_total{x=\"1\"} 2\n\
                    # HELP b Build.\n# TYPE b info\nb_info{v=\"1\"} 1\n\
                    # HELP c_seconds Time.\n# TYPE c_seconds gauge\n# UNIT c_seconds seconds\n\
                    c_seconds 3\n# EOF\n";
        assert_eq!(
            Format::Text.of_openmetrics(open.to_owned()),
            "# HELP a_total Things.\n# TYPE a_total counter\na_total{x=\"1\"} 2\n\
             # HELP b_info Build.\n# TYPE b_info gauge\nb_info{v=\"1\"} 1\n\
             # HELP c_seconds Time.\n# TYPE c_seconds gauge\nc_seconds 3\n"
        );
        assert_eq!(Format::OpenMetrics.of_openmetrics(open.to_owned()), open);
    }
}
