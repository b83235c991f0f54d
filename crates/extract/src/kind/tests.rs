use std::path::Path;

use chrono::DateTime;

use crate::article::PageKind;
use crate::{Hints, Limits, Model, Page, extract};

fn kind_of(html: &str, announced: Option<&str>) -> PageKind {
    let page = Page { bytes: html.as_bytes(), url: None, content_type: None };
    let hints = Hints { title: announced.map(str::to_owned), ..Hints::default() };
    let model = Model::embedded().unwrap();
    extract(model, &page, &hints, DateTime::UNIX_EPOCH, &Limits::default()).article.kind
}

/// Every page of `tests/fixtures/kinds` is of the kind that names its folder.
#[test]
fn fixture_pages_have_the_kind_of_their_folder() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/kinds");
    for folder in std::fs::read_dir(root).unwrap().flatten() {
        let expected = folder.file_name().into_string().unwrap();
        for file in std::fs::read_dir(folder.path()).unwrap().flatten() {
            let html = std::fs::read_to_string(file.path()).unwrap();
            let found = kind_of(&html, None);
            seen += 1;
            if found.as_str() != expected {
                wrong.push(format!(
                    "{expected}/{} is {}",
                    file.file_name().display(),
                    found.as_str()
                ));
            }
        }
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen > 30);
}

#[test]
fn a_page_with_the_announced_title_is_an_article() {
    let paragraph =
        "<p>The page that many readers looked for has been found behind a cupboard.</p>";
    let page = format!("<title>Page not found</title><h1>Page not found</h1>{paragraph}");
    assert_eq!(kind_of(&page, None), PageKind::SoftNotFound);
    assert_eq!(kind_of(&page, Some("Night ferry stays")), PageKind::SoftNotFound);
    assert_eq!(kind_of(&page, Some("Page not found")), PageKind::Article);
}

#[test]
fn kind_names_equal_their_json() {
    use PageKind::*;
    let all = [
        Article,
        LiveBlog,
        Gallery,
        Video,
        PaywallStub,
        Index,
        ConsentWall,
        BotWall,
        SoftNotFound,
        Empty,
    ];
    for kind in all {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
}
