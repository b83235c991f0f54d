//! Texts without markup: files, feed content and pages of bare lines.
//!
//! A fixture names the title and the day, then each line of the text: `+` for the body, `-` for the
//! rest.

use std::path::Path;

use wiresift_extract::article::{BodySource, Piece};
use wiresift_extract::provenance::Source;
use wiresift_extract::{Extraction, Hints, Limits, Model, Page, extract, from_feed_content};

use crate::extract::now;

struct Fixture {
    title: String,
    published: String,
    text: String,
    body: Vec<String>,
}

fn fixture(name: &str) -> Fixture {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/flat").join(name);
    let all = std::fs::read_to_string(path).unwrap();
    let (head, lines) = all.split_once("\n\n").unwrap();
    let value = |key: &str| {
        let value = head.lines().find_map(|line| line.strip_prefix(key)).unwrap();
        if value == "none" { String::new() } else { value.to_owned() }
    };
    let line = |mark: &str| -> Vec<String> {
        lines.lines().filter_map(|line| line.strip_prefix(mark)).map(str::to_owned).collect()
    };
    let text: Vec<&str> = lines.lines().map(|line| &line[2..]).collect();
    Fixture {
        title: value("title: "),
        published: value("published: "),
        text: text.join("\n\n"),
        body: line("+ "),
    }
}

fn of_text(text: &str, hints: &Hints) -> Extraction {
    let page = Page { bytes: text.as_bytes(), url: None, content_type: Some("text/plain") };
    extract(Model::embedded().unwrap(), &page, hints, now(), &Limits::default())
}

fn body(found: &Extraction) -> Vec<String> {
    found.article.body.iter().map(Piece::text).collect()
}

fn day(found: &Extraction) -> String {
    let published = found.article.published;
    published.map(|at| at.local().format("%Y-%m-%d").to_string()).unwrap_or_default()
}

fn check(name: &str) {
    let fixture = fixture(name);
    let found = of_text(&fixture.text, &Hints::default());
    assert_eq!(body(&found), fixture.body, "{name}");
    assert_eq!(found.article.title, fixture.title, "{name}");
    assert_eq!(day(&found), fixture.published, "{name}");
    assert!(found.article.kind.is_filed(), "{name}");
}

#[test]
fn a_doubled_title_a_date_and_a_widget() {
    check("doubled_title_and_radio_widget.txt");
}

#[test]
fn a_teaser_between_paragraphs_and_a_correction_form() {
    check("teaser_and_correction_form.txt");
}

#[test]
fn the_day_of_fetching_is_not_that_of_the_article() {
    check("fetched_day_and_popular_articles.txt");
}

#[test]
fn sub_headings_stay_and_the_comment_form_goes() {
    check("subheadings_and_comment_form.txt");
}

#[test]
fn a_photo_credit_in_front_and_notices_behind() {
    check("photo_credit_and_members_only.txt");
}

#[test]
fn other_languages_and_scripts() {
    check("german_share_bar_and_captions.txt");
    check("chinese_with_related_reading.txt");
}

#[test]
fn every_line_is_explained() {
    let fixture = fixture("teaser_and_correction_form.txt");
    let found = of_text(&fixture.text, &Hints::default());
    assert_eq!(found.blocks.len(), fixture.text.lines().filter(|line| !line.is_empty()).count());
    let notice = found.blocks.iter().find(|note| note.text == "Advertisement").unwrap();
    assert_eq!(notice.reason.describe(), "phrase: advertising");
    assert!(found.blocks.iter().all(|note| (0.0..=1.0).contains(&note.chance)));
    assert!(found.article.quality > 0.3, "{}", found.article.quality);
    assert_eq!(found.removed().len() + found.article.body.len(), found.blocks.len());
}

#[test]
fn lines_of_a_fixed_width_are_paragraphs() {
    let fixture = fixture("wrapped_mail.txt");
    let mut wrapped = String::new();
    for paragraph in fixture.text.split("\n\n") {
        let mut width = 0;
        for word in paragraph.split(' ') {
            if width > 0 && width + 1 + word.len() > 72 {
                wrapped.push('\n');
                width = 0;
            } else if width > 0 {
                wrapped.push(' ');
                width += 1;
            }
            wrapped.push_str(word);
            width += word.len();
        }
        wrapped.push_str("\n\n");
    }
    assert_eq!(body(&of_text(&wrapped, &Hints::default())), fixture.body);
}

#[test]
fn bare_lines_of_a_page_and_of_a_feed_go_the_same_way() {
    let fixture = fixture("doubled_title_and_radio_widget.txt");
    let lines: Vec<&str> = fixture.text.split("\n\n").collect();
    let pre = format!("<html><body><pre>{}</pre></body></html>", fixture.text);
    let breaks = format!("<html><body>{}</body></html>", lines.join("<br>\n<br>\n"));
    for html in [pre, breaks, fixture.text.clone()] {
        let page = Page { bytes: html.as_bytes(), url: None, content_type: Some("text/html") };
        let model = Model::embedded().unwrap();
        let found = extract(model, &page, &Hints::default(), now(), &Limits::default());
        assert_eq!(body(&found), fixture.body);
        assert_eq!(
            (found.article.title.as_str(), day(&found)),
            (fixture.title.as_str(), fixture.published.clone())
        );
    }
    for content in [fixture.text.clone(), lines.join("<br/><br/>")] {
        let hints = Hints { title: Some(fixture.title.clone()), ..Hints::default() };
        let found = from_feed_content(&content, None, &hints, now(), &Limits::default()).unwrap();
        assert_eq!(body(&found), fixture.body);
        assert_eq!(found.article.source, BodySource::Feed);
    }
}

#[test]
fn hints_are_used_as_for_pages() {
    let fixture = fixture("teaser_and_correction_form.txt");
    let at = "2026-02-17T09:00:00Z".parse().unwrap();
    let hints = Hints {
        title: Some("Islands and board meet".to_owned()),
        summary: Some("Talks on Tuesday.".to_owned()),
        published: Some(at),
        ..Hints::default()
    };
    let article = of_text(&fixture.text, &hints).article;
    assert_eq!(article.title, "Islands and board meet");
    assert_eq!(article.summary.as_deref(), Some("Talks on Tuesday."));
    assert_eq!(article.published.map(|dated| dated.at), Some(at));
    assert_eq!(article.provenance.title.map(|from| from.source), Some(Source::Feed));
    assert_eq!(article.language.as_deref(), Some("en"));
}

#[test]
fn a_text_of_nothing_is_empty_and_one_line_is_kept() {
    assert!(!of_text(" \n\u{feff}\n", &Hints::default()).article.kind.is_filed());
    let line = "The harbour board met on Tuesday and put off its vote on the new quay once more.";
    assert_eq!(body(&of_text(line, &Hints::default())), [line]);
}
