//! What feeds do wrong, and what must come out all the same.

use wiresift_feed::{Defect, FeedError, parse};

use crate::specimens::{ONE, THREE, TWO, base, bytes, expect, now, read, try_read};

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
