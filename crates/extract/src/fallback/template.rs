//! The article in a template: markup that a script copies into the page.
//!
//! `<script type="text/template">` and similar elements hold HTML that is not shown until a script
//! copies it. Without scripts such blogs show only their boilerplate.

use crate::fallback::scripts::{Script, scripts};

/// Media types of scripts that hold markup.
const TYPES: [&str; 4] = ["text/template", "text/x-template", "text/html", "text/x-handlebars"];

/// Fewest paragraphs or line breaks of an article.
const BREAKS: usize = 3;

/// Most placeholders. Templates of comment forms and galleries are full of them; an article has
/// none.
const PLACES: usize = 3;

/// The longest template with prose.
pub(crate) fn article(source: &str) -> Option<&str> {
    let found = scripts(source).filter(is_template).map(|script| script.text).filter(|text| {
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
    }
}
