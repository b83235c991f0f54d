//! The tags in a text: whether it is HTML, and the text without them.

/// Whether an element separates the words around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Parting,
    Inline,
}

/// Elements with tags that are markup even if nothing says that the text is HTML. Sorted.
const KNOWN: &[(&str, Kind)] = &[
    ("a", Kind::Inline),
    ("abbr", Kind::Inline),
    ("address", Kind::Parting),
    ("article", Kind::Parting),
    ("aside", Kind::Parting),
    ("audio", Kind::Inline),
    ("b", Kind::Inline),
    ("big", Kind::Inline),
    ("blockquote", Kind::Parting),
    ("br", Kind::Parting),
    ("center", Kind::Parting),
    ("cite", Kind::Inline),
    ("code", Kind::Inline),
    ("dd", Kind::Parting),
    ("del", Kind::Inline),
    ("div", Kind::Parting),
    ("dl", Kind::Parting),
    ("dt", Kind::Parting),
    ("em", Kind::Inline),
    ("embed", Kind::Inline),
    ("figcaption", Kind::Parting),
    ("figure", Kind::Parting),
    ("font", Kind::Inline),
    ("footer", Kind::Parting),
    ("form", Kind::Parting),
    ("h1", Kind::Parting),
    ("h2", Kind::Parting),
    ("h3", Kind::Parting),
    ("h4", Kind::Parting),
    ("h5", Kind::Parting),
    ("h6", Kind::Parting),
    ("header", Kind::Parting),
    ("hr", Kind::Parting),
    ("i", Kind::Inline),
    ("iframe", Kind::Parting),
    ("img", Kind::Parting),
    ("ins", Kind::Inline),
    ("kbd", Kind::Inline),
    ("li", Kind::Parting),
    ("main", Kind::Parting),
    ("mark", Kind::Inline),
    ("nav", Kind::Parting),
    ("noscript", Kind::Inline),
    ("object", Kind::Inline),
    ("ol", Kind::Parting),
    ("p", Kind::Parting),
    ("picture", Kind::Inline),
    ("pre", Kind::Parting),
    ("q", Kind::Inline),
    ("s", Kind::Inline),
    ("script", Kind::Inline),
    ("section", Kind::Parting),
    ("small", Kind::Inline),
    ("source", Kind::Inline),
    ("span", Kind::Inline),
    ("strike", Kind::Inline),
    ("strong", Kind::Inline),
    ("style", Kind::Inline),
    ("sub", Kind::Inline),
    ("sup", Kind::Inline),
    ("svg", Kind::Inline),
    ("table", Kind::Parting),
    ("tbody", Kind::Parting),
    ("td", Kind::Parting),
    ("tfoot", Kind::Parting),
    ("th", Kind::Parting),
    ("thead", Kind::Parting),
    ("time", Kind::Inline),
    ("tr", Kind::Parting),
    ("tt", Kind::Inline),
    ("u", Kind::Inline),
    ("ul", Kind::Parting),
    ("video", Kind::Parting),
    ("wbr", Kind::Inline),
];

fn kind_of(name: &str) -> Option<Kind> {
    let at = KNOWN.binary_search_by_key(&name, |(known, _)| known).ok()?;
    KNOWN.get(at).map(|(_, kind)| *kind)
}

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
        kind_of(&mark.name).is_some()
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
        if kind_of(&mark.name).is_none() {
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
            if kind_of(&mark.name) == Some(Kind::Parting) {
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
    fn the_list_is_sorted() {
        assert!(KNOWN.is_sorted_by_key(|(name, _)| name));
    }
}
