//! The columns that the block model is trained on must come out as they did when it was trained, in every script.

#[path = "../../dedup/tests/golden/texts.rs"]
mod texts;

use sha2::{Digest as _, Sha256};
use texts::text;
use wiresift_extract::training_rows::{ModelStage, training_rows};
use wiresift_extract::{Hints, Limits, Model, Page};

/// A page of random texts.
fn page(number: u32) -> String {
    let part = |of: u32| text(number * 7 + of).replace('<', "&lt;").replace("\n\n", "</p><p>");
    let line = |of: u32, letters: usize| {
        let line = part(of).replace("</p><p>", " ").replace('"', "");
        line.chars().take(letters).collect::<String>()
    };
    let (title, summary) = (line(0, 60), line(1, 300));
    format!(
        "<html><head><title>{title}</title><meta name=description content=\"{summary}\"></head><body>\
         <nav><ul><li><a href=/a>{}</a><li><a href=/b>x</a></ul></nav><article><h1>{title}</h1>\
         <p>{}</p><p>{}</p><p>{summary} {}</p></article><aside><p>{}</p></aside></body></html>",
        line(2, 40),
        part(3),
        part(4),
        part(5),
        part(6)
    )
}

#[test]
fn columns_and_chances() {
    let model = Model::embedded().unwrap();
    let mut sha = Sha256::new();
    let mut rows = 0;
    for number in 0..30 {
        let html = page(number);
        let page = Page { bytes: html.as_bytes(), url: None, content_type: None };
        let measured =
            training_rows(model, &page, &Hints::default(), &Limits::default(), ModelStage::Second);
        rows += measured.rows.len();
        for value in measured.rows.iter().flatten().chain(&measured.chances) {
            sha.update(value.to_bits().to_le_bytes());
        }
    }
    let hash =
        sha.finalize().iter().take(8).fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    assert_eq!((rows, hash.as_str()), (1089, "63990755d191e173"));
}
