//! An article's metadata for people: one line per value, with its source and confidence.

use std::fmt::Write as _;

use wiresift_extract::article::{Article, Dated};
use wiresift_extract::provenance::Evidence;
use wiresift_extract::rights::Rights;

pub(crate) fn lines(article: &Article) -> String {
    let from = &article.provenance;
    let date =
        |dated: Option<Dated>| dated.map(|dated| dated.local().to_string()).unwrap_or_default();
    let url = |url: &Option<url::Url>| url.as_ref().map(url::Url::to_string).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut language = text(&article.language);
    if let Some(declared) =
        article.declared_language.as_ref().filter(|tag| Some(*tag) != article.language.as_ref())
    {
        let _ = write!(language, ", declared {declared}");
    }
    let mut out = String::new();
    for (name, value, evidence) in [
        ("title", article.title.clone(), from.title),
        ("byline", article.byline.join(", "), from.byline),
        ("agency", article.agency.join(", "), from.byline),
        ("published", date(article.published), from.published),
        ("modified", date(article.modified), from.modified),
        ("language", language, from.language),
        ("section", text(&article.section), from.section),
        ("tags", article.tags.join(", "), from.tags),
        ("site", text(&article.site_name), from.site_name),
        ("image", url(&article.image), from.image),
        ("canonical", url(&article.canonical), from.canonical),
        ("rights", rights(&article.rights), None),
    ] {
        // Few articles name an organisation.
        if name == "agency" && value.is_empty() {
            continue;
        }
        let value = if value.is_empty() { "unknown" } else { &value };
        let _ = writeln!(out, "  {name:<10} {value}{}", source(evidence));
    }
    out
}

fn source(evidence: Option<Evidence>) -> String {
    let Some(Evidence { source, confidence }) = evidence else { return String::new() };
    format!(" ({}, {confidence:.2})", source.as_str())
}

/// What the page says about the use of its text.
fn rights(rights: &Rights) -> String {
    let mut said = rights.robots.clone();
    said.extend(rights.tdm_reserved.map(|is_reserved| format!("TDM reserved: {is_reserved}")));
    said.extend(rights.tdm_policy.as_ref().map(|policy| format!("TDM policy: {policy}")));
    said.extend(rights.licence.as_ref().map(|licence| format!("licence: {licence}")));
    said.extend(rights.paywall_evidence.iter().map(|why| format!("paywall: {why}")));
    if said.is_empty() { "nothing said".to_owned() } else { said.join("; ") }
}
