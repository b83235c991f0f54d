//! Feed lists: what is written is read back, and no text makes the reader fall over.

use proptest::prelude::*;
use wiresift::feed_list::{self, FeedSpec, ListFormat, Origin, parse_list};
use wiresift::polling::schedule::PollIntervals;

proptest! {
    #[test]
    fn lists_come_back_as_they_went(feeds in prop::collection::vec(listed(), 0..8)) {
        let toml = feed_list::write_toml(&feeds);
        prop_assert_eq!(unplaced(parse_list("a.toml", &toml, ListFormat::Toml).unwrap()), unplaced(feeds.clone()));
        let opml = feed_list::write_opml(&feeds, "Mine & yours");
        let mut back = unplaced(parse_list("a.opml", &opml, ListFormat::Opml).unwrap());
        let mut sent = unplaced(feeds);
        for feed in &mut sent {
            feed.intervals.every = None;
        }
        // Folders gather what has one first tag; one address may be listed twice.
        let order = |feed: &FeedSpec| (feed.url.clone(), feed.tags.clone(), feed.name.clone(), feed.enabled);
        back.sort_by_key(order);
        sent.sort_by_key(order);
        prop_assert_eq!(back, sent);
    }

    #[test]
    fn any_list_is_survived(text in "(\\PC|\n|<outline |xmlUrl=|'|\"|>|<opml>|\\[\\[feed\\]\\]\n|url = \"http://a/\"){0,20}") {
        for format in [ListFormat::Toml, ListFormat::Opml, ListFormat::Plain] {
            if let Err(error) = parse_list("x", &text, format) {
                prop_assert!(error.origin.line >= 1 && error.origin.line <= text.lines().count().max(1) + 1);
            }
        }
    }
}

fn listed() -> impl Strategy<Value = FeedSpec> {
    let name = prop::option::of("[^\\s\\p{C}]{1,5}( [^\\s\\p{C}]{1,5}){0,2}");
    let tags = prop::collection::btree_set("[^\\s\\p{C},/]{1,4}( [^\\s\\p{C},]{1,3})?", 0..4);
    (
        "[a-z0-9]{1,8}(\\?x=[a-z&<\"]{0,3})?",
        name,
        tags,
        prop::option::of(1u64..100_000),
        any::<bool>(),
    )
        .prop_map(|(path, name, tags, every, enabled)| FeedSpec {
            url: wiresift_feed::address::FeedUrl::parse(&format!("https://a.example/{path}"))
                .unwrap(),
            name,
            tags: tags.into_iter().collect(),
            intervals: PollIntervals {
                every: every.map(std::time::Duration::from_secs),
                ..PollIntervals::default()
            },
            enabled,
            origin: Origin { file: String::new(), line: 0 },
        })
}

fn unplaced(mut feeds: Vec<FeedSpec>) -> Vec<FeedSpec> {
    for feed in &mut feeds {
        feed.origin = Origin { file: String::new(), line: 0 };
    }
    feeds
}

#[test]
fn the_list_that_we_ship_is_sound() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config/feeds.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let feeds = parse_list("config/feeds.toml", &text, ListFormat::Toml).unwrap();
    assert!(feeds.len() >= 35, "{}", feeds.len());
    let merged = feed_list::merge(vec![feeds.clone()]).unwrap();
    assert_eq!(merged.len(), feeds.len(), "a feed is listed twice");
    assert!(feeds.iter().all(|feed| feed.name.is_some() && !feed.tags.is_empty()));
    let languages: std::collections::BTreeSet<&str> = feeds
        .iter()
        .flat_map(|feed| &feed.tags)
        .filter(|tag| tag.len() == 2)
        .map(String::as_str)
        .collect();
    assert!(languages.len() >= 12, "{languages:?}");
}
