//! feed-rs, and what is taken from its model.
//!
//! Each entry is a document of its own. A remaining defect then costs one entry and not the feed,
//! no state passes from one entry to the next, and the reader of feed-rs, which keeps every byte of
//! a document until its end, has little to keep.
//!
//! feed-rs is given the base of relative links; our date parser, because its own takes `24:00` for
//! the day before; no sanitizing, which is up to the program that shows the text; and no ids of its
//! own, because they would be random for an entry with few fields, and the entry new at each poll.
//! An empty id means that there was none.
//!
//! feed-rs has had panics: on big-endian UTF-16, and on an e-mail address after a non-ASCII letter
//! in the author of RSS or JSON Feed (`Ana—ana@example.com`). UTF-8 and Atom reach neither. If
//! there is another one, the unwinding stops here and costs the entry. No state is left half
//! changed: parser and document belong to this entry alone.

use std::panic::{AssertUnwindSafe, catch_unwind};

use feed_rs::model::{Entry, Feed, Link, Person, Text};
use feed_rs::parser::Builder;
use url::Url;
use wiresift_text::dates::{self, Style};
use wiresift_text::limits;

use crate::atom::{Fields, base_of};
use crate::defect::Defect;
use crate::draft::{Draft, DraftEntry, page, person};
use crate::element::Element;
use crate::text::{self, Markup};

/// How a feed in a language writes its dates.
fn style(language: Option<&str>) -> Style {
    Style::of(language, limits::YEARS)
}

/// Reads a repaired entry and notes what could not be read. `base` and `language` are those of its
/// parent.
pub(super) fn entry(
    element: &Element,
    base: &Url,
    language: Option<&str>,
    note: &mut dyn FnMut(Defect),
) -> Option<DraftEntry> {
    let fields = Fields::of(element);
    let language = fields.language().or_else(|| language.map(str::to_owned));
    let style = style(language.as_deref());
    let base = base_of(element, base);
    let document = fields.document("entry", &base, style, note);
    let Some(model) = parse(&document, &base, style).and_then(|mut feed| feed.entries.pop()) else {
        note(Defect::EmptyEntry);
        return None;
    };
    let mut draft = DraftEntry { language, ..of_model(model) };
    if draft.link.is_none() && fields.has_link() {
        note(Defect::BadLink);
    }
    if draft.is_bare() {
        draft.rest = element.html();
    }
    Some(draft)
}

/// Reads what a feed says about itself.
pub(super) fn head(element: &Element, base: &Url, draft: &mut Draft) {
    let document = Fields::of(element).document("feed", base, style(None), &mut |_| {});
    let Some(feed) = parse(&document, base, style(None)) else { return };
    draft.title = feed.title.as_ref().and_then(plain);
    draft.home =
        feed.links.iter().filter(|link| link.rel.as_deref() == Some("alternate")).find_map(address);
    draft.authors = names(&feed.authors);
}

fn parse(document: &str, base: &Url, style: Style) -> Option<Feed> {
    let parser = Builder::new()
        .base_uri(Some(base))
        .id_generator(|_, _, _| String::new())
        .timestamp_parser(move |text| Some(dates::read(text, style)?.at))
        .sanitize_content(false)
        .build();
    catch_unwind(AssertUnwindSafe(|| parser.parse(document.as_bytes()))).ok()?.ok()
}

fn of_model(entry: Entry) -> DraftEntry {
    let written = entry.content.and_then(|content| {
        let body = content.body.filter(|body| !body.is_empty())?;
        Some(text::html(body, markup(content.content_type.as_str())))
    });
    // A description may hold the whole article.
    let described =
        |summary: &Text| text::html(summary.content.clone(), markup(summary.content_type.as_str()));
    let content =
        written.or_else(|| entry.summary.as_ref().map(described).filter(|html| is_article(html)));
    // A bare home page comes last: feeds that give every entry the same link often have the real
    // one in the id.
    let links: Vec<Url> = entry.links.iter().filter_map(address).collect();
    let is_page = |link: &&Url| link.path() != "/" || link.query().is_some();
    let authors = names(&entry.authors);
    DraftEntry {
        guid: Some(entry.id).filter(|id| !id.is_empty()),
        link: links.iter().find(is_page).or(links.first()).cloned(),
        title: entry.title.as_ref().and_then(plain),
        summary: entry.summary.as_ref().and_then(plain),
        content,
        published: entry.published.or(entry.updated),
        updated: entry.updated,
        authors: if authors.is_empty() { names(&entry.contributors) } else { authors },
        tags: entry.categories.into_iter().map(|category| category.term).collect(),
        language: None,
        rest: None,
    }
}

fn markup(kind: &str) -> Markup {
    if kind == "text/html" { Markup::Html } else { Markup::Unknown }
}

fn plain(text: &Text) -> Option<String> {
    Some(text::plain(&text.content, markup(text.content_type.as_str())))
        .filter(|text| !text.is_empty())
}

fn address(link: &Link) -> Option<Url> {
    Url::parse(&link.href).ok().and_then(page)
}

fn names(people: &[Person]) -> Vec<String> {
    people.iter().filter_map(|who| person(who.name.as_deref()?)).collect()
}

/// Three paragraphs are an article, fewer a teaser.
fn is_article(html: &str) -> bool {
    html.match_indices("<p").take(3).count() == 3
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Name, attributes and text of a field.
    type Field<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

    fn read(fields: &[Field<'_>]) -> DraftEntry {
        let mut element = Element::new("entry");
        for (name, attributes, text) in fields {
            element.push_field(name, attributes, Some((*text).to_owned()));
        }
        let base = Url::parse("https://example.com/feed").unwrap();
        entry(&element, &base, None, &mut |_| {}).unwrap()
    }

    #[test]
    fn no_id_is_made_up() {
        let draft = read(&[("title", &[], "Title")]);
        assert_eq!((draft.guid, draft.link, draft.title.as_deref()), (None, None, Some("Title")));
        assert!(read(&[]).is_bare());
    }

    #[test]
    fn a_link_that_is_a_page_comes_before_the_home_page() {
        let links = |fields: &[Field<'_>]| read(fields).link.map(String::from);
        let home = ("link", &[][..], "https://example.com/");
        let id = ("id", &[][..], "https://example.com/1");
        assert_eq!(links(&[home, id]).as_deref(), Some("https://example.com/1"));
        assert_eq!(links(&[home]).as_deref(), Some("https://example.com/"));
        let with_base = ("link", &[("href", "b"), ("xml:base", "/x/")][..], "");
        assert_eq!(links(&[with_base, id]).as_deref(), Some("https://example.com/x/b"));
        let hostile = ("link", &[("href", "b"), ("xml:base", "https://")][..], "");
        assert_eq!(links(&[hostile]).as_deref(), Some("https://example.com/b"));
    }

    proptest! {
        #[test]
        fn texts_come_through_as_they_are(text in "(\\PC|[&<>\"'\r\n\t]|\\]\\]>|&amp;|<!\\[CDATA\\[|</content>){0,30}") {
            let draft = read(&[("id", &[], &text), ("content", &[("type", "html")], &text)]);
            let expected = Some(text.trim().to_owned()).filter(|text| !text.is_empty());
            prop_assert_eq!(&draft.guid, &expected);
            prop_assert_eq!(&draft.content, &expected);
        }
    }
}
