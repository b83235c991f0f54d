//! Keywords and sections, as the page writes them, each once.

use crate::metadata::area::Area;
use crate::metadata::head::Head;
use crate::metadata::html_text;
use crate::provenance::{Evidence, Source};
use crate::tree::Tree;

/// Most tags; below, the longest, in characters.
const TAGS: usize = 40;
const TAG_CHARS: usize = 80;

/// The article's tags.
pub(crate) fn tags(
    head: &Head,
    tree: &Tree,
    area: Option<&Area<'_>>,
) -> (Vec<String>, Option<Evidence>) {
    let mut found: Vec<String> = Vec::new();
    let mut add = |text: &str| {
        let tag = html_text(text);
        let is_new = !found.iter().any(|known| known.eq_ignore_ascii_case(&tag));
        if !tag.is_empty() && tag.chars().count() <= TAG_CHARS && is_new && found.len() < TAGS {
            found.push(tag);
        }
    };
    for name in ["article:tag", "article:section"] {
        head.metas_of(name).for_each(&mut add);
    }
    head.facts.article.tags.iter().for_each(|tag| add(tag));
    for name in ["news_keywords", "keywords", "parsely-tags", "sailthru.tags"] {
        head.metas_of(name).flat_map(|value| value.split([',', ';'])).for_each(&mut add);
    }
    let mut source = if head.facts.article.tags.is_empty() { Source::Meta } else { Source::JsonLd };
    if found.is_empty()
        && let Some(area) = area
    {
        source = Source::Markup;
        let near = head.tags.iter().filter(|id| area.place_of(tree, **id).is_some());
        let mut add = |text: &str| {
            let tag = html_text(text);
            let is_new = !found.iter().any(|known| known.eq_ignore_ascii_case(&tag));
            if !tag.is_empty() && tag.chars().count() <= TAG_CHARS && is_new && found.len() < TAGS {
                found.push(tag);
            }
        };
        near.for_each(|id| add(tree.text(*id, TAG_CHARS * 4).trim_start_matches('#')));
    }
    let evidence = (!found.is_empty()).then(|| Evidence::new(source, 0.8));
    (found, evidence)
}

/// The section, from `article:section` or `articleSection`.
pub(crate) fn section(head: &Head) -> Option<(String, Evidence)> {
    let stated = [
        (head.meta_of(&["article:section"]), Source::OpenGraph),
        (head.facts.article.section.as_deref(), Source::JsonLd),
        (head.meta_of(&["section", "parsely-section", "dc.subject"]), Source::Meta),
    ];
    stated.into_iter().find_map(|(section, source)| {
        let section = html_text(section?);
        let is_name =
            !section.is_empty() && section.chars().count() <= TAG_CHARS && !section.contains("://");
        is_name.then(|| (section, Evidence::new(source, 0.85)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn the_section_has_its_source() {
        let graph = "<meta property=article:section content='Coast &amp; sea'>";
        let json = r#"<script type="application/ld+json">{"@type":"NewsArticle","articleSection":["Weather"]}</script>"#;
        for (page, wanted) in [
            (format!("{graph}{json}"), Some(("Coast & sea", Source::OpenGraph))),
            (json.to_owned(), Some(("Weather", Source::JsonLd))),
            ("<meta name=section content=https://example.org/weather>".to_owned(), None),
        ] {
            let found = section(&Head::of(&Tree::parse(&page, &Limits::default()), None));
            let found =
                found.as_ref().map(|(section, evidence)| (section.as_str(), evidence.source));
            assert_eq!(found, wanted);
        }
    }
}
