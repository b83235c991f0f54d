//! `feeds.toml(5)`, from the comment at the head of `config/feeds.toml`. Paragraphs that are
//! indented by three blanks are examples.

use clap_mangen::roff::{Roff, roman};

use super::comments::{comment, inlines};

const FILE: &str = include_str!("../../../config/feeds.toml");

pub(super) fn page() -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["NAME"]);
    roff.text([roman("feeds.toml - feed lists of the news daemon wiresift")]);
    roff.control("SH", ["DESCRIPTION"]);
    let head: Vec<&str> = FILE.lines().map_while(comment).collect();
    for (index, paragraph) in head.split(|line| line.is_empty()).enumerate() {
        let example: Option<Vec<&str>> =
            paragraph.iter().map(|line| line.strip_prefix("  ")).collect();
        if let Some(lines) = example {
            roff.control("PP", []).control("RS", ["4"]).control("EX", []);
            roff.text([roman(lines.join("\n"))]);
            roff.control("EE", []).control("RE", []);
            continue;
        }
        if index > 0 {
            roff.control("PP", []);
        }
        roff.text(inlines(&paragraph.join("\n")));
    }
    roff.control("PP", []).text([roman(
        "Lists may also be OPML files (.opml, .xml) and plain lists (.txt, .list) with one address \
         a line. The setting feeds.files names all lists.",
    )]);
    roff.control("SH", ["FILES"]);
    roff.control("TP", []).text([roman("/etc/wiresift/feeds.toml")]);
    roff.text([roman("The feed list of the service.")]);
    roff.control("TP", []).text([roman("/etc/wiresift/feeds.d/")]);
    roff.text([roman("More feed lists.")]);
    roff
}
