//! `wiresift.toml(5)`, from the comments of `config/wiresift.toml`.
//!
//! In that file a comment stands above the settings that it is about. `#! key = value` is a setting
//! with its default, `# key = value` one with an example.

use clap_mangen::roff::{Roff, bold, roman};

use super::comments::{comment, inlines};

const FILE: &str = include_str!("../../../config/wiresift.toml");

pub(super) fn page() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["NAME"]);
    roff.text([roman("wiresift.toml - settings of the news daemon wiresift")]);
    roff.control("SH", ["DESCRIPTION"]);
    let (preamble, rest) = FILE.split_once("\n\n").unwrap_or((FILE, ""));
    paragraphs(&mut roff, preamble);
    roff.control("PP", []).text([roman(
        "Settings are read from the file that --config names, else from the one that the \
         environment variable WIRESIFT_CONFIG names, else from config/wiresift.toml in the \
         current directory, else from /etc/wiresift/wiresift.toml.",
    )]);
    roff.control("SH", ["SETTINGS"]);
    let mut group = Group::default();
    for line in rest.lines() {
        match Line::of(line) {
            Line::Table(name) => {
                group.finish(&mut roff);
                roff.control("SS", [name]);
            }
            Line::Setting { key, value, is_default } => {
                group.settings.push((key, value, is_default));
            }
            Line::Text(text) => {
                if !group.settings.is_empty() {
                    group.finish(&mut roff);
                }
                group.text.push(text);
            }
            Line::Blank => group.finish(&mut roff),
        }
    }
    group.finish(&mut roff);
    roff
}

/// A line of the file.
enum Line<'a> {
    Table(&'a str),
    Setting { key: &'a str, value: &'a str, is_default: bool },
    Text(&'a str),
    Blank,
}

impl<'a> Line<'a> {
    fn of(line: &'a str) -> Self {
        let (content, is_default) = match line.strip_prefix("#! ") {
            Some(content) => (content, true),
            None => (comment(line).unwrap_or(line), false),
        };
        let is_key = |key: &str| {
            !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        let table = content.trim_start_matches('[').trim_end_matches(']');
        match content.split_once(" = ") {
            Some((key, value)) if is_key(key) => Self::Setting { key, value, is_default },
            _ if content.starts_with('[') && is_key(&table.replace('.', "_")) => {
                Self::Table(content)
            }
            _ if content.trim().is_empty() => Self::Blank,
            _ => Self::Text(content),
        }
    }
}

/// A comment and the settings below it.
#[derive(Default)]
struct Group<'a> {
    text: Vec<&'a str>,
    settings: Vec<(&'a str, &'a str, bool)>,
}

impl Group<'_> {
    fn finish(&mut self, roff: &mut Roff) {
        let settings = std::mem::take(&mut self.settings);
        for (index, (key, value, is_default)) in settings.iter().enumerate() {
            roff.control(if index == 0 { "TP" } else { "TQ" }, []);
            let note = if *is_default { "" } else { " (an example; no default)" };
            roff.text([bold(*key), roman(format!(" = {value}{note}"))]);
        }
        let text = std::mem::take(&mut self.text).join("\n");
        if !text.is_empty() {
            if settings.is_empty() {
                roff.control("PP", []);
            }
            roff.text(inlines(&text));
        }
    }
}

fn paragraphs(roff: &mut Roff, comments: &str) {
    let lines: Vec<&str> = comments.lines().filter_map(comment).collect();
    for (index, paragraph) in lines.split(|line| line.is_empty()).enumerate() {
        if index > 0 {
            roff.control("PP", []);
        }
        roff.text(inlines(&paragraph.join("\n")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_explains_the_settings_below_it() {
        let page = page().to_roff();
        let polls = page.find("\\fBpolls\\fR = 256").expect("the page has polls");
        let reads = page.find("\\fBreads\\fR = 64").expect("the page has reads");
        let text = page.find("Maximum number of feeds polled").expect("and their comment");
        assert!(polls < reads && reads < text, "{page}");
        let file =
            "\\fBurl_file\\fR = \"/run/credentials/wiresift.service/database\\-url\" (an example";
        assert!(page.contains(file), "{page}");
    }
}
