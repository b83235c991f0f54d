//! Any bytes as a feed list of each format.

use std::collections::HashSet;

use url::Url;
use wiresift::feed_list::{
    AccessScope, FeedSpec, ListError, ListFormat, Origin, ValueSource, compile_sites, join_groups,
    merge, merge_access, merge_sites, parse_access, parse_groups, parse_list, parse_sites,
    write_opml, write_toml,
};
use wiresift::polling::schedule::PollIntervals;
use wiresift_feed::address::{FeedUrl, is_lawful};
use wiresift_text::limits;

/// An accepted list has lawful addresses and hosts without user information, tags and intervals
/// within their bounds, and is the same list after it was written and read again. A refused one
/// has its mistake on a line of the text. A merged list has each feed once.
pub fn feed_list(bytes: &[u8]) {
    let text = &*String::from_utf8_lossy(bytes);
    for format in [ListFormat::Toml, ListFormat::Opml, ListFormat::Plain] {
        let read = parse_list("list", text, format);
        assert_eq!(read, parse_list("list", text, format));
        if let Some(feeds) = checked(text, read) {
            feeds.iter().for_each(|feed| check_feed(text, feed));
            check_written(&feeds);
            check_merged(&feeds);
        }
    }
    if let Some(groups) = checked(text, parse_groups("list", text)) {
        for group in &groups {
            check_origin(text, &group.origin);
            check_tag(&group.tag);
            check_intervals(group.intervals);
        }
        let mut feeds = parse_list("list", text, ListFormat::Toml).unwrap_or_default();
        let _ = checked(text, join_groups(&mut feeds, &groups));
    }
    if let Some(sites) = checked(text, parse_sites("list", text)) {
        for site in &sites {
            check_origin(text, &site.origin);
            check_host(&site.host);
        }
        drop(checked(text, compile_sites(&sites)));
        drop(checked(text, merge_sites(vec![sites])));
    }
    check_accesses(text);
}

fn checked<T>(text: &str, read: Result<T, ListError>) -> Option<T> {
    read.inspect_err(|error| {
        check_origin(text, &error.origin);
        assert!(!error.message.trim().is_empty());
    })
    .ok()
}

fn check_origin(text: &str, origin: &Origin) {
    let lines = 1 + text.bytes().filter(|byte| *byte == b'\n').count();
    assert!((1..=lines).contains(&origin.line), "{origin} of {lines}");
}

fn check_feed(text: &str, feed: &FeedSpec) {
    check_origin(text, &feed.origin);
    check_address(feed.url.as_url());
    assert!(feed.url.as_str().len() <= limits::FEED_URL_BYTES && is_lawful(feed.url.as_url()));
    assert_eq!(FeedUrl::parse(feed.url.as_str()).as_ref(), Ok(&feed.url));
    feed.tags.iter().for_each(|tag| check_tag(tag));
    let tags: HashSet<&String> = feed.tags.iter().collect();
    assert_eq!(tags.len(), feed.tags.len());
    // The database has no NUL, and a terminal shows the name.
    assert!(feed.name.as_ref().is_none_or(|name| !name.contains(char::is_control)));
    check_intervals(feed.intervals);
}

fn check_tag(tag: &str) {
    assert!(!tag.is_empty() && tag.len() <= limits::NAME_BYTES && tag.trim() == tag);
    assert!(!tag.contains(',') && !tag.starts_with('/') && !tag.contains(char::is_control));
}

fn check_intervals(intervals: PollIntervals) {
    let PollIntervals { every, min_every, max_every } = intervals;
    for pause in [every, min_every, max_every].into_iter().flatten() {
        assert!(!pause.is_zero() && pause <= limits::LONGEST_CONFIGURED_PAUSE);
    }
    assert!(min_every.zip(max_every).is_none_or(|(least, most)| least <= most));
}

fn check_address(url: &Url) {
    assert!(matches!(url.scheme(), "http" | "https") && url.has_host());
    assert!(url.username().is_empty() && url.password().is_none());
}

fn check_host(host: &str) {
    let url = Url::parse(&format!("https://{host}/")).expect("a host of an address");
    assert_eq!(url.host_str(), Some(host));
    assert!(limits::is_host(host) && is_lawful(&url));
}

/// What is the same in every format.
fn plain(feeds: &[FeedSpec]) -> Vec<(&FeedUrl, &[String], bool)> {
    feeds.iter().map(|feed| (&feed.url, feed.tags.as_slice(), feed.enabled)).collect()
}

fn check_written(feeds: &[FeedSpec]) {
    let toml = write_toml(feeds);
    let again = parse_list("list", &toml, ListFormat::Toml).expect("what was written");
    assert_eq!(plain(feeds), plain(&again));
    for (feed, again) in feeds.iter().zip(&again) {
        assert_eq!((&feed.name, feed.intervals), (&again.name, again.intervals));
    }
    let opml = write_opml(feeds, "feeds");
    let mut again = parse_list("list", &opml, ListFormat::Opml).expect("what was written");
    let mut feeds = feeds.to_vec();
    // In OPML they stand in their folders.
    for list in [&mut feeds, &mut again] {
        list.sort_by(|one, other| plain_key(one).cmp(&plain_key(other)));
    }
    assert_eq!(plain(&feeds), plain(&again));
}

fn plain_key(feed: &FeedSpec) -> (&str, &[String], bool) {
    (feed.url.as_str(), &feed.tags, feed.enabled)
}

fn check_merged(feeds: &[FeedSpec]) {
    let twice = merge(vec![feeds.to_vec(), feeds.to_vec()]);
    let Ok(merged) = merge(vec![feeds.to_vec()]) else {
        assert!(twice.is_err());
        return;
    };
    assert!(merged.len() <= feeds.len());
    merged.iter().for_each(|feed| check_intervals(feed.intervals));
    assert_eq!(twice.as_ref(), Ok(&merged));
    assert_eq!(merge(vec![merged.clone()]), Ok(merged));
}

fn check_accesses(text: &str) {
    let Some(accesses) = checked(text, parse_access("list", text)) else { return };
    for access in &accesses {
        check_origin(text, &access.origin);
        match &access.scope {
            AccessScope::Url(url) => check_address(url),
            AccessScope::Host(host) => match host.rsplit_once(':') {
                Some((host, port)) if !host.starts_with('[') => {
                    assert!(port.parse::<u16>().is_ok_and(|port| port > 0));
                    check_host(host);
                }
                _ => check_host(host),
            },
        }
        access.proxy.iter().for_each(check_address);
        let texts = access
            .headers
            .iter()
            .map(|(_, ValueSource::Plain(text) | ValueSource::File(text))| text);
        for text in texts.chain(&access.user_agent) {
            assert!(!text.is_empty() && text.chars().all(|c| matches!(c, ' '..='~')));
        }
    }
    drop(checked(text, merge_access(vec![accesses])));
}
