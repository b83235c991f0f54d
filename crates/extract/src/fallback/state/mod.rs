//! The article in the data that a page carries for its own scripts.
//!
//! Pages that are built in the browser carry their data as JSON, in a script of its own or after an
//! assignment (`window.STATE = {…}`). Each framework uses its own names, so names are ignored. The
//! article is the innermost object that has prose and a title equal to one of the page's or the
//! feed's; of its texts, those under the key path with the most prose are taken.
//!
//! Bounds: bytes of scripts ([`super::scripts`]), positions in each script where JSON is tried,
//! values visited. The parser refuses JSON deeper than 128, so recursion is bounded.

mod literal;
mod references;
mod values;

use std::collections::HashMap;

use serde_json::Value;
use wiresift_text::sentences::ends_sentence;
use wiresift_text::shingles::likeness;

use crate::fallback::scripts::{all, scripts};
use crate::feature::text::TextMeasure;
use crate::metadata::html_text;

/// Most values that are visited.
const VISITS: usize = 1_000_000;

/// From this similarity on, two titles are the same (Jaccard).
const SAME_TITLE: f32 = 0.6;

/// Longest text that may be a title, in bytes.
const TITLE_BYTES: usize = 400;

/// Least words of a text that counts, then least weight and least sentences of an article's prose.
const WORDS: f32 = 3.0;
const PROSE: f32 = 400.0;
const SENTENCES: f32 = 3.0;

/// The article as HTML, if the page's scripts carry it under one of these titles.
pub(crate) fn article(source: &str, titles: &[String]) -> Option<String> {
    let mut search = Search { titles, visits: 0 };
    let mut best: Option<Prose> = None;
    for script in scripts(source).filter(|script| !script.says("ld+json")) {
        for value in values::values(&script) {
            best = heavier(best, search.find(&value));
        }
    }
    if let Some(rows) = references::flight(all(source)) {
        best = heavier(best, search.find(&rows));
    }
    best.map(|prose| prose.html())
}

fn heavier(one: Option<Prose>, other: Option<Prose>) -> Option<Prose> {
    let weight = |prose: &Option<Prose>| prose.as_ref().map(|prose| prose.weight);
    if weight(&other) > weight(&one) { other } else { one }
}

struct Search<'a> {
    titles: &'a [String],
    visits: usize,
}

/// The texts of one object that belong together.
#[derive(Debug)]
struct Prose {
    weight: f32,
    texts: Vec<String>,
}

impl Search<'_> {
    /// The heaviest prose of the innermost object with a matching title.
    fn find(&mut self, value: &Value) -> Option<Prose> {
        self.visits += 1;
        if self.visits > VISITS {
            return None;
        }
        let inner: Vec<&Value> = match value {
            Value::Array(values) => values.iter().collect(),
            Value::Object(object) => object.values().collect(),
            _ => return None,
        };
        let found = inner.into_iter().filter_map(|value| self.find(value));
        let best = found.max_by(|one, other| one.weight.total_cmp(&other.weight));
        match best {
            None if self.has_title(value) => self.collect(value),
            best => best,
        }
    }

    /// Whether the object has a matching title, itself or one level below.
    fn has_title(&mut self, value: &Value) -> bool {
        let Value::Object(object) = value else { return false };
        let inner = object.values().flat_map(|value| match value {
            Value::Array(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        });
        let below = inner.filter_map(Value::as_object).flat_map(|inner| inner.values());
        let texts = object.values().chain(below).take(500).filter_map(Value::as_str);
        let mut short = texts.filter(|text| (4..=TITLE_BYTES).contains(&text.len()));
        short.any(|text| {
            self.visits += 1;
            self.titles.iter().any(|title| likeness(title, text) >= SAME_TITLE)
        })
    }

    fn collect(&mut self, value: &Value) -> Option<Prose> {
        let mut leaves = Leaves::default();
        self.gather(value, &mut String::new(), &mut leaves);
        let is_prose = |(_, (weight, sentences)): &(&String, &(f32, f32))| {
            *weight >= PROSE && *sentences >= SENTENCES
        };
        let paths = leaves.weights.iter().filter(is_prose);
        let (path, (weight, _)) = paths.max_by(|one, other| one.1.0.total_cmp(&other.1.0))?;
        let texts =
            leaves.texts.iter().filter(|(own, _)| own == path).map(|(_, text)| (*text).to_owned());
        Some(Prose { weight: *weight, texts: texts.collect() })
    }

    /// All texts below a value, each with its key path. A repeated key counts once, so that the
    /// text of a link gets the path of its paragraph.
    fn gather<'v>(&mut self, value: &'v Value, path: &mut String, leaves: &mut Leaves<'v>) {
        self.visits += 1;
        if self.visits > VISITS {
            return;
        }
        match value {
            Value::String(text) => leaves.push(path, text),
            Value::Array(values) => {
                for value in values {
                    self.gather(value, path, leaves);
                }
            }
            Value::Object(object) => {
                for (key, value) in object {
                    let before = path.len();
                    let is_again = path.rsplit('/').next() == Some(key.as_str());
                    if !is_again {
                        path.push('/');
                        path.push_str(key);
                    }
                    self.gather(value, path, leaves);
                    path.truncate(before);
                }
            }
            _ => {}
        }
    }
}

/// Texts with their key paths, and the prose of each path.
#[derive(Debug, Default)]
struct Leaves<'v> {
    texts: Vec<(String, &'v str)>,
    /// Weight and sentences of each path.
    weights: HashMap<String, (f32, f32)>,
}

impl<'v> Leaves<'v> {
    fn push(&mut self, path: &str, text: &'v str) {
        if text.starts_with("http") && !text.contains(' ') {
            return;
        }
        let measure = TextMeasure::of(&html_text(text));
        if measure.tokens >= WORDS {
            let (weight, sentences) = self.weights.entry(path.to_owned()).or_default();
            *weight += measure.weight;
            *sentences += measure.sentences;
        }
        self.texts.push((path.to_owned(), text));
    }
}

impl Prose {
    /// Texts as paragraphs. Runs of one paragraph, split by style, are joined.
    fn html(&self) -> String {
        let mut out = String::new();
        let mut open = false;
        for text in &self.texts {
            let is_html = text.contains("</") || text.contains("<br");
            let first = text.chars().next().unwrap_or(' ');
            let goes_on =
                open && (first.is_whitespace() || first.is_lowercase() || ",.;:".contains(first));
            if !goes_on && !out.is_empty() {
                out.push_str("</p>");
            }
            if is_html {
                out.push_str(text);
            } else {
                if !goes_on {
                    out.push_str("<p>");
                }
                out.push_str(
                    &text.replace('&', "&amp;").replace('<', "&lt;").replace('\n', "</p><p>"),
                );
            }
            open = !is_html && !text.trim_end().ends_with(['”', '"']) && !ends_sentence(text)
                || text.ends_with(' ');
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use crate::tree::Tree;

    const LINES: [&str; 6] = [
        "The last ferry of the winter left the harbour at noon on Sunday with four passengers on board.",
        "Nobody had told them that the crossing would take five hours, or that there would be no tea.",
        "The company says that the timetable was printed before the engine failed and cannot be changed.",
        "“We knew in August,” said a deckhand who has worked on the line for twenty-two years.",
        "A replacement vessel is on its way from the yard and may arrive before the end of the month.",
        "Until then the mail goes by fishing boat, and everything else waits on the quay under a sheet.",
    ];

    fn found(script: &str) -> Option<String> {
        let html = article(
            script,
            &[
                "Last ferry of winter leaves late | Harbour Post".to_owned(),
                "Last ferry of winter leaves late".to_owned(),
            ],
        )?;
        let tree = Tree::parse(&html, &Limits::default());
        let blocks = crate::block::Blocks::of(&tree, &Limits::default());
        Some(blocks.blocks.iter().map(|b| blocks.text(b)).collect::<Vec<_>>().join("|"))
    }

    fn title() -> &'static str {
        "Last ferry of winter leaves late"
    }

    #[test]
    fn html_in_one_string_of_a_data_script() {
        let html: String = LINES.iter().map(|line| format!("<p>{line}</p>")).collect();
        let other: String =
            LINES.iter().rev().map(|line| format!("<p>{line} Not ours.</p>")).collect();
        let state = serde_json::json!({"props": {"pageProps": {
            "related": [{"title": "Cats win prize", "body": other}],
            "article": {"seo": {"title": title()}, "slug": "last-ferry", "content": html}}}});
        let page = format!("<script id=data type=application/json>{state}</script>")
            .replace("</p", "<\\/p");
        assert_eq!(found(&page).unwrap(), LINES.join("|"));
    }

    #[test]
    fn elements_after_an_assignment() {
        let mut elements: Vec<Value> =
            LINES.iter().map(|line| serde_json::json!({"type": "text", "content": line})).collect();
        elements.insert(2, serde_json::json!({"type": "image", "caption": "A ferry, seen from the pier last year by one of our readers. Photo: A. B.", "url": "https://example.org/a.jpg"}));
        let state =
            serde_json::json!({"headlines": {"basic": title()}, "content_elements": elements});
        let page = format!(
            "<script>var a=function(){{return 1}};window.App=window.App||{{}};App.content={state};App.done=true;</script>"
        );
        assert_eq!(found(&page).unwrap(), LINES.join("|"));
    }

    #[test]
    fn a_tree_of_rich_text_in_a_string() {
        let paragraphs: Vec<Value> = LINES
            .iter()
            .map(|line| {
                let (start, rest) = line.split_at(20);
                let (link, end) = rest.split_at(10);
                serde_json::json!({"type": "paragraph", "children": [
                    {"text": start}, {"type": "link", "children": [{"text": link}]}, {"text": end}]})
            })
            .collect();
        let state =
            serde_json::json!({"Article:7": {"headline": title(), "document": {"children": paragraphs}}})
                .to_string();
        let page = format!(
            "<script>window.__STATE__ = JSON.parse({});</script>",
            serde_json::Value::String(state)
        );
        let text = found(&page).unwrap();
        assert!(text.contains("deckhand who has worked"), "{text}");
        assert_eq!(text.replace('|', " ").len(), LINES.join(" ").len(), "{text}");
    }

    #[test]
    fn rows_of_elements_as_next_writes_them() {
        let children: Vec<Value> = LINES
            .iter()
            .map(|line| serde_json::json!(["$", "p", null, {"children": line}]))
            .collect();
        let story = serde_json::json!(["$", "article", null, {"children": [
            ["$", "h1", null, {"children": title()}], "$L6"]}]);
        let stream = format!("5:{story}\n6:{}\n", Value::from(children));
        let (one, two) = stream.split_at(stream.len() / 2);
        let push =
            |part: &str| format!("<script>self.__next_f.push([1,{}])</script>", Value::from(part));
        assert_eq!(found(&(push(one) + &push(two))).unwrap(), LINES.join("|"));
    }

    #[test]
    fn a_function_that_is_called_with_the_texts() {
        let html: String = LINES.iter().map(|line| format!("<p>{line}</p>")).collect();
        let page = format!(
            "<script>window.__STATE__=(function(a,b){{return {{story:{{id:7,title:a,body:b}}}}}}({},{}));</script>",
            Value::from(title()),
            Value::from(html)
        )
        .replace("</p", "<\\u002Fp");
        assert_eq!(found(&page).unwrap(), LINES.join("|"));
    }

    #[test]
    fn a_store_whose_paragraphs_are_references() {
        let mut store = serde_json::json!({"Story:7": {"headline": title(), "parts":
            (0..LINES.len()).map(|at| serde_json::json!({"__ref": format!("Part:{at}")})).collect::<Vec<_>>()}});
        for (at, line) in LINES.iter().enumerate() {
            store[format!("Part:{at}")] = serde_json::json!({"text": line});
        }
        assert_eq!(
            found(&format!("<script>window.STORE={store};</script>")).unwrap(),
            LINES.join("|")
        );
    }

    #[test]
    fn data_without_the_title_is_ignored() {
        let state =
            serde_json::json!({"title": "Cats win prize", "body": LINES.join(" ").repeat(3)});
        assert_eq!(found(&format!("<script>x={state}</script>")), None);
    }

    #[test]
    fn hostile_scripts_end() {
        assert_eq!(found(&format!("<script>x={}</script>", "[".repeat(200_000))), None);
        assert_eq!(found(&format!("<script>{}</script>", "=[\"".repeat(200_000))), None);
        assert_eq!(found(&format!("<script>{}</script>", "({\"a\":".repeat(100_000))), None);
        let wide =
            format!("{{\"title\":\"{}\",\"a\":[{}0]}}", title(), "{\"b\":\"c\"},".repeat(100_000));
        assert_eq!(found(&format!("<script>x={wide}</script>")), None);
    }
}
