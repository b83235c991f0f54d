//! Which address of an entry is its page.

use url::Url;
use wiresift_feed::link::{LinkReason, Standing};

use crate::specimens::{expect, read};

fn reasons(name: &str) -> Vec<Option<LinkReason>> {
    read(name).entries.iter().map(|entry| entry.link_reason).collect()
}

#[test]
fn a_front_page_or_a_section_is_no_story() {
    expect(
        "rss_front_page_links.xml",
        &["Story 1 | /1 | -", "Story 2 | /2 | -", "Story 3 | /3?utm_source=feed | -"],
    );
    let (link, permalink) = (Some(LinkReason::Link), Some(LinkReason::Permalink));
    assert_eq!(reasons("rss_front_page_links.xml"), [permalink, permalink, link]);
}

#[test]
fn a_link_that_all_entries_have_comes_last() {
    let feed = expect(
        "rss_one_link_for_all.xml",
        &["Story 1 | /1 | -", "Story 2 | /2 | -", "Story 3 | /notices | -"],
    );
    let standings: Vec<_> = feed.entries.iter().filter_map(|entry| entry.link_standing).collect();
    assert_eq!(standings, [Standing::Page, Standing::Page, Standing::Shared]);
}

#[test]
fn the_relation_the_type_and_the_language_of_a_link_count() {
    expect(
        "atom_relations.xml",
        &[
            "Story 1 | /1 | -",
            "Story 2 | /2 | -",
            "Story 3 | /3 | -",
            "Story 4 | https://other.example/4 | -",
            "Story 5 | /pages/5 | -",
            "Story 6 | /2026/6 | -",
        ],
    );
    let reasons = reasons("atom_relations.xml");
    let expected = [
        LinkReason::Link,
        LinkReason::Canonical,
        LinkReason::Link,
        LinkReason::Related,
        LinkReason::ContentBase,
        LinkReason::IdPath,
    ];
    assert_eq!(reasons, expected.map(Some));
    expect(
        "atom_languages.xml",
        &["Story 1 | /de/1 | -", "Story 2 | /2 | -", "Story 3 | /fr/3 | -"],
    );
}

#[test]
fn a_link_is_found_however_it_is_written() {
    expect("atom_prefixed_attributes.xml", &["Story & more | /1 | -"]);
    expect(
        "rss_through_html.xml",
        &[
            "Story 1 | /1 | -",
            "Story 2 | /2 | -",
            "Story 3 | /3 | -",
            "Story 4 | /4 | -",
            "Story 5 | - | -",
        ],
    );
    expect(
        "rss_link_spellings.xml",
        &[
            "Story 1 | /?id=1&sect=2&copy_of=3&reg-no=4 | -",
            "Story 2 | /?id=2&lt_x=5 | -",
            "Story 3 | /3 | -",
            "Story 4 | /4 | -",
            "Story 5 | /5 | -",
            "Story 6 | /6 | -",
            "Story 7 | - | -",
            "Story 8 | - | -",
            "Story 9 | /9 | -",
            "Story 10 | - | -",
        ],
    );
}

#[test]
fn a_file_is_no_page_and_a_page_that_is_enclosed_comes_last() {
    let feed = expect(
        "rss_enclosures.xml",
        &["Story 1 | - | -", "Story 2 | /2.html | -", "Story 3 | /3 | -"],
    );
    let file = feed.entries[0].enclosure.as_ref().map(Url::path);
    assert_eq!(file, Some("/1.mp3"));
}
