//! `wiresift extract --explain`: the metadata of a page, then each of its blocks with the decision
//! and its reason.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar as _;

use crate::commands::metadata;
use crate::commands::paint::{Paint, Screen};
use wiresift_extract::article::Article;
use wiresift_extract::{BlockNote, Extraction, RuleReport};

/// Lines shown of a block's text.
const LINES: usize = 3;

/// Column at which a block's text begins.
const INDENT: usize = 9;

/// On narrower screens lines run over.
const NARROWEST: usize = 40;

pub(super) fn explained(
    name: &str,
    extraction: &Extraction,
    places: &[String],
    screen: Screen,
) -> String {
    let paint = Paint::on(screen);
    let mut out = format!("{}\n", paint.bold(name));
    summary(&mut out, extraction, paint);
    let places = places.iter().map(String::as_str).chain(std::iter::repeat(""));
    for (note, place) in extraction.blocks.iter().zip(places) {
        block(&mut out, note, place, screen.columns.max(NARROWEST), paint);
    }
    out
}

fn summary(out: &mut String, extraction: &Extraction, paint: Paint) {
    let article = &extraction.article;
    let kept = extraction.blocks.iter().filter(|note| note.kept).count();
    let signals = &extraction.signals;
    let _ = write!(
        out,
        "{}  kind       {}{}\n  quality    {:.2}  expected {:+.1}, doubtful {:.2}, \
         prose kept {:.2}, stated {:.2}, described {:.2}\n  \
         body       from {}, {} of {} blocks kept\n",
        metadata::lines(article),
        article.kind.as_str(),
        if article.kind.is_filed() { "" } else { ", so the daemon would not file it" },
        article.quality,
        signals.expected,
        signals.doubtful,
        signals.prose_kept,
        signals.stated,
        signals.described,
        article.source.as_str(),
        kept,
        extraction.blocks.len(),
    );
    alternates(out, article);
    if let Some(report) = &extraction.rule {
        rule(out, report, paint);
    }
    out.push_str(
        "\n  p: the model's probability that a block is part of the article\n  \
         parent: share of the page's prose under the same parent\n\n",
    );
}

fn alternates(out: &mut String, article: &Article) {
    for other in &article.alternates {
        let _ = writeln!(out, "  also at    {} ({:?})", other.url, other.kind);
    }
}

fn rule(out: &mut String, report: &RuleReport, paint: Paint) {
    for part in &report.parts {
        let did = match (part.followed, part.elements) {
            (true, elements) => format!("followed, {elements} elements"),
            (false, 0) => paint.bad("not followed: it selects nothing here"),
            (false, _) => paint.bad("not followed: no usable text would be left"),
        };
        let _ = writeln!(
            out,
            "  site rule  {}: {} = `{}`: {did}",
            report.host, part.key, part.selector
        );
    }
}

fn block(out: &mut String, note: &BlockNote, place: &str, columns: usize, paint: Paint) {
    let reason = note.reason.describe();
    let measures = &note.measures;
    let mut facts = format!("p={:.2}  {:.0} letters", note.chance, measures.weight);
    for (name, value) in
        [("links", measures.links), ("parent", measures.parent_share), ("title", measures.title)]
    {
        if value >= 0.005 {
            let _ = write!(facts, "  {name} {value:.2}");
        }
    }
    if let Some(stated) = measures.stated {
        let _ = write!(facts, "  stated {stated:.2}");
    }
    let head = format!("{} {:>4}   {reason:<24}", if note.kept { '+' } else { '-' }, note.position);
    let head = if note.kept { paint.good(&head) } else { paint.bad(&head) };
    let _ = writeln!(out, "{head} {}", paint.dim(&facts));
    for line in wrapped(&note.text, columns - INDENT) {
        let line = if note.kept { line } else { paint.dim(&line) };
        let _ = writeln!(out, "{:INDENT$}{line}", "");
    }
    for part in &note.cut {
        let cut = format!("cut from it, {}: {}", part.reason.describe(), part.text);
        for line in wrapped(&cut, columns - INDENT) {
            let _ = writeln!(out, "{:INDENT$}{}", "", paint.bad(&line));
        }
    }
    for line in wrapped(place, columns - INDENT) {
        let _ = writeln!(out, "{:INDENT$}{}", "", paint.dim(&line));
    }
}

/// The text in at most [`LINES`] lines of at most `columns` cells. A longer text ends in `…`. Lines
/// break at a blank if one is near, and anywhere in scripts without blanks.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let (mut lines, mut line, mut cells) = (Vec::new(), String::new(), 0);
    for letter in text.chars().map(|c| if c.is_control() { ' ' } else { c }) {
        let width = letter.width().unwrap_or(0);
        if cells + width > columns {
            if lines.len() + 1 == LINES {
                line.pop();
                line.push('…');
                break;
            }
            let rest = if letter == ' ' { String::new() } else { tail(&mut line) };
            lines.push(std::mem::replace(&mut line, rest));
            cells = line.chars().map(|c| c.width().unwrap_or(0)).sum();
        }
        if letter != ' ' || !line.is_empty() {
            line.push(letter);
            cells += width;
        }
    }
    if !line.trim().is_empty() {
        lines.push(line);
    }
    lines
}

/// Removes the unfinished word from the end of a line, if there is a blank in the second half of
/// it.
fn tail(line: &mut String) -> String {
    match line.rfind(' ').filter(|at| *at > line.len() / 2) {
        Some(at) => {
            let rest = line.split_off(at);
            rest.trim_start().to_owned()
        }
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_breaks_at_blanks_and_ends_after_three_lines() {
        assert_eq!(wrapped("one two three four", 9), ["one two", "three", "four"]);
        assert_eq!(wrapped(&"word ".repeat(20), 9), ["word word", "word word", "word wor…"]);
        assert_eq!(wrapped("short", 9), ["short"]);
        assert!(wrapped("", 9).is_empty());
    }

    #[test]
    fn wide_letters_take_two_cells() {
        assert_eq!(wrapped("港の朝市にぎわう", 8), ["港の朝市", "にぎわう"]);
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(wrapped("a\u{1b}[31mb", 40), ["a [31mb"]);
    }
}
