//! Any bytes as JSON: alone, in the scripts of a page, and as a JSON Feed.

use serde_json::Value;
use wiresift_extract::{Hints, Limits, Model, Page, extract};
use wiresift_text::json;

use crate::{NOW, feed};

/// Valid JSON comes through the mender byte by byte. What was mended is read as the same values
/// when it is mended again, or there is a typed error. A page with it is read twice alike.
pub fn json_ld(bytes: &[u8]) {
    let text = &*String::from_utf8_lossy(bytes);
    let valid = serde_json::from_str::<Value>(text).ok();
    let mended = json::mend(text);
    match (json::read(text), valid) {
        (Ok(read), Some(valid)) => {
            assert_eq!(mended, text);
            assert_eq!((read.values, read.is_mended), (vec![valid], false));
        }
        (Ok(read), None) => {
            assert!(read.is_mended && !read.values.is_empty() && read.values.len() <= 64);
            let again = json::read(&mended).map(|read| read.values);
            assert_eq!(again.as_ref(), Ok(&read.values), "{mended}");
            for value in &read.values {
                let written = value.to_string();
                assert_eq!(json::mend(&written), written);
            }
        }
        (Err(error), valid) => assert!(valid.is_none(), "{error}"),
    }
    // Nothing of it becomes longer than the longest escape of a control character.
    assert!(mended.len() <= text.len() * 6 + 6);
    let paired = json::mend_pairs(text);
    assert_eq!(json::mend_pairs(&paired), paired);
    check_page(text);
    feed(bytes);
}

fn check_page(json: &str) {
    let model = Model::embedded().expect("the model of the program");
    let html = format!(
        "<!doctype html><title>Ferry</title><script type=\"application/ld+json\">{json}</script>\
         <script>window.state = {json}</script><body><h1>Ferry</h1><p>It sails again.</body>"
    );
    let page = Page { bytes: html.as_bytes(), url: None, content_type: None };
    let read = || extract(model, &page, &Hints::default(), *NOW, &Limits::default());
    let found = read().article;
    assert_eq!(found, read().article);
    for dated in [found.published, found.modified].into_iter().flatten() {
        assert!(dated.at <= *NOW);
    }
}
