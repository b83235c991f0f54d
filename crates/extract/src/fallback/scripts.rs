//! The scripts of a page, from its source.
//!
//! The tree has no script texts: they are most of a page's bytes, and hardly any page needs them.
//! The fallback is rare, so it reads the source itself. Scripts in comments and strings count too;
//! what is found there still has to pass the fallback's checks.

use memchr::memchr_iter;

/// Most bytes of scripts that are read of one page.
const BYTES: usize = 4 * 1024 * 1024;

/// A shorter script holds no article.
const LEAST_BYTES: usize = 600;

/// Most scripts of one page.
const SCRIPTS: usize = 2_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Script<'a> {
    /// The text between the name and the end of the start tag.
    pub(crate) attributes: &'a str,
    pub(crate) text: &'a str,
}

impl Script<'_> {
    /// Whether the start tag contains this text, in either case.
    pub(super) fn says(&self, word: &str) -> bool {
        self.attributes.to_ascii_lowercase().contains(word)
    }
}

/// The first scripts of a page, in order.
pub(crate) fn all(source: &str) -> impl Iterator<Item = Script<'_>> {
    elements(source, b"<script", b"</script")
}

/// Elements whose content browsers do not show while scripts run: `noscript` and `template`.
pub(super) fn unshown(source: &str) -> impl Iterator<Item = Script<'_>> {
    elements(source, b"<noscript", b"</noscript")
        .chain(elements(source, b"<template", b"</template"))
        .filter(|element| element.text.len() <= BYTES)
}

fn elements<'a>(
    source: &'a str,
    start: &'static [u8],
    end: &'static [u8],
) -> impl Iterator<Item = Script<'a>> {
    let mut rest = source;
    std::iter::from_fn(move || {
        let (element, after) = next(rest, start, end)?;
        rest = after;
        Some(element)
    })
    .take(SCRIPTS)
}

/// The scripts that may hold an article.
pub(super) fn scripts(source: &str) -> impl Iterator<Item = Script<'_>> {
    let mut room = BYTES;
    all(source).filter(|script| script.text.len() >= LEAST_BYTES).take_while(move |script| {
        let fits = script.text.len() <= room;
        room -= script.text.len().min(room);
        fits
    })
}

/// The next element, and the text after it.
fn next<'a>(source: &'a str, start: &[u8], end: &[u8]) -> Option<(Script<'a>, &'a str)> {
    let inside = source.get(find(source, start)? + start.len()..)?;
    let (attributes, body) = inside.split_once('>')?;
    let end = find(body, end).unwrap_or(body.len());
    Some((Script { attributes, text: body.get(..end)? }, body.get(end..)?))
}

/// Finds a tag in either case.
fn find(text: &str, tag: &[u8]) -> Option<usize> {
    let is_tag = |at: &usize| {
        let name = text.as_bytes().get(*at..*at + tag.len());
        name.is_some_and(|name| name.eq_ignore_ascii_case(tag))
    };
    memchr_iter(b'<', text.as_bytes()).find(is_tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_scripts_with_what_their_tags_say() {
        let long = "x".repeat(LEAST_BYTES);
        let page = format!(
            "<p><script>short</script><SCRIPT TYPE='text/template'>{long}</SCRIPT><script src=a>{long}"
        );
        let found: Vec<(bool, usize)> = scripts(&page)
            .map(|script| (script.says("text/template"), script.text.len()))
            .collect();
        assert_eq!(found, [(true, LEAST_BYTES), (false, LEAST_BYTES)]);
    }

    #[test]
    fn hostile_sources_end() {
        assert_eq!(scripts(&"<script".repeat(100_000)).count(), 0);
        assert_eq!(scripts(&"<script>".repeat(100_000)).count(), 1);
    }
}
