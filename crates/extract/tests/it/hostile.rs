//! Pages made to hurt: each is read to its end on a small stack, and what comes out is no more than what went in.

use proptest::prelude::*;
use wiresift_extract::article::BodySource;
use wiresift_extract::{
    Extraction, Hints, Limits, Model, Page, extract, from_feed_content, render,
};

/// Less than any thread of ours has: nothing in the pass may recurse into the page.
const STACK_BYTES: usize = 512 * 1024;

/// Room for what every page has: a title of its own, marks of lists and links.
const SOME: usize = 4_096;

fn extracted(page: &str, content_type: Option<&str>) -> Extraction {
    let page = Page { bytes: page.as_bytes(), url: None, content_type };
    extract(
        Model::embedded().unwrap(),
        &page,
        &Hints::default(),
        chrono::DateTime::UNIX_EPOCH,
        &Limits::default(),
    )
}

/// Reads a page on a small stack, as a page, as a text and as the content of a feed's entry, and holds the results to
/// the limits.
fn read(page: String) -> Extraction {
    let run = move || {
        let found = extracted(&page, None);
        let limits = Limits::default();
        drop(from_feed_content(
            &page,
            None,
            &Hints::default(),
            chrono::DateTime::UNIX_EPOCH,
            &limits,
        ));
        drop(extracted(&page, Some("text/plain")));
        let article = &found.article;
        let noted: usize = found.blocks.iter().map(|note| note.text.len()).sum();
        assert!(found.blocks.len() <= limits.max_blocks);
        assert!(noted <= page.len() + SOME, "{noted} bytes of blocks from {}", page.len());
        assert!(article.text().len() <= page.len() * 2 + SOME);
        assert!(
            article.title.len() <= SOME && article.byline.len() <= 16 && article.tags.len() <= 40
        );
        assert!(render::html(&article.body).len() <= page.len() * 8 + SOME);
        assert!((0.0..=1.0).contains(&article.quality));
        found
    };
    std::thread::Builder::new().stack_size(STACK_BYTES).spawn(run).unwrap().join().unwrap()
}

fn json_ld(inside: &str) -> String {
    format!(
        "<script type=\"application/ld+json\">{inside}</script><p>The page itself says little.</p>"
    )
}

#[test]
fn nests_and_crowds_are_read_to_their_end() {
    for (name, page, word) in [
        ("deep", "<div>".repeat(100_000) + "bottom", "bottom"),
        ("inline", "<span>".repeat(100_000) + "bottom", "bottom"),
        ("siblings", "<p>one</p>".repeat(500_000), "one"),
        ("empty siblings", "<i></i>".repeat(500_000), ""),
        ("tables", "<table><tr><td>".repeat(30_000) + "cell", "cell"),
        ("nothing closed", "<div><p><b><a href=/x><table><ul><li>word ".repeat(10_000), "word"),
        ("drawings", "<svg><g>".repeat(50_000) + &"</svg>".repeat(50_000) + "<p>after", "after"),
        (
            "templates",
            "<template>".repeat(50_000) + &"</template>".repeat(50_000) + "<p>after",
            "after",
        ),
        ("selects", "<select><option>".repeat(50_000), ""),
    ] {
        let found = read(page);
        let is_read = found.blocks.iter().any(|note| note.text.contains(word));
        assert!(is_read || word.is_empty(), "{name}");
    }
}

#[test]
fn long_attributes_and_texts_are_bounded() {
    let long = "word ".repeat(200_000);
    for page in [
        format!("<p class=\"{long}\">text after it</p>"),
        format!("<p style=\"{long}\">text after it</p>"),
        format!("<p title=\"{long}\">text after it</p>"),
        format!("<a href=\"/{long}\">text after it</a>"),
        format!("<meta property=og:title content=\"{long}\"><h1>{long}</h1><p>text after it</p>"),
        format!("<title>{long}</title><time datetime=\"{long}\"></time><p>text after it</p>"),
        format!("<!-- {long} --><p>text after it</p>"),
        format!("<p>{long}</p><p>text after it</p>"),
    ] {
        let found = read(page);
        assert!(found.blocks.iter().any(|note| note.text == "text after it"));
    }
}

#[test]
fn statements_without_end_are_bounded() {
    let many = |unit: &str| unit.repeat(200_000);
    let article = |inside: &str| json_ld(&format!("{{\"@type\":\"NewsArticle\",{inside}}}"));
    for page in [
        json_ld(&many("[")),
        json_ld(&many("{\"@graph\":[")),
        json_ld(&format!("{}{}", many("["), many("]"))),
        json_ld(&many("{\"mainEntity\":")),
        article(&format!("\"headline\":\"{}\"", many("a "))) + "<h1>" + &many("a ") + "b</h1>",
        article(&format!("\"articleBody\":\"{}\"", many("&"))),
        article(&format!("\"articleBody\":\"{}\"", many("<b"))),
        article(&format!("\"articleBody\":\"{}\"", many("\\u003cp\\u003e"))),
        article(&format!("\"author\":[{}\"A B\"]", many("\"A B\","))),
        article(&format!("\"keywords\":\"{}\"", many("a,"))),
        article(&format!("\"datePublished\":\"{}\"", many("2026-"))),
        json_ld(&format!("[{}0]", many("{\"@type\":\"NewsArticle\",\"headline\":\"x\"},"))),
        json_ld("{\"@type\":\"NewsArticle\",\"articleBody\":\"one\"}").repeat(5_000),
        "<time>".repeat(600) + &many("<i></i>"),
        "<b itemprop=author>".repeat(600) + &many("<i></i>"),
    ] {
        read(page);
    }
}

#[test]
fn a_stated_body_takes_over_only_with_its_own_words() {
    let stated = "The bridge stays closed until Friday, the council said. ".repeat(20);
    let found =
        read(json_ld(&format!("{{\"@type\":\"NewsArticle\",\"articleBody\":\"{stated}\"}}")));
    assert_eq!(found.article.source, BodySource::JsonLd);
    assert_eq!(found.article.text().trim(), stated.trim());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the source of the body, its words are the page's.
    #[test]
    fn no_word_is_made_up(
        stated in prop::collection::vec("[a-z]{3,9}( [a-z]{2,9}){8,20}[.] ", 0..12),
        seen in prop::collection::vec("<(p|div|h2|li|td)>[a-z]{3,9}( [a-z]{2,9}){0,20}[.] ", 0..12),
        title in "[A-Z][a-z]{2,9}( [a-z]{2,9}){1,6}",
    ) {
        let body = stated.concat();
        let script = format!("{{\"@type\":\"NewsArticle\",\"headline\":\"{title}\",\"articleBody\":\"{body}\"}}");
        let found = extracted(&(json_ld(&script) + &seen.concat()), None);
        let source = match found.article.source {
            BodySource::JsonLd => body,
            _ => seen.concat() + " The page itself says little",
        };
        let known: std::collections::HashSet<&str> = source.split(|c: char| !c.is_alphanumeric()).collect();
        for word in found.article.text().split(|c: char| !c.is_alphanumeric()) {
            prop_assert!(known.contains(word), "{}", word);
        }
    }

    /// Bytes between tags, in any encoding that the page claims.
    #[test]
    fn claimed_encodings_do_no_harm(
        charset in prop::sample::select(vec!["utf-8", "gb18030", "shift_jis", "iso-2022-jp", "utf-16le", "euc-kr", "nonsense"]),
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let mut page = format!("<meta charset={charset}><h1>").into_bytes();
        page.extend(&bytes);
        page.extend(b"</h1><p>");
        page.extend(bytes.iter().rev());
        let content_type = format!("text/html; charset={charset}");
        let page = Page { bytes: &page, url: None, content_type: Some(&content_type) };
        let found = || extract(Model::embedded().unwrap(), &page, &Hints::default(), chrono::DateTime::UNIX_EPOCH, &Limits::default());
        let (once, revisit) = (found(), found());
        prop_assert_eq!(once.article, revisit.article);
    }
}
