//! Statements about use: robots directives, reservations against machine use, licence, paywall.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::metadata::class::parts;
use crate::metadata::head::Head;
use crate::rights::Rights;

/// Parts of class names and ids of paywalls and their vendors, as one automaton, because every
/// element is checked.
pub(crate) const WALL_NAMES: [&str; 14] = [
    "paywall",
    "pay-wall",
    "regwall",
    "subscriber-only",
    "subscribers-only",
    "metered-content",
    "premium-wall",
    "piano-offer",
    "tp-container",
    "leaky-paywall",
    "poool",
    "pelcro",
    "zephr",
    "evolok",
];

pub(crate) static WALLS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| parts(WALL_NAMES));

/// A text shorter than this may be the beginning of a longer one, in bytes.
const CUT_BYTES: usize = 1_500;

/// The page's statements about its use, and whether `body` looks cut by a paywall.
pub(crate) fn rights(head: &Head, body: &str) -> Rights {
    let mut rights = Rights::default();
    for name in ["robots", "googlebot", "googlebot-news"] {
        head.metas_of(name).for_each(|list| rights.add_robots(list));
    }
    rights.add_tdm(head.meta_of(&["tdm-reservation"]), head.meta_of(&["tdm-policy"]));
    let statement = &head.facts.article;
    rights.licence = head
        .links_of("license")
        .next()
        .or(statement.licence.as_deref())
        .or_else(|| head.meta_of(&["dc.rights", "dcterms.license", "dcterms.rights", "license"]))
        .map(str::to_owned);
    if statement.is_free == Some(false) {
        rights.add_paywall("isAccessibleForFree: false".to_owned());
    }
    let tier = head.meta_of(&["article:content_tier", "og:article:content_tier"]);
    if let Some(tier) = tier.filter(|tier| matches!(*tier, "locked" | "metered")) {
        rights.add_paywall(format!("content_tier: {tier}"));
    }
    // Many sites have the paywall's markup on free articles too, so it counts only if text is
    // missing.
    if let Some(wall) = head.wall.as_deref().filter(|_| statement.is_free.is_none() && is_cut(body))
    {
        rights.add_paywall(format!("class {wall}, and the text is cut"));
    }
    rights
}

/// Whether a text ends in an ellipsis, or early.
fn is_cut(body: &str) -> bool {
    let end = body.trim_end_matches([' ', '\n', ']', ')', '»', '→']);
    body.len() < CUT_BYTES || end.ends_with("...") || end.ends_with('…')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use crate::tree::Tree;

    fn read(page: &str, body: &str) -> Rights {
        rights(&Head::of(&Tree::parse(page, &Limits::default()), None), body)
    }

    #[test]
    fn statements_are_read() {
        let page = r#"<meta name="robots" content="Index, NOAI"><link rel=license href="https://example.org/l">
            <meta name="tdm-reservation" content="1"><meta name="tdm-policy" content="https://example.org/p">
            <script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":"False"}</script>"#;
        let found = read(page, "");
        assert_eq!(found.robots, ["index", "noai"]);
        assert!(found.no_ai && found.paywalled);
        assert_eq!(found.tdm_reserved, Some(true));
        assert_eq!(found.tdm_policy.as_deref(), Some("https://example.org/p"));
        assert_eq!(found.licence.as_deref(), Some("https://example.org/l"));
        assert_eq!(rights(&Head::default(), ""), Rights::default());
    }

    #[test]
    fn a_paywall_needs_evidence() {
        let json = |facts: &str| {
            format!(
                r#"<script type="application/ld+json">{{"@type":"NewsArticle",{facts}}}</script>"#
            )
        };
        let wall = "<div class='article-paywall'>Subscribe</div>";
        let long = "All of the text is here. ".repeat(100);
        for (page, body, evidence) in [
            (json(r#""isAccessibleForFree":false"#), "", Some("isAccessibleForFree: false")),
            (
                json(r#""hasPart":{"@type":"WebPageElement","isAccessibleForFree":"False"}"#),
                "",
                Some("isAccessibleForFree: false"),
            ),
            (
                "<meta property=article:content_tier content=metered>".into(),
                "",
                Some("content_tier: metered"),
            ),
            (wall.into(), "The beginning of", Some("class article-paywall, and the text is cut")),
            // The paywall's markup with all of the text, or with the statement that it is free.
            (wall.into(), &long, None),
            (json(r#""isAccessibleForFree":true"#) + wall, "Short.", None),
            ("<meta property=article:content_tier content=free>".into(), "", None),
        ] {
            let found = read(&page, body);
            assert_eq!(found.paywall_evidence.first().map(String::as_str), evidence, "{page}");
            assert_eq!(found.paywalled, evidence.is_some());
        }
    }
}
