//! Documents that are no feeds, too large, or made to harm.

use std::path::PathBuf;

use proptest::prelude::*;
use url::Url;
use wiresift_feed::{Defect, FeedError, LooksLike, parse};

use crate::specimens::{base, bytes, fixtures, now, read, try_read};

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
