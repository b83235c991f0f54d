//! One entry, or the head of a feed, from its elements.
//!
//! Nothing is left out here because something else is wrong: a date that cannot be read costs the
//! date, and an address that is none costs the address. What depends on the other entries of the
//! document (which link is the page, which order of day and month is meant, which key is its own)
//! is decided in [`assemble`](crate::assemble), from what is kept here.

use url::Url;
use wiresift_text::dates::{self, Precision, Style};
use wiresift_text::limits;

use crate::defect::Defect;
use crate::draft::{DatedText, Draft, DraftEntry};
use crate::element::Element;
use crate::fields::{Fields, base_of};
use crate::link;
use crate::people;
use crate::prose;
use crate::text;

/// How a feed in a language writes its dates.
pub(super) fn style(language: Option<&str>) -> Style {
    Style::of(language, limits::YEARS)
}

/// Reads an entry and notes what could not be read. `base` and `language` are those of its parent.
pub(super) fn entry(
    element: &Element,
    base: &Url,
    language: Option<&str>,
    note: &mut dyn FnMut(Defect),
) -> DraftEntry {
    let fields = Fields::of(element);
    let language = fields.language().or_else(|| language.map(str::to_owned));
    let base = base_of(element, base);
    let found = link::of_entry(element, fields.all(), &base, language.as_deref());
    if found.candidates.is_empty() && found.is_stated {
        note(Defect::BadLink);
    }
    let style = style(language.as_deref());
    let [published, updated] = fields.dates().map(|texts| dated(texts, style, note));
    let title = fields.title().map(|(title, markup)| text::plain(&title, markup));
    let title = title.filter(|title| !title.is_empty());
    let summary = fields.summary();
    let is_alone = title.is_none() || found.candidates.is_empty();
    let mut draft = DraftEntry {
        guid: fields.guid(),
        links: found.candidates,
        enclosure: found.enclosure,
        content: prose::content(fields.content(), summary.as_ref(), is_alone),
        summary: summary.map(|(summary, markup)| text::plain(&summary, markup)),
        title,
        published: published.or_else(|| updated.clone()),
        updated,
        authors: people::names(fields.people()),
        tags: fields.tags(),
        language,
        ..DraftEntry::default()
    };
    if draft.is_bare() {
        draft.rest = element.html();
    }
    draft
}

/// Reads what a feed says about itself.
pub(super) fn head(element: &Element, base: &Url, draft: &mut Draft) {
    let fields = Fields::of(element);
    draft.title = fields.title().map(|(title, markup)| text::plain(&title, markup));
    draft.home = link::of_head(fields.all(), base);
    draft.authors = people::names(fields.people());
}

/// The first text that is a date. One that names no more than a month is none: its first day would
/// be a guess.
fn dated(texts: Vec<String>, style: Style, note: &mut dyn FnMut(Defect)) -> Option<DatedText> {
    let is_there = !texts.is_empty();
    let read = |text: &String| {
        dates::read(text, style).filter(|moment| moment.precision > Precision::Month)
    };
    let found = texts.into_iter().find_map(|text| Some((read(&text)?.at, text)));
    if is_there && found.is_none() {
        note(Defect::BadDate);
    }
    found.map(|(at, text)| DatedText { text, at: Some(at) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(fields: &[(&str, &str)]) -> DraftEntry {
        let mut element = Element::new("entry");
        for (name, text) in fields {
            element.push_field(name, &[], Some((*text).to_owned()));
        }
        let base = Url::parse("https://example.com/feed").unwrap();
        entry(&element, &base, None, &mut |_| {})
    }

    #[test]
    fn no_id_is_made_up() {
        let draft = read(&[("title", "Title")]);
        assert_eq!((draft.guid, draft.title.as_deref()), (None, Some("Title")));
        assert!(draft.links.is_empty() && read(&[]).is_bare());
    }

    #[test]
    fn a_month_is_no_date() {
        let date = |text: &str| read(&[("published", text)]).published.map(|date| date.text);
        assert_eq!(date("November 2026"), None);
        assert_eq!(date("2 November 2026").as_deref(), Some("2 November 2026"));
    }

    proptest! {
        #[test]
        fn texts_come_through_as_they_are(text in "(\\PC|[&<>\"'\r\n\t]|\\]\\]>|&amp;|<!\\[CDATA\\[|</content>){0,30}") {
            let mut element = Element::new("entry");
            element.push_field("id", &[], Some(text.clone()));
            element.push_field("content", &[("type", "html")], Some(text.clone()));
            let base = Url::parse("https://example.com/feed").unwrap();
            let draft = entry(&element, &base, None, &mut |_| {});
            let expected = Some(text.trim().to_owned()).filter(|text| !text.is_empty());
            prop_assert_eq!(&draft.guid, &expected);
            prop_assert_eq!(&draft.content, &expected);
        }
    }
}
