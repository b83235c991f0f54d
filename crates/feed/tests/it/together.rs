//! What the entries of a document say about each other: keys, and the order of day and month.

use wiresift_feed::bridge::BridgeError;
use wiresift_feed::{Defect, parse};

use crate::specimens::{base, bytes, expect, now, read};

#[test]
fn articles_that_share_id_and_link_are_articles_of_their_own() {
    let feed = expect(
        "rss_placeholder_ids.xml",
        &["Story 1 | - | 11-02T11:00", "Story 2 | - | 11-02T12:00", "Story 3 | - | 11-02T13:00"],
    );
    assert!(feed.defects.contains(&Defect::SharedId));
    let daily = read("rss_one_link_one_id.xml");
    assert_eq!(daily.entries.len(), 2);
    assert_eq!(daily.entries[0].link_shared_by, 1);
    assert!(daily.defects.contains(&Defect::DuplicateEntry));
}

#[test]
fn fragments_tell_entries_apart() {
    let feed = read("rss_fragments.xml");
    let keys: Vec<&str> = feed.entries.iter().map(|entry| entry.key.as_str()).collect();
    let live = "gazette.example/live";
    assert_eq!(keys, ["1", "2", "3"].map(|post| format!("{live}#post-{post}")));
}

#[test]
fn keys_do_not_depend_on_the_order_of_the_entries() {
    for name in ["rss_placeholder_ids.xml", "rss_one_link_one_id.xml", "rss_fragments.xml"] {
        let text = String::from_utf8(bytes(name)).unwrap();
        let items: Vec<&str> = text.split_inclusive("</item>").collect();
        let mut turned = items.clone();
        let last = turned.len() - 2;
        turned[1..=last].reverse();
        let keys = |text: &str| {
            let feed = parse(text.as_bytes(), None, &base(), now()).unwrap();
            let mut keys: Vec<String> =
                feed.entries.iter().map(|entry| entry.key.as_str().to_owned()).collect();
            keys.sort();
            keys
        };
        assert_eq!(keys(&items.concat()), keys(&turned.concat()), "{name}");
    }
}

#[test]
fn the_order_of_day_and_month_is_that_of_the_feed() {
    expect(
        "rss_month_first.xml",
        &["Story 1 | /1 | 11-14T21:30", "Story 2 | /2 | 11-05T00:10", "Story 3 | /3 | 10-09T08:15"],
    );
    expect(
        "rss_day_first.xml",
        &["Story 1 | /1 | 11-14T21:30", "Story 2 | /2 | 11-05T00:10", "Story 3 | /3 | 10-09T08:15"],
    );
    let mixed = expect(
        "rss_two_orders.xml",
        &["Story 1 | /1 | 11-14T00:00", "Story 2 | /2 | 11-13T00:00", "Story 3 | /3 | -"],
    );
    assert_eq!(mixed.entries[2].published_text.as_deref(), Some("9/10/2026"));
}

#[test]
fn dates_have_many_names() {
    expect(
        "rss_names_of_dates.xml",
        &[
            "Story 1 | /1 | 11-02T10:00",
            "Story 2 | /2 | 11-02T00:00",
            "Story 3 | /3 | 11-02T10:00",
            "Story 4 | /4 | -",
            "Story 5 | /5 | 11-02T10:00",
        ],
    );
}

#[test]
fn a_full_text_is_known_whatever_its_markup() {
    let has_content: Vec<bool> =
        read("rss_full_descriptions.xml").entries.iter().map(|e| e.content.is_some()).collect();
    assert_eq!(has_content, [true, true, true, true, false, true, true]);
}

#[test]
fn errors_of_bridges_are_marked() {
    let errors: Vec<_> =
        read("rss_bridge_error.xml").entries.iter().map(|entry| entry.bridge_error).collect();
    assert_eq!(errors, [Some(BridgeError::RssBridge), None]);
}

#[test]
fn json_is_read_loosely() {
    let feed = expect(
        "json_loose_values.json",
        &[
            "Story 1 | /1 | -",
            "Story 2 | https://other.example/2 | -",
            "Story 3 | https://other.example/3 | -",
        ],
    );
    let [one, two, three] = feed.entries.as_slice() else { panic!("three entries") };
    assert_eq!((one.key.as_str(), one.authors.as_slice()), ("1", &["Ann Quay".to_owned()][..]));
    assert_eq!(one.tags, ["ferry", "boats"]);
    assert_eq!(
        (two.authors.as_slice(), two.tags.as_slice()),
        (&["Bea Mole".to_owned()][..], &["a b".to_owned()][..])
    );
    assert_eq!(three.authors, ["Cy Pier", "Dee Dock"]);
    let guarded = expect("json_guarded.json", &["Story 1 | /1 | -"]);
    assert_eq!(guarded.defects, [Defect::Json]);
}

#[test]
fn titles_about_markup_are_kept() {
    expect(
        "atom_titles.xml",
        &[
            "Why <br> is not <p> | /1 | -",
            "The boat | /2 | -",
            "What <br> does | /3 | -",
            "One < two | /4 | -",
        ],
    );
}
