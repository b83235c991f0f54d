//! An article as sanitised HTML and as markdown. For plain text see [`Article::text`].
//!
//! The HTML is written from the pieces and never copied from the page. It has no elements but `p h2
//! h3 h4 ul ol li blockquote pre a em strong`, every text is escaped, and every link is `http` or
//! `https`.

use std::fmt::Write as _;

use crate::article::{Article, Piece, PieceKind, Span};

/// Pieces as sanitised HTML, one block element a line.
#[must_use]
pub fn html(pieces: &[Piece]) -> String {
    let mut out = String::new();
    let mut open: Option<&str> = None;
    for piece in pieces {
        let holder = match piece.kind {
            PieceKind::ListItem { ordered: true } => Some("ol"),
            PieceKind::ListItem { ordered: false } => Some("ul"),
            PieceKind::Quote => Some("blockquote"),
            _ => None,
        };
        if open != holder {
            if let Some(open) = open {
                let _ = writeln!(out, "</{open}>");
            }
            if let Some(holder) = holder {
                let _ = writeln!(out, "<{holder}>");
            }
            open = holder;
        }
        let tag = match piece.kind {
            PieceKind::Heading(..=2) => "h2",
            PieceKind::Heading(3) => "h3",
            PieceKind::Heading(_) => "h4",
            PieceKind::ListItem { .. } => "li",
            PieceKind::Preformatted => "pre",
            PieceKind::Paragraph | PieceKind::Quote => "p",
        };
        let _ = write!(out, "<{tag}>");
        piece.spans.iter().for_each(|span| span_html(&mut out, span));
        let _ = writeln!(out, "</{tag}>");
    }
    if let Some(open) = open {
        let _ = writeln!(out, "</{open}>");
    }
    out
}

fn span_html(out: &mut String, span: &Span) {
    // Markdown delimiters must touch the words; spaces go outside.
    let (before, core, after) = trimmed(&span.text);
    out.push_str(before);
    if let Some(link) = &span.link {
        let _ = write!(out, "<a href=\"{}\">", escaped(link.as_str()));
    }
    let styles = [(span.strong, "strong"), (span.em, "em")];
    styles.iter().filter(|(on, _)| *on).for_each(|(_, tag)| {
        let _ = write!(out, "<{tag}>");
    });
    out.push_str(&escaped(core));
    styles.iter().rev().filter(|(on, _)| *on).for_each(|(_, tag)| {
        let _ = write!(out, "</{tag}>");
    });
    if span.link.is_some() {
        out.push_str("</a>");
    }
    out.push_str(after);
}

/// The spaces before a text, the text, the spaces after it.
fn trimmed(text: &str) -> (&str, &str, &str) {
    let from_start = text.trim_start();
    let (before, _) = text.split_at(text.len() - from_start.len());
    let core = from_start.trim_end();
    let (_, after) = from_start.split_at(core.len());
    (before, core, after)
}

/// Escapes text for elements and attributes.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match character_reference(c) {
            Some(reference) => out.push_str(reference),
            None => out.push(c),
        }
    }
    out
}

/// What stands for a character in HTML, where it cannot stand for itself.
#[must_use]
pub const fn character_reference(c: char) -> Option<&'static str> {
    match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\'' => Some("&#39;"),
        _ => None,
    }
}

/// The article as `CommonMark` markdown, with the title as the first heading.
#[must_use]
pub fn markdown(article: &Article) -> String {
    let mut out = String::new();
    if !article.title.is_empty() {
        let _ = writeln!(out, "# {}\n", literal(&article.title));
    }
    let mut number = 0_u32;
    let mut in_list = false;
    for piece in &article.body {
        let is_item = matches!(piece.kind, PieceKind::ListItem { .. });
        if in_list && !is_item {
            out.push('\n');
            number = 0;
        }
        in_list = is_item;
        let text: String = piece.spans.iter().map(span_markdown).collect();
        let _ = match piece.kind {
            PieceKind::Paragraph => writeln!(out, "{}\n", line_start(&text)),
            PieceKind::Heading(level) => {
                writeln!(out, "{} {text}\n", "#".repeat(usize::from(level.clamp(2, 4))))
            }
            PieceKind::ListItem { ordered: false } => writeln!(out, "- {text}"),
            PieceKind::ListItem { ordered: true } => {
                number += 1;
                writeln!(out, "{number}. {text}")
            }
            PieceKind::Quote => writeln!(out, "> {text}\n"),
            PieceKind::Preformatted => {
                let lines: Vec<String> = piece.text().lines().map(|l| format!("    {l}")).collect();
                writeln!(out, "{}\n", lines.join("\n"))
            }
        };
    }
    out
}

fn span_markdown(span: &Span) -> String {
    let text = literal(&span.text);
    let (before, core, after) = trimmed(&text);
    if core.is_empty() {
        return text;
    }
    let mut marked = core.to_owned();
    if span.em {
        marked = format!("*{marked}*");
    }
    if span.strong {
        marked = format!("**{marked}**");
    }
    if let Some(link) = &span.link {
        let target = link.as_str().replace('(', "%28").replace(')', "%29");
        marked = format!("[{marked}]({target})");
    }
    format!("{before}{marked}{after}")
}

/// Escapes markdown's special characters.
fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '*' | '_' | '`' | '[' | ']' | '<') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Escapes a paragraph that begins like a heading, a list or a quotation.
fn line_start(text: &str) -> String {
    let is_mark = text.starts_with(['#', '>', '+', '-', '='])
        || text
            .split_once(['.', ')'])
            .is_some_and(|(n, _)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    if !is_mark {
        return text.to_owned();
    }
    match text.find(|c: char| !c.is_ascii_digit()) {
        Some(at) => {
            let (number, rest) = text.split_at(at);
            format!("{number}\\{rest}")
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    fn piece(kind: PieceKind, text: &str) -> Piece {
        Piece { kind, ..Piece::paragraph(text) }
    }

    #[test]
    fn html_is_escaped_and_nested_correctly() {
        let mut link = Piece::paragraph("a <b> & \"c\"");
        link.spans[0].link = Some(Url::parse("https://example.org/?a=1&b='2'").unwrap());
        link.spans[0].strong = true;
        let pieces = [
            link,
            piece(PieceKind::ListItem { ordered: false }, "one"),
            piece(PieceKind::ListItem { ordered: false }, "two"),
            piece(PieceKind::ListItem { ordered: true }, "first"),
            piece(PieceKind::Quote, "said"),
        ];
        assert_eq!(
            html(&pieces),
            "<p><a href=\"https://example.org/?a=1&amp;b=%272%27\"><strong>a &lt;b&gt; &amp; &quot;c&quot;</strong></a></p>\n\
             <ul>\n<li>one</li>\n<li>two</li>\n</ul>\n<ol>\n<li>first</li>\n</ol>\n\
             <blockquote>\n<p>said</p>\n</blockquote>\n"
        );
    }

    #[test]
    fn markdown_keeps_text_literal() {
        let body = vec![
            Piece::paragraph("1. not a list * really"),
            piece(PieceKind::ListItem { ordered: true }, "item"),
            Piece::paragraph("end"),
        ];
        let article = Article { title: "A_b".into(), body, ..Article::default() };
        assert_eq!(
            markdown(&article),
            "# A\\_b\n\n1\\. not a list \\* really\n\n1. item\n\nend\n\n"
        );
    }
}
