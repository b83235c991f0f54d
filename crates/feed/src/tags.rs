//! The tags in a text: whether it is HTML, and the text without them.

/// Elements with tags that are markup even if nothing says that the text is HTML. Sorted.
const KNOWN: &[&str] = &[
    "a",
    "abbr",
    "address",
    "article",
    "aside",
    "audio",
    "b",
    "big",
    "blockquote",
    "br",
    "center",
    "cite",
    "code",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "figcaption",
    "figure",
    "font",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "iframe",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "mark",
    "nav",
    "noscript",
    "object",
    "ol",
    "p",
    "picture",
    "pre",
    "q",
    "s",
    "script",
    "section",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "sup",
    "svg",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "video",
    "wbr",
];

/// Elements that separate words. Sorted.
const PARTING: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "br",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "iframe",
    "img",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
    "video",
];

/// A tag at the start of a text.
struct Mark<'a> {
    name: String,
    end: bool,
    /// Between name and `>`.
    inside: &'a str,
    /// In bytes, with both brackets.
    length: usize,
}

/// Reads the tag at the start of `rest`. Its `>` is not searched past `<` outside quotes, nor far
/// away.
fn mark(rest: &str) -> Option<Mark<'_>> {
    let body = rest.strip_prefix('<')?;
    let name_part = body.strip_prefix('/').unwrap_or(body);
    let length = name_part.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name_part.len());
    let name = name_part.get(..length)?.to_ascii_lowercase();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let tail = name_part.get(length..)?;
    let close = tag_end(tail)?;
    let used = rest.len() - tail.len() + close + 1;
    Some(Mark { name, end: body.starts_with('/'), inside: tail.get(..close)?, length: used })
}

/// Longest tag, in bytes; data URLs in `src` are long.
const MAX_TAG: usize = 256 * 1024;

fn tag_end(tail: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in tail.bytes().enumerate().take(MAX_TAG) {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'<') => return None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    // A quote that is never closed: the tag ends at the first bracket.
    quote
        .and_then(|_| tail.find(['<', '>']))
        .filter(|at| tail.get(*at..).is_some_and(|rest| rest.starts_with('>')))
}

/// Whether there is a tag that a title about markup would not have.
pub(super) fn looks_like_html(text: &str) -> bool {
    let mut budget = text.len().saturating_mul(4);
    text.match_indices('<').any(|(at, _)| {
        let Some(mark) = text.get(at..).filter(|_| budget > 0).and_then(mark) else { return false };
        budget = budget.saturating_sub(mark.length);
        KNOWN.binary_search(&mark.name.as_str()).is_ok()
            && (mark.end
                || matches!(mark.name.as_str(), "br" | "hr" | "p" | "wbr")
                || mark.inside.contains('='))
    })
}

/// Whether an element of a known name is closed by its own end tag.
pub(super) fn has_closed_element(text: &str) -> bool {
    let mut budget = text.len().saturating_mul(4);
    let mut open: Vec<String> = Vec::new();
    for (at, _) in text.match_indices('<') {
        let Some(mark) = text.get(at..).filter(|_| budget > 0).and_then(mark) else { continue };
        budget = budget.saturating_sub(mark.length);
        if KNOWN.binary_search(&mark.name.as_str()).is_err() {
            continue;
        }
        if mark.end && open.contains(&mark.name) {
            return true;
        }
        if !mark.end && open.len() < KNOWN.len() && !open.contains(&mark.name) {
            open.push(mark.name);
        }
    }
    false
}

pub(super) fn strip(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // Without any `>` left no tag can end, and each search for it would be in vain.
    let last = text.rfind('>').map_or(0, |at| at + 1);
    while let Some(at) = rest.find('<') {
        out.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at..).unwrap_or_default();
        let here = text.len() - rest.len();
        if here >= last {
            break;
        }
        let used = if rest.starts_with("<!--") {
            rest.find("-->").map_or(rest.len(), |end| end + 3)
        } else if rest.starts_with("<!") || rest.starts_with("<?") {
            rest.find('>').map_or(rest.len(), |end| end + 1)
        } else if let Some(mark) = mark(rest) {
            if PARTING.binary_search(&mark.name.as_str()).is_ok() {
                out.push(' ');
            }
            mark.length + hidden_length(&mark, rest)
        } else {
            out.push('<');
            1
        };
        rest = rest.get(used..).unwrap_or_default();
    }
    // A tag cut off at the end of a shortened text.
    let cut_tag = rest.starts_with('<')
        && rest
            .get(1..)
            .is_some_and(|r| r.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/'));
    if !cut_tag {
        out.push_str(rest);
    } else if let Some(after) = rest.rfind('<').filter(|at| *at > 0) {
        out.push_str(rest.get(..after).unwrap_or_default());
    }
    out
}

/// Length of the content of a script or style, which is not text.
fn hidden_length(mark: &Mark<'_>, rest: &str) -> usize {
    if mark.end || !matches!(mark.name.as_str(), "script" | "style") {
        return 0;
    }
    let body = rest.get(mark.length..).unwrap_or_default();
    let ends = |at: usize| {
        let name = body.get(at + 2..).and_then(|rest| rest.get(..mark.name.len()));
        name.is_some_and(|name| name.eq_ignore_ascii_case(&mark.name))
    };
    body.match_indices("</").map(|(at, _)| at).find(|at| ends(*at)).unwrap_or(body.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        assert!(KNOWN.is_sorted() && PARTING.is_sorted());
    }
}
