//! What entries mean: links, identities, dates.

use chrono::{DateTime, Utc};
use wiresift_feed::{Defect, parse};

use crate::specimens::{ONE, THREE, TWO, base, expect, fixtures, now, read};

#[test]
fn links_lead_to_the_article() {
    expect(
        "rss_relative_links.xml",
        &[
            "Story 1 | /1?a=1 | 11-02T10:00",
            "Story 2 | /feeds/2.html | 11-02T10:00",
            "Story 3 | https://cdn.example/3 | 11-02T10:00",
            "Story 4 | https://www.gazette.example/4 | 11-02T10:00",
        ],
    );
    expect(
        "atom_nested_xml_base.xml",
        &[
            "Story 1 | https://base.example/a/stories/1.html | -",
            "Story 2 | https://other.example/x/2.html | -",
            "Story 3 | https://base.example/3.html | -",
        ],
    );
    expect(
        "atom_link_elsewhere.xml",
        &["Story 1 | /1 | -", "Story 2 | /2 | -", "Story 3 | /3.atom | -", "Story 4 | - | -"],
    );
    expect("rss_permalink_guid.xml", &["Story 1 | /1 | -", "Story 2 | /2 | -", "Story 3 | - | -"]);
    expect("rss_original_link.xml", &["Story 1 | /real/1 | 11-02T10:00"]);
    let junk = expect(
        "rss_junk_links.xml",
        &["Story 1 | - | 11-02T10:00", "Story 2 | - | 11-02T10:00", "Story 3 | - | 11-02T10:00"],
    );
    assert_eq!(junk.defects, [Defect::BadLink]);
}

#[test]
fn entries_are_told_apart() {
    let twice = expect("rss_duplicate_guids.xml", &[ONE, TWO]);
    assert_eq!(twice.defects, [Defect::DuplicateEntry]);
    let shared = expect("rss_shared_guid.xml", &[ONE, TWO, THREE]);
    assert_eq!(shared.defects, [Defect::SharedId]);
    assert_eq!(shared.entries[1].key.as_str(), "gazette.example/2");
    assert_eq!(read("rss_home_page_links.xml").entries.len(), 3);
    let bare = read("rss_no_ids_no_links.xml");
    assert_eq!(bare.entries.len(), 3);
    assert_eq!(bare.defects, [Defect::EmptyEntry]);
}

#[test]
fn keys_do_not_depend_on_when_or_how_often_we_look() {
    for path in std::fs::read_dir(fixtures()).unwrap() {
        let path = path.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let keys = |at: DateTime<Utc>| {
            let feed = parse(&bytes, None, &base(), at).ok()?;
            Some(feed.entries.into_iter().map(|entry| entry.key).collect::<Vec<_>>())
        };
        let (now, earlier) = (keys(now()), keys("2020-01-01T00:00:00Z".parse().unwrap()));
        if path.file_name().unwrap().to_string_lossy().starts_with("sitemap_") {
            // Of these what is no news any more is left out.
            assert!(now.unwrap().iter().all(|key| earlier.as_ref().unwrap().contains(key)));
        } else {
            assert_eq!(now, earlier);
        }
    }
}

#[test]
fn dates_in_the_wild() {
    let feed = read("rss_dates.xml");
    let dates: Vec<Option<String>> = feed
        .entries
        .iter()
        .map(|entry| Some(entry.published?.format("%Y-%m-%dT%H:%M").to_string()))
        .collect();
    let ten = Some("2026-11-02T10:00".to_owned());
    let expected = [
        Some("2026-11-04T00:00".to_owned()),
        ten.clone(),
        Some("2026-11-02T00:00".to_owned()),
        ten.clone(),
        ten.clone(),
        ten.clone(),
        ten.clone(),
        ten.clone(),
        ten.clone(),
        ten.clone(),
        None,
        None,
        Some("2026-11-22T12:00".to_owned()),
    ];
    assert_eq!(dates, expected);
    assert_eq!(feed.defects, [Defect::BadDate, Defect::FutureDate]);
    expect("rss_no_date.xml", &["Story 1 | /1 | -"]);
}
