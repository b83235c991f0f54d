//! Atom.

use std::fmt::Write as _;

use chrono::DateTime;

use crate::console::view::format::xml;
use crate::console::view::syndication::{Document, NAMES, authors, id, instant, published};
use crate::store::Published;

/// The document as Atom.
pub(crate) fn written(document: &Document) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n",
    );
    element(&mut out, "id", "", &document.first);
    element(&mut out, "title", "", &document.title);
    let updated = document.changed().unwrap_or(DateTime::UNIX_EPOCH);
    element(&mut out, "updated", "", &instant(updated));
    out.push_str("<author><name>wiresift</name></author>\n<generator version=\"");
    let _ = writeln!(out, "{}\">wiresift</generator>", env!("CARGO_PKG_VERSION"));
    link(&mut out, "self", "application/atom+xml", &document.this);
    link(&mut out, "first", "application/atom+xml", &document.first);
    if let Some(next) = &document.next {
        link(&mut out, "next", "application/atom+xml", next);
    }
    link(&mut out, "alternate", "text/html", &document.home);
    for article in &document.articles {
        entry(&mut out, article);
    }
    out.push_str("</feed>\n");
    out
}

fn entry(out: &mut String, article: &Published) {
    match &article.language {
        Some(language) => {
            let _ = writeln!(out, "<entry xml:lang=\"{}\">", xml(language));
        }
        None => out.push_str("<entry>\n"),
    }
    element(out, "id", "", &id(article));
    element(out, "title", "", &article.title);
    link(out, "alternate", "text/html", &article.url);
    if let Some(licence) = &article.licence {
        let _ = writeln!(out, "<link rel=\"license\" href=\"{}\"/>", xml(licence));
    }
    element(out, "published", "", &instant(published(article)));
    element(out, "updated", "", &instant(article.updated_at));
    for name in authors(article) {
        let _ = writeln!(out, "<author><name>{}</name></author>", xml(name));
    }
    for tag in article.tags.iter().take(NAMES) {
        let _ = writeln!(out, "<category term=\"{}\"/>", xml(tag));
    }
    if let Some(summary) = &article.summary {
        element(out, "summary", "", summary);
    }
    element(out, "content", " type=\"html\"", &article.html);
    out.push_str("</entry>\n");
}

fn element(out: &mut String, name: &str, attributes: &str, text: &str) {
    let _ = writeln!(out, "<{name}{attributes}>{}</{name}>", xml(text));
}

fn link(out: &mut String, rel: &str, kind: &str, href: &str) {
    let _ = writeln!(out, "<link rel=\"{rel}\" type=\"{kind}\" href=\"{}\"/>", xml(href));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_element() {
        assert_eq!(xml("</title>\"&'\u{0}\u{b}\u{85}\u{ffff}\n"), "&lt;/title&gt;&quot;&amp;'\n");
    }
}
