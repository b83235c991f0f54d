//! The article in markup that is not shown until a script copies it into the page, or only where
//! there are no scripts.
//!
//! `<script type="text/template">`, `template` and `noscript` hold HTML. Without them such pages
//! show only their boilerplate.

use crate::fallback::scripts::{Script, scripts, unshown};

/// Media types of scripts that hold markup.
const TYPES: [&str; 4] = ["text/template", "text/x-template", "text/html", "text/x-handlebars"];

/// Fewest paragraphs or line breaks of an article.
const BREAKS: usize = 3;

/// Most placeholders. Templates of comment forms and galleries are full of them; an article has
/// none.
const PLACES: usize = 3;

/// The longest such markup with prose.
pub(crate) fn article(source: &str) -> Option<&str> {
    let all = scripts(source).filter(is_template).chain(unshown(source));
    let found = all.map(|element| element.text).filter(|text| {
        let breaks = ["<p", "<br"].iter().map(|tag| text.matches(tag).count()).sum::<usize>();
        let places =
            ["{{", "<%", "${"].iter().map(|sign| text.matches(sign).count()).sum::<usize>();
        breaks >= BREAKS && places < PLACES
    });
    found.max_by_key(|text| text.len())
}

fn is_template(script: &Script<'_>) -> bool {
    TYPES.iter().any(|kind| script.says(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_of_articles_and_of_forms() {
        let prose = "<p>The harbour board met on Tuesday and put off its vote on the new quay once more.</p>";
        let article_text = prose.repeat(10);
        let form = format!("<div>{{{{name}}}} {{{{date}}}} {{{{text}}}}</div>{}", prose.repeat(20));
        let page = format!(
            "<script type='text/template'>{article_text}</script><script type=text/x-template>{form}</script>\
             <script>{}</script>",
            prose.repeat(30)
        );
        assert_eq!(article(&page), Some(article_text.as_str()));
        for name in ["noscript", "template"] {
            let page = format!("<p>Menu</p><{name}>{article_text}</{name}>");
            assert_eq!(article(&page), Some(article_text.as_str()), "{name}");
        }
    }
}
