//! The fields of each format.

use url::Url;
use wiresift_feed::{Defect, parse};

use crate::specimens::{ONE, TWO, base, expect, now, read};

#[test]
fn rss_fields() {
    let feed = expect("rss_content_encoded_and_media.xml", &[ONE]);
    assert_eq!(feed.title.as_deref(), Some("Harbour Gazette"));
    assert_eq!(feed.home.as_ref().map(Url::as_str), Some("https://gazette.example/"));
    assert_eq!(feed.language.as_deref(), Some("en-gb"));
    assert_eq!(feed.ttl.map(|ttl| ttl.as_secs()), Some(1800));
    let entry = &feed.entries[0];
    assert_eq!(entry.guid.as_deref(), Some("g1"));
    assert_eq!(entry.key.as_str(), "g1");
    assert_eq!(entry.summary.as_deref(), Some("A teaser."));
    assert_eq!(
        entry.content.as_deref(),
        Some("<p>The teaser, and then much more of it.</p><p>Again.</p>")
    );
    assert_eq!(entry.authors, ["Ada Quay", "Ben Pier"]);
    assert_eq!(entry.tags, ["World", "Harbour & sea", "ships", "quay"]);
    assert_eq!(entry.language.as_deref(), Some("en-gb"));
    let people: Vec<Vec<String>> =
        read("rss_people.xml").entries.into_iter().map(|entry| entry.authors).collect();
    assert_eq!(people, [vec!["Ada Quay"], vec![], vec!["Cy Dock"]]);
}

#[test]
fn rdf_fields() {
    let feed = expect("rdf_10.xml", &["Story 1 | /1 | 11-02T10:00", "- | /2 | -", "- | - | -"]);
    assert_eq!(feed.language.as_deref(), Some("de"));
    assert_eq!(feed.ttl.map(|ttl| ttl.as_secs()), Some(1800));
    assert_eq!(feed.entries[1].summary.as_deref(), Some("No title and no link, but a text."));
    assert_eq!(feed.entries[2].content.as_deref(), Some("<p>Nothing but content.</p>"));
}

#[test]
fn atom_fields() {
    let feed = expect("atom_10.xml", &[ONE, TWO]);
    assert_eq!(feed.home.as_ref().map(Url::as_str), Some("https://gazette.example/"));
    let entry = &feed.entries[0];
    assert_eq!(entry.summary.as_deref(), Some("A bold teaser."));
    assert_eq!(
        entry.content.as_deref(),
        Some("<div><p>The <em>whole</em> story &amp; more.</p></div>")
    );
    assert_eq!(entry.authors, ["Ada Quay"]);
    assert_eq!(feed.entries[1].authors, ["The Desk"]);
    assert_eq!(entry.tags, ["World"]);
    assert_eq!(
        entry.updated.map(|at| at.to_rfc3339()).as_deref(),
        Some("2026-11-03T10:00:00+00:00")
    );
    assert_eq!(entry.language.as_deref(), Some("en"));
    let types = expect("atom_unknown_types.xml", &[ONE, TWO]);
    assert_eq!(
        (types.entries[0].summary.as_deref(), types.entries[0].content.as_deref()),
        (Some("A teaser."), None)
    );
    let old = expect("atom_03.xml", &[ONE, "Story 2 | /2 | 11-03T10:00"]);
    assert_eq!(old.entries[0].content.as_deref(), Some("<p>The story.</p>"));
    let base64 = expect("atom_03_base64.xml", &[ONE, TWO, "Story 3 | - | 11-02T10:00"]);
    let contents: Vec<Option<&str>> =
        base64.entries.iter().map(|entry| entry.content.as_deref()).collect();
    assert_eq!(contents, [Some("<p>The <b>whole</b> story.</p>"), None, Some("A teaser.")]);
    assert_eq!(base64.entries[2].summary.as_deref(), Some("A teaser."));
    let escaped = read("atom_escaped_text_as_html.xml");
    assert_eq!(escaped.entries[0].summary.as_deref(), Some("Paragraph & more"));
}

#[test]
fn cdf_fields() {
    let feed = expect("cdf.xml", &[ONE, "Story 2 | /old/2 | -"]);
    assert_eq!(feed.title.as_deref(), Some("Harbour Gazette"));
    assert_eq!(feed.entries[0].summary.as_deref(), Some("A teaser."));
}

#[test]
fn json_fields() {
    let feed = expect("json_11.json", &[ONE, "- | /2 | 11-03T10:00"]);
    assert_eq!(
        (feed.title.as_deref(), feed.language.as_deref()),
        (Some("Harbour Gazette"), Some("en"))
    );
    assert_eq!(feed.entries[0].content.as_deref(), Some("<p>The teaser, and more than that.</p>"));
    assert_eq!(feed.entries[0].tags, ["World", "Harbour"]);
    assert_eq!(feed.entries[0].authors, ["Ada Quay"]);
    assert_eq!(feed.entries[1].authors, ["The Desk"]);
    assert_eq!(feed.entries[1].content.as_deref(), Some("Only 1 &lt; 2 lines &amp; no title."));
    let odd = expect(
        "json_10_odd_types.json",
        &["Integer id | /17 | 11-02T10:00", "- | /18 | -", "Float id | /19 | -"],
    );
    let keys: Vec<&str> = odd.entries.iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(keys, ["17", "gazette.example/18", "19.5"]);
    assert_eq!(odd.entries[1].authors, ["Ada Quay"]);
    let raw = expect("json_raw_line_breaks.json", &["Story 1 | /1 | -"]);
    assert_eq!(raw.defects, [Defect::Json]);
}

#[test]
fn sitemap_fields() {
    let feed = expect("sitemap_news.xml", &["Story 1 | /1 | 11-21T10:00", "- | /2 | 11-22T00:00"]);
    assert_eq!(feed.entries[0].tags, ["ships", "quay"]);
    assert_eq!(feed.entries[0].language.as_deref(), Some("en"));
}

#[test]
fn a_list_of_sitemaps_says_what_it_is() {
    let index = expect(
        "sitemap_index.xml",
        &["- | /news.xml | 11-20T10:00", "- | /sport.xml | 11-22T10:00"],
    );
    assert!(index.is_index);
    assert!(!read("sitemap_news.xml").is_index);
}

/// As many pages as a sitemap may have (sitemaps.org), the newest in the middle.
#[test]
fn of_a_long_sitemap_the_newest_are_kept() {
    let mut map = String::from("<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">");
    for n in 0..50_000 {
        let day = if n % 5 == 0 { "2026-11-21" } else { "2024-02-03" };
        let dated = if n < 45_000 { format!("<lastmod>{day}</lastmod>") } else { String::new() };
        map.extend([
            "<url><loc>https://gazette.example/",
            &n.to_string(),
            "</loc>",
            &dated,
            "</url>",
        ]);
    }
    let feed = parse(format!("{map}</urlset>").as_bytes(), None, &base(), now()).unwrap();
    assert_eq!((feed.entries.len(), feed.defects), (5_000, Vec::new()));
    assert!(
        feed.entries.iter().all(|entry| entry
            .published
            .unwrap()
            .to_rfc3339()
            .starts_with("2026-11-21"))
    );
}
