//! What feeds do wrong, one specimen each, and what must come out all the same.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use url::Url;
use wiresift_feed::entry::Entry;
use wiresift_feed::{Defect, FeedError, LooksLike, ParsedFeed, parse};

fn now() -> DateTime<Utc> {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn base() -> Url {
    Url::parse("https://gazette.example/feeds/all.xml").unwrap()
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(fixtures().join(name)).unwrap()
}

fn try_read(name: &str) -> Result<ParsedFeed, FeedError> {
    parse(&bytes(name), Some("application/rss+xml; charset=utf-8"), &base(), now())
}

fn read(name: &str) -> ParsedFeed {
    try_read(name).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// An entry on one line: title, link without the usual host, date.
fn line(entry: &Entry) -> String {
    let link = entry.link.as_ref().map_or("-", Url::as_str);
    let link = link.strip_prefix("https://gazette.example").unwrap_or(link);
    let date = entry.published.map_or("-".to_owned(), |at| at.format("%m-%dT%H:%M").to_string());
    format!("{} | {link} | {date}", entry.title.as_deref().unwrap_or("-"))
}

#[track_caller]
fn expect(name: &str, entries: &[&str]) -> ParsedFeed {
    let feed = read(name);
    let lines: Vec<String> = feed.entries.iter().map(line).collect();
    assert_eq!(lines, entries, "{name}");
    feed
}

const ONE: &str = "Story 1 | /1 | 11-02T10:00";
const TWO: &str = "Story 2 | /2 | 11-02T10:00";
const THREE: &str = "Story 3 | /3 | 11-02T10:00";

#[test]
fn entities_are_never_expanded_or_fetched() {
    expect("rss_billion_laughs.xml", &["Laughs &a9; end | /1 | 11-02T10:00", TWO]);
    expect("rss_external_entity.xml", &["Before &xxe; after | /1 | 11-02T10:00"]);
}

#[test]
fn encodings_are_found_out() {
    let quote = expect(
        "rss_invalid_utf8.xml",
        &["Café déjà vu | /1 | 11-02T10:00", "Broken “quote” here | /2 | 11-02T10:00"],
    );
    assert_eq!(quote.defects, [Defect::Encoding]);
    let russian = [
        "Порт снова открыт после шторма | /1 | 11-02T10:00",
        "Мэр обещает новый причал | /2 | 11-02T10:00",
    ];
    expect("rss_cp1251_undeclared.xml", &russian);
    assert_eq!(expect("rss_cp1251_declared.xml", &russian).defects, []);
    expect("rss_declared_latin1_is_utf8.xml", &["Größe zählt | /1 | 11-02T10:00"]);
    expect("rss_iso2022jp.xml", &["港のニュース | /1 | 11-02T10:00"]);
    expect(
        "rss_shift_jis_undeclared.xml",
        &[
            "嵐の後に港が再開、市長は新しい桟橋を約束した | /1 | 11-02T10:00",
            "漁師たちは朝早く海へ出た | /2 | 11-02T10:00",
        ],
    );
    for name in
        ["atom_utf16be_without_mark.xml", "atom_utf16le_without_mark.xml", "atom_utf16be_mark.xml"]
    {
        expect(name, &["Größe | /1 | 11-02T10:00"]);
    }
    let koi8 = encoding_rs::KOI8_R
        .encode(
            "<rss><channel><item><title>Новости порта</title><guid>1</guid></item></channel></rss>",
        )
        .0;
    let feed = parse(&koi8, Some("text/xml; charset=koi8-r"), &base(), now()).unwrap();
    assert_eq!(feed.entries[0].title.as_deref(), Some("Новости порта"));
}

#[test]
fn what_stands_before_the_root_does_not_matter() {
    assert_eq!(expect("rss_bom.xml", &[ONE, TWO]).defects, []);
    assert_eq!(expect("rss_leading_blanks.xml", &[ONE, TWO]).defects, []);
    assert_eq!(expect("rss_php_warning.xml", &[ONE, TWO]).defects, [Defect::JunkBeforeRoot]);
    expect("rss_091_doctype.xml", &[ONE, TWO]);
}

#[test]
fn characters_are_what_was_meant() {
    expect(
        "rss_control_characters.xml",
        &["Nul and bell gone | /1 | 11-02T10:00", "Numbered too | /2 | 11-02T10:00"],
    );
    let html = expect(
        "rss_html_entities.xml",
        &["Café Zürich – ouvert | /1 | 11-02T10:00", "Quotes “in” ‘words’ | /2 | 11-02T10:00"],
    );
    assert_eq!(html.defects, [Defect::HtmlEntity]);
    let bare = expect(
        "rss_bare_ampersand.xml",
        &["Fish & chips: AT&T at 5 < 6 | /1?a=1&b=2 | 11-02T10:00", TWO],
    );
    assert_eq!(bare.defects, [Defect::BareAmpersand, Defect::BareLessThan]);
    expect(
        "rss_double_encoded.xml",
        &[
            "Profits up 3 & rising | /1 | 11-02T10:00",
            "Bold \"claim\" | /2 | 11-02T10:00",
            "Use the <img> tag | /3 | 11-02T10:00",
        ],
    );
    expect("rss_numbered_windows1252_and_surrogates.xml", &["It’s here 😀 | /1 | 11-02T10:00"]);
    let cdata = expect("rss_cdata.xml", &["Fish & chips | /1?a=1&b=2 | 11-02T10:00"]);
    assert_eq!(cdata.entries[0].summary.as_deref(), Some("Tea & cake"));
}

#[test]
fn tags_are_balanced() {
    let br = expect("rss_unclosed_br.xml", &[ONE, TWO]);
    assert_eq!(br.entries[0].summary.as_deref(), Some("First line second line third"));
    let crossed = expect("rss_crossed_tags.xml", &[ONE, TWO]);
    assert_eq!(crossed.entries[0].summary.as_deref(), Some("Bold both italic"));
    assert_eq!(crossed.defects, [Defect::Unbalanced]);
    expect("rss_open_enclosure.xml", &[ONE]);
    let cdata = expect("rss_unclosed_cdata.xml", &[ONE, TWO, THREE]);
    assert_eq!(cdata.entries[0].summary.as_deref(), Some("Text 1"));
    expect("rss_unclosed_fields.xml", &["Story 1 | /1 | -", TWO]);
    expect("rss_missing_item_ends.xml", &[ONE, TWO, THREE]);
    let nested = expect("rss_item_in_item.xml", &["Story 1 | /1 | -", TWO, THREE]);
    assert!(nested.defects.contains(&Defect::NestedEntry));
    expect("rss_unquoted_attributes.xml", &["Story 1 | /1 | -", TWO]);
    expect("rss_upper_case.xml", &[ONE, TWO]);
}

#[test]
fn a_cut_off_feed_keeps_its_whole_entries() {
    for name in ["rss_truncated_in_link.xml", "rss_truncated_in_tag.xml"] {
        assert!(expect(name, &[ONE, TWO]).defects.contains(&Defect::Truncated), "{name}");
    }
    let feed = expect("rss_truncated_after_guid.xml", &[ONE, TWO, THREE]);
    assert_eq!(feed.entries[2].summary, None);
    assert!(matches!(try_read("rss_truncated_before_first.xml"), Err(FeedError::Broken { .. })));
    expect("json_truncated.json", &["Story ]} 1 | /1 | -", "Story 2 | /2 | -"]);
    expect("rss_two_feeds.xml", &[ONE, TWO]);
    assert_eq!(expect("rss_empty.xml", &[]).defects, []);
}

#[test]
fn every_cut_of_a_feed_gives_a_beginning_of_its_entries() {
    for name in ["rss_dates.xml", "atom_10.xml", "json_11.json", "rdf_10.xml", "sitemap_news.xml"] {
        let whole = bytes(name);
        let all = read(name).entries;
        for end in (0..whole.len()).step_by(3) {
            if let Ok(feed) = parse(&whole[..end], None, &base(), now()) {
                for (entry, expected) in feed.entries.iter().zip(&all) {
                    assert_eq!(
                        (&entry.key, &entry.link),
                        (&expected.key, &expected.link),
                        "{name} cut at {end}"
                    );
                }
                assert!(feed.entries.len() <= all.len());
            }
        }
    }
}

#[test]
fn versions_and_namespaces_do_not_matter() {
    for name in ["missing", "093", "094", "201", "nonsense"] {
        assert_eq!(expect(&format!("rss_version_{name}.xml"), &[ONE, TWO]).defects, []);
    }
    expect("rss_unknown_default_namespace.xml", &[ONE, TWO]);
    expect("rdf_090.xml", &["Story 1 | /1 | -", "Story 2 | /2 | -"]);
    expect("atom_https_namespace.xml", &[ONE, TWO]);
    expect("atom_prefixed.xml", &[ONE, TWO]);
    let unbound = expect("rss_unbound_prefixes.xml", &[ONE]);
    assert_eq!(unbound.entries[0].authors, ["Ada Quay"]);
    assert_eq!(
        unbound.entries[0].content.as_deref(),
        Some("<p>The whole story, at some length.</p>")
    );
    let bad = expect("rss_bad_numbers.xml", &[ONE]);
    assert_eq!((bad.ttl, bad.title.as_deref()), (None, Some("Harbour Gazette")));
}

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
    let whole = read("rss_whole_article_in_description.xml");
    assert_eq!(whole.entries[0].content.as_deref(), Some("<p>One.</p><p>Two.</p><p>Three.</p>"));
    assert_eq!(whole.entries[0].summary.as_deref(), Some("One. Two. Three."));
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
    let escaped = read("atom_escaped_text_as_html.xml");
    assert_eq!(escaped.entries[0].summary.as_deref(), Some("Paragraph & more"));
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

#[test]
fn what_is_no_feed_is_named() {
    for (name, looks_like) in [
        ("not_bot_wall.xml", LooksLike::Html),
        ("not_html_without_doctype.xml", LooksLike::Html),
        ("not_bot_wall_without_html.xml", LooksLike::Html),
        ("not_opml.xml", LooksLike::Opml),
        ("not_other_xml.xml", LooksLike::Xml),
        ("not_text.xml", LooksLike::Text),
        ("not_other_json.json", LooksLike::Json),
        ("not_gzip.xml", LooksLike::Binary),
    ] {
        assert_eq!(try_read(name), Err(FeedError::NotAFeed { looks_like }), "{name}");
    }
    assert_eq!(try_read("not_anything.xml"), Err(FeedError::Empty));
    assert_eq!(parse(b"", None, &base(), now()), Err(FeedError::Empty));
}

#[test]
fn large_feeds_are_read_whole() {
    let text = "word ".repeat(980);
    let mut feed = String::from("<rss version=\"2.0\"><channel><title>Large</title>");
    for n in 0..2_600 {
        let link = format!("https://gazette.example/{n}");
        let parts = [
            "<item><title>Story</title><link>",
            &link,
            "</link><description>",
            &text,
            "</description></item>",
        ];
        feed.extend(parts);
    }
    feed.push_str("</channel></rss>");
    assert!(feed.len() > 12_500_000);
    let read = parse(feed.as_bytes(), None, &base(), now()).unwrap();
    assert_eq!(read.entries.len(), 2_600);
    assert_eq!(read.defects, []);
}

/// `before`, a number, `after`, for each number.
fn numbered(count: usize, before: &str, after: &str) -> String {
    (0..count).flat_map(|n| [before.to_owned(), n.to_string(), after.to_owned()]).collect()
}

#[test]
fn hostile_shapes_are_bounded() {
    let item = |inside: &str| {
        format!(
            "<rss><channel><item><guid>1</guid><description>{inside}</description></item><item><guid>2</guid></item></channel></rss>"
        )
    };
    let count =
        |text: &str| parse(text.as_bytes(), None, &base(), now()).map(|feed| feed.entries.len());
    assert_eq!(count(&item(&"<div>".repeat(50_000))), Ok(2));
    assert_eq!(
        count(&item(&format!("{}{}", "<div>".repeat(50_000), "</div>".repeat(50_000)))),
        Ok(2)
    );
    assert_eq!(count(&item(&"<br/>".repeat(50_000))), Ok(2));
    assert_eq!(count(&item(&format!("<p {}>", "a='b' ".repeat(50_000)))), Ok(2));
    assert_eq!(count(&item(&format!("<p {}>", numbered(50_000, "xmlns:a", "='b' ")))), Ok(2));
    assert_eq!(
        count(&"<rss>".repeat(30_000)),
        Err(FeedError::Broken { why: "cut off before the end of its first entry" })
    );
    for piece in [
        "<item>",
        "<item",
        "<title>",
        "</item>",
        "<![CDATA[",
        "<!--",
        "&amp",
        "<a b='",
        "<?",
        "<!D [",
        "<rss><channel>",
    ] {
        let _ = count(&format!("<rss><channel>{}", piece.repeat(30_000)));
    }
    let many = numbered(25_000, "<item><guid>", "</guid></item>");
    let feed =
        parse(format!("<rss><channel>{many}</channel></rss>").as_bytes(), None, &base(), now())
            .unwrap();
    assert_eq!((feed.entries.len(), feed.defects), (20_000, vec![Defect::TooManyEntries]));
    let long = parse(item(&"x".repeat(9_000_000)).as_bytes(), None, &base(), now()).unwrap();
    assert!(
        long.entries[0].summary.as_ref().unwrap().len() <= 16 * 1024
            && long.defects == [Defect::TextCut]
    );
    let links = "<link href='x' xml:base='y'/>".repeat(15_000);
    let base = "b".repeat(1_000_000);
    assert_eq!(
        count(&format!(
            "<feed><entry xml:base='/{base}/'>{links}<id>1</id></entry><entry><id>2</id></entry></feed>"
        )),
        Ok(2)
    );
    assert_eq!(
        count(&"[".repeat(50_000)),
        Err(FeedError::NotAFeed { looks_like: LooksLike::Json })
    );
}

/// The mender may not change what needs no mending.
#[test]
fn feed_rs_alone_agrees_on_well_formed_feeds() {
    for name in [
        "rss_content_encoded_and_media.xml",
        "rss_people.xml",
        "atom_10.xml",
        "json_11.json",
        "rss_cdata.xml",
    ] {
        let bytes = bytes(name);
        let theirs = feed_rs::parser::Builder::new()
            .base_uri(Some(base().as_str()))
            .build()
            .parse(&bytes[..])
            .unwrap();
        let ours = read(name);
        assert_eq!(ours.title, theirs.title.map(|title| title.content), "{name}");
        assert_eq!(ours.entries.len(), theirs.entries.len(), "{name}");
        for (ours, theirs) in ours.entries.iter().zip(&theirs.entries) {
            let link = theirs
                .links
                .iter()
                .find(|link| link.rel.as_deref().is_none_or(|rel| rel == "alternate"));
            let link =
                link.map(|link| Url::options().base_url(Some(&base())).parse(&link.href).unwrap());
            assert_eq!(ours.link, link, "{name}");
            assert_eq!(ours.guid.as_deref(), Some(theirs.id.as_str()), "{name}");
            if let Some(date) = theirs.published {
                assert_eq!(ours.published, Some(date), "{name}");
            }
        }
    }
}

#[test]
fn what_makes_feed_rs_panic_is_read() {
    let name = "Ana Maria Kai—ana@gazette.example";
    let rss =
        format!("<rss><channel><item><guid>1</guid><author>{name}</author></item></channel></rss>");
    let json = format!("{{\"items\":[{{\"id\":\"1\",\"authors\":[{{\"name\":\"{name}\"}}]}}]}}");
    for document in [rss, json] {
        let feed = parse(document.as_bytes(), None, &base(), now()).unwrap();
        assert_eq!(feed.entries[0].guid.as_deref(), Some("1"));
    }
}

fn specimen() -> impl Strategy<Value = Vec<u8>> {
    let mut names: Vec<PathBuf> =
        std::fs::read_dir(fixtures()).unwrap().map(|file| file.unwrap().path()).collect();
    names.sort();
    let files: Vec<Vec<u8>> = names.iter().map(|path| std::fs::read(path).unwrap()).collect();
    prop::sample::select(files)
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400), root in prop::sample::select(vec!["", "<rss><channel>", "<feed>", "{\"items\":[", "\u{feff}<rdf:RDF>"])) {
        let _ = parse(&[root.as_bytes(), &bytes].concat(), None, &base(), now());
    }

    #[test]
    fn damaged_specimens_are_survived(
        mut bytes in specimen(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0u8..5, any::<u8>()), 1..12),
    ) {
        for (place, kind, byte) in damage {
            if bytes.is_empty() {
                break;
            }
            let at = place.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => { bytes.remove(at); }
                3 => bytes.insert(at, b"<>&\"'/"[usize::from(byte) % 6]),
                _ => { let tail = bytes[at..].to_vec(); bytes.truncate(at / 2); bytes.extend(tail); }
            }
        }
        if let Ok(feed) = parse(&bytes, Some("text/xml; charset=utf-8"), &base(), now()) {
            let mut keys: Vec<&str> = feed.entries.iter().map(|entry| entry.key.as_str()).collect();
            keys.sort_unstable();
            keys.dedup();
            prop_assert_eq!(keys.len(), feed.entries.len());
            for entry in &feed.entries {
                prop_assert!(entry.published.is_none_or(|at| at <= now()) && entry.updated.is_none_or(|at| at <= now()));
                prop_assert!(entry.key.as_str().len() <= 256 && !entry.key.as_str().is_empty());
                prop_assert!(entry.title.as_ref().is_none_or(|title| !title.is_empty() && !title.contains('\n')));
                prop_assert!(entry.link.as_ref().is_none_or(|link| matches!(link.scheme(), "http" | "https")));
            }
        }
    }
}
