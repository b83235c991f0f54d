//! The article in a template: markup that a script of the page would put in its place.
//!
//! `<script type="text/template">` and its relatives hold HTML that no browser shows until a script has copied it
//! into the page. Blogs built so show readers without scripts nothing but their furniture.

use crate::fallback::scripts::{Script, scripts};

/// Media types of scripts that hold markup.
const TYPES: [&str; 4] = ["text/template", "text/x-template", "text/html", "text/x-handlebars"];

/// Fewest paragraphs or breaks of an article.
const BREAKS: usize = 3;

/// Templates of comment forms and galleries are full of places to fill in; an article has none.
const PLACES: usize = 3;

/// The longest template that holds prose.
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
    fn markup_counts_and_forms_do_not() {
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
