//! Any bytes as the names of authors: in JSON-LD, in `meta`, in a marked element and in a line.

use serde_json::json;
use wiresift_extract::{Hints, Limits, Model, Page, extract};

use crate::{NOW, escaped};

/// Most names of each kind, and the longest name of a person, in characters.
const NAMES: usize = 16;
const PERSON_CHARS: usize = 90;

/// People and organisations are bounded, not empty, each once, and read twice alike.
pub fn names(bytes: &[u8]) {
    let byline = &*String::from_utf8_lossy(bytes);
    let text = escaped(byline);
    let object = json!({"@type": "NewsArticle", "headline": "Ferry", "author": {"name": byline}});
    let script = object.to_string().replace('<', "\\u003c");
    let places = [
        format!("<script type=\"application/ld+json\">{script}</script>"),
        format!("<meta name=\"author\" content=\"{text}\">"),
        format!("<meta name=\"citation_author\" content=\"{text}\">"),
    ];
    for place in places {
        check(&place, "");
    }
    check("", &format!("<p class=\"byline\" itemprop=\"author\">{text}</p>"));
    check("", &format!("<p>{text}</p><p>3 May 2023</p>"));
}

fn check(head: &str, line: &str) {
    let html = format!(
        "<!doctype html><title>Ferry</title>{head}<body><article><h1>Ferry stays</h1>{line}\
         <p>It sails again, and the harbour is open to all.</p></article>"
    );
    let model = Model::embedded().expect("the model of the program");
    let page = Page { bytes: html.as_bytes(), url: None, content_type: None };
    let read = || extract(model, &page, &Hints::default(), *NOW, &Limits::default()).article;
    let article = read();
    assert_eq!(article, read());
    for list in [&article.byline, &article.agency] {
        assert!(list.len() <= NAMES);
        for (at, name) in list.iter().enumerate() {
            assert!(!name.trim().is_empty() && !name.contains('\n'), "{name:?}");
            assert!(!list.iter().skip(at + 1).any(|other| other == name), "{name:?}");
        }
    }
    assert!(article.byline.iter().all(|name| name.chars().count() <= PERSON_CHARS));
}
