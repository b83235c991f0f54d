//! The full text of an entry.
//!
//! Some feeds have fields for it (`content:encoded`, Atom `content`), and some put the whole article
//! where others have a teaser. That is told by its length and its sentences, because its markup may
//! be paragraphs, `div`s, line breaks or none at all. An entry without a title is a post, and
//! one without a link has nothing but its text, so theirs is kept at any length.

use wiresift_text::prose::{is_cut, letters, sentences};
use wiresift_text::sentences::ends_sentence;

use crate::tags::looks_like_html;
use crate::text::{self, Markup};

/// Least letters and sentences of an article.
const ARTICLE: (usize, usize) = (600, 3);

/// A text and what is known of its markup.
type Written = (String, Markup);

/// The full text as HTML, from the field for it or from the description. `is_alone`: there is no
/// page or no title beside it.
pub(super) fn content(
    written: Option<Written>,
    described: Option<&Written>,
    is_alone: bool,
) -> Option<String> {
    let is_full = |(text, markup): &Written| {
        let plain = text::plain(text, *markup);
        let is_long = letters(&plain) >= ARTICLE.0 && sentences(&plain) >= ARTICLE.1;
        (is_long || is_alone) && !is_cut(&plain)
    };
    let described = described.filter(|described| is_full(described));
    match (written, described) {
        // A field for the full text may hold less than the description.
        (Some(written), Some(described)) if described.0.len() > 2 * written.0.len() => {
            Some(html(described.clone()))
        }
        (Some(written), _) => Some(html(written)),
        (None, described) => described.cloned().map(html),
    }
}

/// A text as HTML. Lines of a text without markup become paragraphs.
fn html((text, markup): Written) -> String {
    if markup == Markup::Html || looks_like_html(&text) {
        return text;
    }
    match paragraphs(&text).as_slice() {
        [] | [_] => text::escape(&text),
        all => all.iter().map(|one| format!("<p>{}</p>", text::escape(one))).collect(),
    }
}

/// The paragraphs of a text without markup: parted by blank lines, or else by line breaks after
/// sentences.
fn paragraphs(text: &str) -> Vec<String> {
    let lines = || text.lines().map(str::trim);
    let has_blank = lines().any(str::is_empty);
    let mut all: Vec<String> = Vec::new();
    let mut is_open = false;
    for line in lines() {
        match all.last_mut().filter(|_| is_open && !line.is_empty()) {
            Some(last) => {
                last.push(' ');
                last.push_str(line);
            }
            None if line.is_empty() => {}
            None => all.push(line.to_owned()),
        }
        is_open = !line.is_empty() && (has_blank || !ends_sentence(line));
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Three paragraphs of an article.
    fn article(open: &str, close: &str) -> String {
        let sentence = "The old ferry to the island was repaired over the winter by its crew. ";
        format!("{open}{}{close}", sentence.repeat(5).trim()).repeat(3)
    }

    fn read(text: &str, markup: Markup) -> Option<String> {
        content(None, Some(&(text.to_owned(), markup)), false)
    }

    #[test]
    fn a_whole_article_is_known_by_its_length_and_sentences() {
        for (open, close) in
            [("<p>", "</p>"), ("<div>", "</div>"), ("", "<br><br>"), ("<p>", ""), ("", "\n\n")]
        {
            assert!(read(&article(open, close), Markup::Unknown).is_some(), "{open}{close}");
        }
        let lines = read(&article("", "\n\n"), Markup::Unknown).unwrap();
        assert_eq!(lines.matches("<p>").count(), 3);
        let lines = read(&article("", "\n"), Markup::Unknown).unwrap();
        assert_eq!(lines.matches("<p>").count(), 3);
    }

    #[test]
    fn a_teaser_is_no_article() {
        let cut = format!("{}…", article("", " ").trim());
        let list = "Ferry Island Winter ".repeat(60);
        for text in ["<p>One.</p><p>Two.</p><p>Three.</p>", &cut, &list] {
            assert_eq!(read(text, Markup::Unknown), None, "{text}");
        }
        let alone = |text: &str| content(None, Some(&(text.to_owned(), Markup::Unknown)), true);
        assert_eq!(alone("The ferry is late.").as_deref(), Some("The ferry is late."));
        assert_eq!(alone("The ferry is la…"), None);
    }

    #[test]
    fn the_longer_field_counts() {
        let described = (article("<p>", "</p>"), Markup::Html);
        let written = |text: &str| Some((text.to_owned(), Markup::Html));
        let read = |text: &str| content(written(text), Some(&described), false).unwrap();
        assert_eq!(read("<p>Ferry</p>"), described.0);
        assert_eq!(read(&described.0.repeat(2)), described.0.repeat(2));
    }

    proptest! {
        #[test]
        fn paragraphs_keep_all_words(text in "([a-z]{1,5}[ .\n]{1,3}){0,12}") {
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(words(&paragraphs(&text).join(" ")), words(&text));
        }
    }
}
