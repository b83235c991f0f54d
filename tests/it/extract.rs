//! `wiresift extract`: pages in, articles out, in the order of the arguments.

use chrono::{DateTime, Utc};
use url::Url;
use wiresift::commands::extract::{EmbedsChoice, ExtractArgs, Format, Reading, TrainingArgs, run};
use wiresift::commands::paint::Screen;
use wiresift_extract::SiteRules;

fn now() -> DateTime<Utc> {
    "2026-11-22T00:00:00Z".parse().unwrap()
}

#[test]
fn the_command_keeps_the_order_and_survives_a_bad_file() {
    let folder = tempfile::tempdir().unwrap();
    let page = |title: &str| {
        format!(
            "<title>{title}</title><h1>{title}</h1><p>One long enough paragraph about {title}, with a sentence end. And a second sentence.</p>"
        )
    };
    let mut inputs = Vec::new();
    for number in 0..40 {
        let path = folder.path().join(format!("{number}.html.gz"));
        let mut gzip = flate2::write::GzEncoder::new(
            std::fs::File::create(&path).unwrap(),
            flate2::Compression::fast(),
        );
        std::io::Write::write_all(&mut gzip, page(&format!("Page number {number}")).as_bytes())
            .unwrap();
        gzip.finish().unwrap();
        inputs.push(path.display().to_string());
    }
    inputs.insert(20, folder.path().join("missing.html").display().to_string());
    inputs.push("https://observer.example/x".into());
    let args = ExtractArgs {
        inputs,
        format: Format::Json,
        text: false,
        embeds: EmbedsChoice::Drop,
        url: None,
        site_memory: false,
        explain: false,
        manifest: None,
        training: TrainingArgs::default(),
    };
    let rules = SiteRules::default();
    let reading = Reading { rules: &rules, now: now(), screen: Screen::PLAIN };
    let fetch = |url: &Url| Ok((page("Fetched page").into_bytes(), None, url.clone()));
    let mut out = Vec::new();
    assert!(!run(&args, &reading, &mut out, &fetch).unwrap(), "a missing file is a failure");
    let lines: Vec<serde_json::Value> = String::from_utf8(out)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let titles: Vec<&str> = lines.iter().map(|line| line["title"].as_str().unwrap()).collect();
    let mut wanted: Vec<String> = (0..40).map(|n| format!("Page number {n}")).collect();
    wanted.push("Fetched page".into());
    assert_eq!(titles, wanted);
    assert_eq!(lines[40]["url"], "https://observer.example/x");
}

/// An appeal without a class name, between paragraphs, is on all pages of a site.
#[test]
fn a_folder_of_pages_teaches_what_its_site_repeats() {
    const APPEAL: &str =
        "Our newsroom depends on readers like you. Become a supporter and help us to go on.";
    let folder = tempfile::tempdir().unwrap();
    let mut manifest = String::new();
    let towns = ["Ashford", "Brixham", "Corwen", "Dunster", "Elland"];
    for (number, town) in towns.iter().enumerate() {
        let paragraph = |what: &str| {
            format!(
                "<p>The council of {town} has decided to {what} the old bridge of {town}, which was built long ago.</p>"
            )
        };
        let page = format!(
            "<title>Bridge of {town}</title><h1>Bridge of {town}</h1>{}{}<p>{APPEAL}</p>{}",
            paragraph("repair"),
            paragraph("paint"),
            paragraph("reopen")
        );
        std::fs::write(folder.path().join(format!("{town}.html")), page).unwrap();
        // The last page is of another site.
        let host = if number == 4 { "other.example" } else { "paper.example" };
        let url = format!("https://{host}/{town}");
        let line = serde_json::json!({"path": format!("{town}.html"), "url": url});
        manifest.push_str(&line.to_string());
        manifest.push('\n');
    }
    let list = folder.path().join("pages.jsonl");
    std::fs::write(&list, manifest).unwrap();
    let output = |site_memory: bool, explain: bool| {
        let args = ExtractArgs {
            inputs: Vec::new(),
            format: Format::Text,
            text: false,
            embeds: EmbedsChoice::Drop,
            url: None,
            site_memory,
            explain,
            manifest: Some(list.clone()),
            training: TrainingArgs::default(),
        };
        let rules = SiteRules::default();
        let reading = Reading { rules: &rules, now: now(), screen: Screen::PLAIN };
        let mut out = Vec::new();
        assert!(run(&args, &reading, &mut out, &|_| unreachable!()).unwrap());
        String::from_utf8(out).unwrap()
    };
    assert_eq!(output(false, false).matches(APPEAL).count(), 5);
    let learned = output(true, false);
    assert_eq!(learned.matches(APPEAL).count(), 1, "the site with one page keeps it");
    assert_eq!(learned.matches("has decided to reopen").count(), 5);
    let explained = output(true, true);
    assert_eq!(explained.matches("memory: seen on 4 of 4 articles").count(), 4, "{explained}");
}
