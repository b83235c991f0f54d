//! What may be done with it? Robots directives, reservations against machine use, the licence, the paywall.

use crate::extract::metadata::head::Head;
use crate::news::article::Rights;

/// The page's statements about its use.
pub(crate) fn rights(head: &Head) -> Rights {
    let mut robots: Vec<String> = Vec::new();
    for name in ["robots", "googlebot", "googlebot-news"] {
        for directive in head.metas_of(name).flat_map(|value| value.split(',')) {
            let directive = directive.trim().to_ascii_lowercase();
            if !directive.is_empty() && !robots.contains(&directive) && robots.len() < 32 {
                robots.push(directive);
            }
        }
    }
    // Text and data mining reservation protocol (W3C community group report, 2022): 1 reserves.
    let reserved = head.meta_of(&["tdm-reservation"]) == Some("1");
    let no_ai = reserved || robots.iter().any(|d| d == "noai" || d == "noimageai");
    let statement = &head.facts.article;
    let tier = head.meta_of(&["article:content_tier", "og:article:content_tier"]);
    let tier_locked = tier.is_some_and(|tier| matches!(tier, "locked" | "metered"));
    let licence = head
        .links_of("license")
        .next()
        .or(statement.licence.as_deref())
        .or_else(|| head.meta_of(&["dc.rights", "dcterms.license", "license"]))
        .map(str::to_owned);
    Rights {
        robots,
        no_ai,
        paywalled: statement.is_free == Some(false) || tier_locked,
        excerpt: false,
        licence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Limits;
    use crate::extract::tree::Tree;

    #[test]
    fn statements_are_read() {
        let page = r#"<meta name="robots" content="Index, NOAI"><link rel=license href="https://example.org/l">
            <script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":"False"}</script>"#;
        let found = rights(&Head::of(&Tree::parse(page, &Limits::default())));
        assert_eq!(found.robots, ["index", "noai"]);
        assert!(found.no_ai && found.paywalled);
        assert_eq!(found.licence.as_deref(), Some("https://example.org/l"));
        assert_eq!(rights(&Head::default()), Rights::default());
    }
}
