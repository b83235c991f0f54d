//! The curator's rules for single sites, and what `--explain` shows.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use url::Url;
use wiresift::commands::extract::{EmbedsChoice, ExtractArgs, Format, Reading, TrainingArgs, run};
use wiresift::commands::paint::Screen;
use wiresift::feed_list::parse_sites;
use wiresift_extract::{Extraction, Hints, Limits, Model, Page, SiteRules, extract};

const PAGE: &str = r#"<html><head><title>Ferry stays | Observer</title></head><body>
    <div class="x1"><h1>Ferry stays</h1><b class="x2">Published 3 May 2024</b>
    <div class="x3"><p>The council voted to keep the night ferry running, ending a quarrel of half a year.</p>
    <p class="x4">Our harbour app is free this month, and brings the tide tables to your wrist.</p>
    <p>Nine members were in favour and four against, after a debate in which most speakers were tired.</p></div>
    <div class="x5"><p>The choir of the north sings on Sunday, in the old customs house, at seven o'clock sharp.</p></div></div>
    </body></html>"#;

fn now() -> DateTime<Utc> {
    "2026-11-22T00:00:00Z".parse().unwrap()
}

fn rules(toml: &str) -> SiteRules {
    wiresift::feed_list::compile_sites(&parse_sites("feeds.toml", toml).unwrap()).unwrap()
}

fn read(rule: &str) -> Extraction {
    let rules = rules(&format!("[[site]]\nhost = \"observer.example\"\n{rule}"));
    let url = Url::parse("https://www.observer.example/a").unwrap();
    let page = Page { bytes: PAGE.as_bytes(), url: Some(&url), content_type: None };
    let hints = Hints { rule: rules.of_host("www.observer.example"), ..Hints::default() };
    assert!(hints.rule.is_some());
    extract(Model::embedded().unwrap(), &page, &hints, now(), &Limits::default())
}

fn reason(found: &Extraction, text: &str) -> String {
    found.blocks.iter().find(|note| note.text.contains(text)).unwrap().reason.describe()
}

#[test]
fn body_and_remove_override_the_judgement_and_say_so() {
    let found = read("body = \".x3, .x5\"\nremove = \"p.x4\"");
    assert_eq!(found.article.body.len(), 3);
    assert!(found.article.text().ends_with("seven o'clock sharp."));
    assert_eq!(reason(&found, "The council"), "site rule: kept by body");
    assert_eq!(reason(&found, "harbour app"), "site rule: removed");
    assert_eq!(reason(&found, "Published"), "site rule: outside body");
    let report = found.rule.unwrap();
    assert!(!report.missed());
    assert_eq!(
        report.parts.iter().map(|part| (part.key, part.elements)).collect::<Vec<_>>(),
        [("body", 2), ("remove", 1)]
    );
}

#[test]
fn title_and_date_are_read_where_the_rule_says() {
    let found = read("title = \"title\"\ndate = \".x2\"");
    assert_eq!(found.article.title, "Ferry stays | Observer");
    assert_eq!(found.article.published.unwrap().at.date_naive().to_string(), "2024-05-03");
}

#[test]
fn a_rule_that_finds_nothing_is_passed_over_and_that_is_seen() {
    let plain = {
        let page = Page { bytes: PAGE.as_bytes(), url: None, content_type: None };
        extract(Model::embedded().unwrap(), &page, &Hints::default(), now(), &Limits::default())
    };
    // Nothing selected; nothing with text selected; nothing left.
    for rule in ["body = \".gone\"", "body = \"head\"", "remove = \"body\"", "remove = \"*\""] {
        let found = read(rule);
        assert_eq!(found.article.text(), plain.article.text(), "{rule}");
        assert!(!found.article.text().is_empty());
        assert!(found.rule.unwrap().missed(), "{rule}");
    }
}

#[test]
fn the_most_specific_host_wins() {
    let rules = rules(
        "[[site]]\nhost = \"example.org\"\nbody = \"p\"\n[[site]]\nhost = \"news.example.org\"\nbody = \"div\"",
    );
    let host = |host: &str| rules.of_host(host).map(|rule| Arc::unwrap_or_clone(rule).host);
    assert_eq!(host("example.org").as_deref(), Some("example.org"));
    assert_eq!(host("a.b.example.org").as_deref(), Some("example.org"));
    assert_eq!(host("news.example.org").as_deref(), Some("news.example.org"));
    assert_eq!(host("www.news.example.org.").as_deref(), Some("news.example.org"));
    assert_eq!(host("badexample.org"), None);
    assert_eq!(host("org"), None);
}

#[test]
fn a_bad_selector_is_refused_with_its_line() {
    let specs = parse_sites("feeds.toml", "[[site]]\nhost = \"a.example\"\n\nbody = \"div >> p[\"")
        .unwrap();
    let error = wiresift::feed_list::compile_sites(&specs).unwrap_err().to_string();
    assert!(error.starts_with("feeds.toml:4: `div >> p[` is no CSS selector"), "{error}");
    assert!(error.ends_with("write one such as `article div.text` or `#story > p`"), "{error}");
}

#[test]
fn selectors_that_choose_everything_on_a_deep_page_end() {
    let page = format!("{}<p>Bottom of it, where the text is.</p>", "<div>".repeat(100_000));
    let rules = rules("[[site]]\nhost = \"a.example\"\nbody = \"*\"\nremove = \"div div div div\"");
    let hints = Hints { rule: rules.of_host("a.example"), ..Hints::default() };
    let page = Page { bytes: page.as_bytes(), url: None, content_type: None };
    let found = extract(Model::embedded().unwrap(), &page, &hints, now(), &Limits::default());
    assert_eq!(found.article.text(), "Bottom of it, where the text is.");
}

fn explained(screen: Screen, toml: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    std::fs::write(&path, PAGE).unwrap();
    let args = ExtractArgs {
        inputs: vec![path.display().to_string()],
        format: Format::Text,
        text: false,
        embeds: EmbedsChoice::Drop,
        url: Some(Url::parse("https://observer.example/a").unwrap()),
        site_memory: false,
        explain: true,
        manifest: None,
        training: TrainingArgs::default(),
    };
    let rules = rules(toml);
    let reading = Reading { rules: &rules, now: now(), screen };
    let mut out = Vec::new();
    assert!(run(&args, &reading, &mut out, &|_| unreachable!()).unwrap());
    let out = String::from_utf8(out).unwrap();
    out.replace(&Path::new(&path).display().to_string(), "page.html")
}

/// Chances change with every training of the model; what is shown of them does not.
fn without_chances(text: &str) -> String {
    let line = |line: &str| match (line.split_once("p=0."), line.starts_with("  quality")) {
        (Some((before, after)), _) => format!("{before}p=_{}", &after[2..]),
        (None, true) => "  quality    _".to_owned(),
        (None, false) => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_explanation_fits_the_screen_and_names_the_rule() {
    let rule = "[[site]]\nhost = \"observer.example\"\nremove = \".x4\"\ndate = \".gone\"";
    let narrow = explained(Screen { columns: 50, colour: false }, rule);
    let blocks =
        narrow.lines().skip_while(|line| !line.starts_with(['+', '-'])).collect::<Vec<_>>();
    let texts = blocks.iter().filter(|line| line.starts_with(' '));
    assert!(texts.clone().count() >= 14, "{narrow}");
    assert!(texts.clone().all(|line| line.chars().count() <= 50), "{narrow}");
    insta::assert_snapshot!(without_chances(&explained(Screen::PLAIN, rule)));
    let coloured = explained(Screen { columns: 100, colour: true }, rule);
    assert!(coloured.contains("\u{1b}[32m+") && !narrow.contains('\u{1b}'));
}
