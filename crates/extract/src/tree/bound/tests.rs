use foldhash::HashMap;
use proptest::prelude::*;

use super::KEPT;
use crate::Limits;
use crate::tree::{Element, Node, NodeId, Step, Tree, attribute};

fn parsed(page: &str) -> Tree {
    Tree::parse(page, &Limits::default())
}

fn all_text(tree: &Tree) -> String {
    tree.text(Tree::root(), 10_000)
}

fn count(tree: &Tree, name: &str) -> usize {
    tree.nodes().filter(|(_, node)| node.as_element().is_some_and(|e| e.name() == name)).count()
}

fn depth_of(tree: &Tree) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for step in tree.walk(Tree::root()) {
        match step {
            Step::Enter(_) => depth += 1,
            Step::Leave(_) => depth -= 1,
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn most_attributes(tree: &Tree) -> usize {
    tree.nodes().filter_map(|(_, node)| Some(node.as_element()?.attrs.len())).max().unwrap_or(0)
}

fn numbered(many: usize, part: impl Fn(usize) -> String) -> String {
    (0..many).map(part).collect()
}

#[test]
fn text_below_the_deepest_level_is_kept() {
    let page = format!("{}deep{}<p>after", "<div>".repeat(100_000), "</div>".repeat(100_000));
    let tree = parsed(&page);
    assert!(depth_of(&tree) <= Limits::default().max_depth + 8);
    assert_eq!(all_text(&tree), "deepafter");
    // The paragraph after the deep part is at the top again.
    let p = tree.nodes().find(|(_, node)| node.as_element().is_some_and(|e| e.name() == "p"));
    let parent = p.and_then(|(id, _)| tree.parent(id)).and_then(|id| tree.element(id));
    assert_eq!(parent.map(Element::name), Some("body"));
}

#[test]
fn elements_closed_by_others_do_not_count_as_deep() {
    assert_eq!(count(&parsed(&("<ul>".to_owned() + &"<li>one".repeat(5_000))), "li"), 5_000);
}

#[test]
fn closed_elements_make_room_at_the_deepest_level() {
    // Counts that found no room must not matter for long.
    let vain = "</b><div>".repeat(10_000);
    let page = "<div>".repeat(1_000) + &vain + &"</div>".repeat(12_000) + "<p><i>x";
    assert_eq!(count(&parsed(&page), "i"), 1);
}

#[test]
fn empty_elements_of_html_are_not_empty_in_drawings() {
    for name in ["param", "style"] {
        let page = format!("<svg>{}", format!("<{name}>").repeat(5_000));
        assert!(depth_of(&parsed(&page)) <= Limits::default().max_depth + 8, "{name}");
    }
}

#[test]
fn formatting_that_is_reopened_without_end_stops_at_the_node_limit() {
    let many = numbered(400, |i| format!("<font size={i}>"));
    let tree = parsed(&(many + &"<p>x</p>".repeat(50_000)));
    assert!(tree.nodes().count() <= Limits::default().max_nodes + 2_000);
}

#[test]
fn unused_attributes_are_left_out() {
    let values = numbered(100_000, |i| format!(" a{i}=\"x > y\""));
    let tree = parsed(&format!("<p{values} CLASS=lead {values}>text</p>"));
    assert_eq!((all_text(&tree).as_str(), most_attributes(&tree)), ("text", 1));
}

#[test]
fn long_tags_are_cut_in_every_context() {
    let many = numbered(20_000, |i| format!(" a{i}"));
    let angles = numbered(20_000, |i| format!(" a{i}<b"));
    let close = "</script>";
    for start in [
        "<p",
        "<p =\"",
        "<p a=b=\"",
        "<p a/=\"",
        "<p a='x'\"",
        "</p",
        "<!--><p",
        "<!--->-<p",
        "<!--!>--!><p",
        "<!-->\"--><p",
        "<!x '><p",
        "<![CDATA[><p",
        "<svg><![CDATA[>\"]]><p",
        "<title><!--</title><p",
        "<title></title a",
        "<script><!--<script></script a=\"</script><p",
        "<script><!--<script></script>--></script a",
        "<script></p</script a3<style><p",
        "<svg><title><p",
        "<svg><style><p",
    ] {
        for many in [&many, &angles] {
            let tree = parsed(&format!("{start}{many} >text{close}"));
            assert!(most_attributes(&tree) <= KEPT.len(), "{start}");
            assert!(all_text(&tree).contains("text"), "{start}");
        }
    }
}

#[test]
fn repeated_bodies_do_not_pile_up_attributes() {
    let bodies = numbered(20_000, |i| format!("<body a{i} class=c{i}>"));
    assert_eq!(most_attributes(&parsed(&bodies)), 1);
}

#[test]
fn an_attribute_left_out_does_not_close_its_element() {
    let tree = parsed("<svg><g/x=1><path/></g></svg><p/x>text</p>");
    let g = tree.nodes().find(|(_, node)| node.as_element().is_some_and(|e| e.name() == "g"));
    let path = tree.nodes().find(|(_, node)| node.as_element().is_some_and(|e| e.name() == "path"));
    assert_eq!(path.and_then(|(id, _)| tree.parent(id)), g.map(|(id, _)| id));
}

#[test]
fn text_that_looks_like_a_long_tag_is_kept() {
    let words = numbered(1_000, |i| format!(" a{i}"));
    for (open, close) in [
        ("<script type=application/ld+json>if (a<b", "</script>"),
        ("<textarea>a<b", "</textarea>"),
        ("<p content=\"a<b", "\">x</p>"),
    ] {
        let tree = parsed(&format!("{open}{words}{close}<p>after"));
        let is_whole = tree.nodes().any(|(_, node)| match node {
            Node::Text(text) => text.ends_with(&words),
            Node::Element(element) => {
                attribute(element, "content").is_some_and(|value| value.ends_with(&words))
            }
            _ => false,
        });
        assert!(is_whole && all_text(&tree).ends_with("after"), "{open}");
    }
}

/// Whether the text of an element is not used.
fn is_unread(element: Option<(&str, Option<&str>)>) -> bool {
    let Some((name, kind)) = element else { return false };
    let is_json = kind.is_some_and(|kind| kind.to_ascii_lowercase().contains("ld+json"));
    ["script", "style", "noscript", "iframe"].contains(&name) && !is_json
}

/// An element with its used attributes in the order of their names.
fn said<'a>(name: &str, attributes: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut kept: Vec<_> = attributes.filter(|(name, _)| KEPT.contains(name)).collect();
    kept.sort_unstable();
    format!("{name} {kept:?}")
}

/// Every node with the number of its parent, without the unused parts.
fn read_nodes(tree: &Tree) -> Vec<String> {
    let one = |(id, node): (NodeId, &Node)| {
        let parent = tree.parent(id);
        let within = parent.and_then(|parent| tree.element(parent));
        let is_unread = is_unread(within.map(|e| (e.name(), attribute(e, "type"))));
        let said = match node {
            Node::Text(_) if is_unread => "unread".to_owned(),
            Node::Text(text) => format!("{:?}", &**text),
            Node::Comment => "comment".to_owned(),
            Node::Element(e) => said(e.name(), e.attrs()),
            Node::Doctype => "doctype".to_owned(),
            Node::Document | Node::Fragment => "root".to_owned(),
        };
        format!("{said} in {:?}", parent.map(NodeId::index))
    };
    tree.nodes().map(one).collect()
}

/// The same for a tree of scraper.
fn read_theirs(html: &scraper::Html) -> Vec<String> {
    let numbers: HashMap<_, usize> = html.tree.nodes().map(|n| n.id()).zip(0..).collect();
    let one = |node: ego_tree::NodeRef<'_, scraper::Node>| {
        let parent = node.parent();
        let within = parent.and_then(|parent| parent.value().as_element());
        let is_unread = is_unread(within.map(|e| (e.name(), e.attr("type"))));
        let said = match node.value() {
            scraper::Node::Text(_) if is_unread => "unread".to_owned(),
            scraper::Node::Text(text) => format!("{:?}", &**text),
            scraper::Node::Comment(_) => "comment".to_owned(),
            scraper::Node::Element(e) => said(e.name(), e.attrs()),
            scraper::Node::Doctype(_) => "doctype".to_owned(),
            _ => "root".to_owned(),
        };
        format!("{said} in {:?}", parent.map(|parent| numbers[&parent.id()]))
    };
    html.tree.nodes().map(one).collect()
}

/// Parts that move the tokenizer from state to state.
const BITS: [&str; 65] = [
    "<p",
    "<b",
    "</p",
    "<script",
    "</script",
    "<script>",
    "</script>",
    "<style>",
    "</style ",
    "<title>",
    "</title",
    "<textarea>",
    "<svg>",
    "</svg>",
    "<math",
    "<template>",
    "<!--",
    "-->",
    "--!>",
    "<![CDATA[",
    "]]>",
    "<!x",
    "<?",
    ">",
    "/",
    "=",
    "\"",
    "'",
    "-",
    "é",
    " class=a",
    " ID = 'b>c'",
    "href=\"d e\"",
    " title=f/",
    "/style=g",
    "<iframe>",
    "</iframe>",
    "<noscript>",
    "</noscript>",
    "<font color=1>",
    "<annotation-xml encoding=text/html>",
    "<script type=application/LD+json>",
    // What the tokenizer changes, and what goes past it.
    "&amp;",
    "&notit;",
    "&copy",
    "&copy;",
    "&#8217;",
    "&#39;",
    "&#128;",
    "&#x41;",
    "&",
    "&a=",
    ";",
    "#",
    "\r",
    "\n",
    "\0",
    "<br/>",
    "<pre>",
    "<table>",
    "<td>",
    "</table>",
    " alt='a&amp;b'",
    " src=?a=1&copy=2&b_c&reg_d&e",
    "<frameset>",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// The reader sees tags exactly where the tokenizer does: only what it leaves out is missing
    /// from the tree that scraper makes of the page.
    #[test]
    fn the_tree_equals_scrapers_without_unused_parts(bits in prop::collection::vec(0..100_usize, 0..60)) {
        let page = numbered(bits.len(), |i| {
            let bit = bits.get(i).and_then(|bit| BITS.get(*bit));
            bit.map_or_else(|| format!(" a{i}"), |bit| (*bit).to_owned())
        });
        let theirs = scraper::Html::parse_document(&page);
        prop_assert_eq!(read_nodes(&parsed(&page)), read_theirs(&theirs), "{}", page);
    }
}
