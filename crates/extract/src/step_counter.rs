//! Counts steps of work, so that a test can prove that extraction is linear in the page.
//!
//! Code that could visit the same text or the same elements again and again reports its steps here:
//! walks over the tree, climbs to container elements, searches for an end tag. Outside tests
//! nothing is counted.

#[cfg(not(test))]
pub(crate) fn add(_steps: usize) {}

#[cfg(test)]
pub(crate) use counted::add;

#[cfg(test)]
mod counted {
    use std::cell::Cell;

    use crate::{Hints, Limits, Model, Page, extract};

    thread_local! {
        static STEPS: Cell<usize> = const { Cell::new(0) };
    }

    pub(crate) fn add(steps: usize) {
        STEPS.set(STEPS.get() + steps);
    }

    /// Makes a page with so many repetitions of a construct.
    type Shape<'a> = Box<dyn Fn(usize) -> String + 'a>;

    /// Steps of one extraction.
    fn steps(page: &str) -> usize {
        let page = Page { bytes: page.as_bytes(), url: None, content_type: None };
        STEPS.set(0);
        let found = extract(
            Model::embedded().unwrap(),
            &page,
            &Hints::default(),
            chrono::DateTime::UNIX_EPOCH,
            &Limits::default(),
        );
        assert!(found.blocks.len() <= Limits::default().max_blocks);
        STEPS.get()
    }

    /// A page with its article only in JSON-LD.
    fn article(inside: &str) -> String {
        let json = format!("{{\"@type\":\"NewsArticle\",{inside}}}");
        format!("<script type=application/ld+json>{json}</script><p>text")
    }

    /// Twice the page takes at most about twice the steps. The pages are large enough to reach the
    /// deepest level and to fill every list; below that the work may grow faster.
    #[test]
    fn work_is_linear_in_the_page() {
        const MANY: usize = 1_200;
        let in_json = |key: &'static str, unit: &'static str| {
            move |many: usize| article(&format!("\"{key}\":\"{}\"", unit.repeat(many)))
        };
        let plain = |unit: &'static str| move |many: usize| unit.repeat(many);
        let around = |start: &'static str, unit: &'static str| {
            move |many: usize| start.to_owned() + &unit.repeat(many)
        };
        let half =
            |a: &'static str, b: &'static str| move |many: usize| a.repeat(many) + &b.repeat(many);
        let shapes: Vec<(&str, Shape<'_>)> = vec![
            (
                "paragraphs",
                Box::new(plain("<p>The river rose by a metre, and the road was closed.</p>")),
            ),
            ("deep", Box::new(plain("<div>in"))),
            ("deep and wide", Box::new(half("<div>", "<p>The river rose by a metre.</p>"))),
            ("tables", Box::new(plain("<table><tr><td>cell"))),
            ("lists", Box::new(plain("<ul><li>item <a href=/x>link</a>"))),
            ("related boxes", Box::new(plain("<div><h2>Related articles</h2><p>Another one.</p>"))),
            (
                "headlines",
                Box::new(plain(
                    "<h1 class=a>The river has risen again</h1><p>It rained for days, they said.</p>",
                )),
            ),
            ("open formats", Box::new(plain("<b><i><font size=1><p>bold"))),
            ("open anchors", Box::new(plain("<a href=/x><div>link"))),
            ("stamps", Box::new(half("<time>", "<i></i>"))),
            ("authors", Box::new(half("<b itemprop=author>", "<i></i>"))),
            ("angles", Box::new(plain("<"))),
            ("slashes", Box::new(plain("</"))),
            ("declarations", Box::new(plain("<!"))),
            ("open comments", Box::new(plain("<!--"))),
            ("open data", Box::new(plain("<svg><![CDATA["))),
            ("open quotes", Box::new(plain("<p class=\""))),
            ("attributes", Box::new(around("<p", " a=b c"))),
            ("false ends", Box::new(around("<script>", "</scrip"))),
            ("ends in comments", Box::new(around("<script><!--<script>", "</script a"))),
            ("titles", Box::new(plain("<title>a title"))),
            ("references in values", Box::new(in_json("articleBody", "&"))),
            ("tags in values", Box::new(in_json("articleBody", "<b"))),
            (
                "long headline",
                Box::new(|many| {
                    article(&format!("\"headline\":\"{}\"", "a ".repeat(many)))
                        + "<h1>"
                        + &"a ".repeat(many / 2)
                        + "b</h1>"
                }),
            ),
            ("open objects", Box::new(|many| article(&"\"mainEntity\":{".repeat(many)))),
            ("statements", Box::new(|many| article("\"author\":\"A B\"").repeat(many))),
        ];
        for (name, page) in shapes {
            let (once, twice) = (steps(&page(MANY)), steps(&page(2 * MANY)));
            assert!(
                twice <= once * 5 / 2 + 2_000,
                "{name}: {once} steps, {twice} for twice as much"
            );
        }
    }
}
