//! Keywords and sections, as the page writes them, each once.

use crate::extract::metadata::head::Head;
use crate::extract::metadata::html_text;

/// Most tags that are kept, and the longest, in characters.
const TAGS: usize = 40;
const TAG_CHARS: usize = 80;

/// The article's tags.
pub(crate) fn tags(head: &Head) -> Vec<String> {
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
    found
}
