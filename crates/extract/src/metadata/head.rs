//! What a page says about itself outside its text, collected once: title, `meta`, `link`, JSON-LD,
//! `time`.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use foldhash::HashMap;
use html5ever::local_name;
use url::Url;
use wiresift_text::json;

use crate::metadata::byline;
use crate::metadata::byline::mark::{self, Mark, Strength};
use crate::metadata::jsonld::{self, Facts, Witness};
use crate::metadata::rights::WALLS;
use crate::metadata::site::is_home;
use crate::tree::{Element, Node, NodeId, Tree, attribute, floor_char_boundary};
use crate::whitespace::collapse_whitespace;

/// Most entries of one kind.
const ENTRIES: usize = 500;

/// Longest value, in bytes.
const VALUE_BYTES: usize = 4_096;

/// Most `h1` headings that are compared with JSON-LD.
const HEADINGS: usize = 8;

/// Most pictures and tags, and the longest name of the publication, in bytes.
const IMAGES: usize = 60;
const TAG_LINKS: usize = 80;
const BRAND_BYTES: usize = 80;

/// Most JSON-LD, in bytes.
const JSON_BYTES: usize = 2 * 1024 * 1024;

#[derive(Debug, Clone)]
pub(crate) struct Link {
    /// Lower case, words separated by spaces.
    pub(crate) rel: String,
    pub(crate) href: String,
    /// The medium, such as `print`, in lower case.
    pub(crate) media: String,
}

/// An element with a date: `time`, microdata, or by its class.
#[derive(Debug, Clone)]
pub(crate) struct Stamp {
    pub(crate) node: NodeId,
    pub(crate) value: String,
    /// `itemprop`, `pubdate` and class words, lower case.
    pub(crate) label: String,
    /// By its element, property or attribute, not by its class.
    pub(crate) is_exact: bool,
}

/// A picture of the page.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    pub(crate) node: NodeId,
    pub(crate) src: String,
    /// Its class and id.
    pub(crate) names: String,
}

/// The page's statements about itself.
#[derive(Debug, Default)]
pub(crate) struct Head {
    /// `<title>`.
    pub(crate) title: Option<String>,
    /// Pairs of `name`, `property`, `itemprop` or `http-equiv` in lower case, and content, in the
    /// order of the page.
    pub(crate) metas: Vec<(String, String)>,
    pub(crate) links: Vec<Link>,
    /// `lang` of the root element.
    pub(crate) language: Option<String>,
    /// `href` of `base`.
    pub(crate) base: Option<String>,
    pub(crate) facts: Facts,
    pub(crate) stamps: Vec<Stamp>,
    /// Elements that may name an author, in the order of the page.
    pub(crate) authors: Vec<Mark>,
    /// Pictures with an address, in the order of the page.
    pub(crate) images: Vec<Picture>,
    /// Links with `rel=tag`.
    pub(crate) tags: Vec<NodeId>,
    /// The text of a link to the home page with which the title begins or ends.
    pub(crate) brand: Option<String>,
    /// The first `h1` headings.
    pub(super) headings: Vec<String>,
    /// The first class name or id of a known paywall.
    pub(crate) wall: Option<String>,
}

impl Head {
    /// `url` is the page's own address.
    pub(crate) fn of(tree: &Tree, url: Option<&Url>) -> Self {
        let mut head = Self::default();
        let mut names = Names::default();
        let mut json_room = JSON_BYTES;
        for (id, node) in tree.nodes() {
            let Node::Element(element) = node else { continue };
            match element.name.local {
                local_name!("html") => {
                    head.language = head.language.take().or_else(|| language(element));
                }
                local_name!("title") if head.title.is_none() => {
                    let title = collapse_whitespace(&tree.text(id, VALUE_BYTES));
                    head.title = Some(title).filter(|title| !title.is_empty());
                }
                local_name!("meta") => head.meta(tree, id, element),
                local_name!("link") => head.link(element),
                local_name!("base") if head.base.is_none() => {
                    head.base = attribute(element, "href").map(bounded);
                }
                local_name!("script") if is_json_ld(element) => {
                    let text = tree.text(id, json_room);
                    json_room = json_room.saturating_sub(text.len());
                    jsonld::read(&text, &mut head.facts);
                }
                _ => head.element(tree, id, element, &mut names),
            }
        }
        head.parsely();
        let witness = head.witness(url);
        head.facts.finish(&witness);
        head
    }

    /// What the page says outside JSON-LD about which of its objects is the article.
    fn witness(&self, url: Option<&Url>) -> Witness {
        let metas = ["og:title", "twitter:title", "dc.title", "title"];
        let titles = metas.iter().filter_map(|name| self.metas_of(name).next());
        let titles = titles.chain(self.title.as_deref());
        let addresses = self.links_of("canonical").chain(self.metas_of("og:url")).take(2);
        Witness::new(
            titles.chain(self.headings.iter().map(String::as_str)),
            addresses.chain(url.map(Url::as_str)),
        )
    }

    /// `parsely-page` is JSON in a `meta`: its values are as good as those in `meta` of their own.
    fn parsely(&mut self) {
        let Some(page) = self.metas_of("parsely-page").next() else { return };
        let Ok(read) = json::read(page) else { return };
        let Some(page) = read.values.first().and_then(|value| value.as_object()) else { return };
        let mut found: Vec<(String, String)> = Vec::new();
        let names = [
            ("author", "parsely-author"),
            ("authors", "parsely-author"),
            ("pub_date", "parsely-pub-date"),
            ("title", "parsely-title"),
            ("section", "parsely-section"),
        ];
        for (key, name) in names {
            let values = jsonld::strings(page.get(key));
            found.extend(values.into_iter().map(|value| (name.to_owned(), bounded(&value))));
        }
        found.truncate(ENTRIES.saturating_sub(self.metas.len()));
        self.metas.extend(found);
    }

    /// The first non-empty content of the first of `names` that the page has.
    pub(crate) fn meta_of(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.metas_of(name).next())
    }

    /// All contents of a name.
    pub(crate) fn metas_of<'s, 'n>(
        &'s self,
        name: &'n str,
    ) -> impl Iterator<Item = &'s str> + use<'s, 'n> {
        self.metas.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Addresses of links with this relation.
    pub(crate) fn links_of<'s, 'n>(
        &'s self,
        rel: &'n str,
    ) -> impl Iterator<Item = &'s str> + use<'s, 'n> {
        let has = move |link: &&Link| link.rel.split(' ').any(|word| word == rel);
        self.links.iter().filter(has).map(|link| link.href.as_str())
    }

    fn meta(&mut self, tree: &Tree, id: NodeId, element: &Element) {
        let Some(content) = attribute(element, "content").map(bounded).filter(|c| !c.is_empty())
        else {
            return;
        };
        if attribute(element, "itemprop") == Some("name") && is_in_author(tree, id) {
            self.metas.push(("author:name".to_owned(), content.clone()));
        }
        // "Written by" and the author's name, as a card on Twitter shows them.
        if attribute(element, "name").is_some_and(|name| name.eq_ignore_ascii_case("twitter:data1"))
            && self.metas_of("twitter:label1").next().is_some_and(byline::says_written)
        {
            self.metas.push(("written-by".to_owned(), content.clone()));
        }
        for key in ["property", "name", "itemprop", "http-equiv"] {
            if let Some(name) = attribute(element, key)
                && self.metas.len() < ENTRIES
            {
                self.metas.push((bounded(name).to_ascii_lowercase(), content.clone()));
            }
        }
    }

    fn link(&mut self, element: &Element) {
        if let (Some(rel), Some(href)) = (attribute(element, "rel"), attribute(element, "href"))
            && self.links.len() < ENTRIES
        {
            let media =
                attribute(element, "media").map(bounded).unwrap_or_default().to_ascii_lowercase();
            self.links.push(Link {
                rel: bounded(rel).to_ascii_lowercase(),
                href: bounded(href),
                media,
            });
        }
    }

    fn image(&mut self, id: NodeId, element: &Element) {
        let sources = ["data-src", "data-lazy-src", "data-srcset", "srcset", "src"];
        let mut values = sources.iter().filter_map(|name| attribute(element, name));
        let src = values.find(|src| !src.is_empty() && !src.starts_with("data:"));
        // The first of a set of addresses with their widths.
        let src =
            src.and_then(|src| src.split_whitespace().next()).map(|src| src.trim_end_matches(','));
        if let Some(src) = src
            && self.images.len() < IMAGES
        {
            let names = [attribute(element, "class"), attribute(element, "id")];
            let names = names.into_iter().flatten().map(bounded).collect::<Vec<_>>().join(" ");
            self.images.push(Picture { node: id, src: bounded(src), names });
        }
    }

    fn anchor(&mut self, tree: &Tree, id: NodeId, element: &Element) {
        let rel = attribute(element, "rel").unwrap_or_default();
        if rel.split_ascii_whitespace().any(|rel| rel == "tag") && self.tags.len() < TAG_LINKS {
            self.tags.push(id);
        }
        let leads_home = || attribute(element, "href").is_some_and(is_home) || rel == "home";
        if self.brand.is_none()
            && let Some(title) = &self.title
            && leads_home()
        {
            let text = collapse_whitespace(&tree.text(id, BRAND_BYTES));
            let is_at_end = title.starts_with(&text) || title.ends_with(&text);
            self.brand = Some(text).filter(|text| is_at_end && text.chars().count() >= 2);
        }
    }

    fn stamp(
        &mut self,
        tree: &Tree,
        id: NodeId,
        element: &Element,
        property: &str,
        has_date_name: bool,
    ) {
        if self.stamps.len() >= ENTRIES {
            return;
        }
        let class = attribute(element, "class").unwrap_or_default();
        let is_time = element.name.local == local_name!("time");
        let is_dated =
            is_time || property.contains("datepublished") || property.contains("datemodified");
        let names = ["data-timestamp", "data-datetime", "data-date"];
        let has_data = element.attrs().any(|(name, _)| name.starts_with("data-"));
        let data = names.iter().filter(|_| has_data).find_map(|name| attribute(element, name));
        let is_named = !is_dated && (data.is_some() || has_date_name);
        if !is_dated && !is_named {
            return;
        }
        let title = attribute(element, "title").filter(|title| has_digits(title));
        let stated =
            attribute(element, "datetime").or_else(|| attribute(element, "content")).or(data);
        let stated = stated.or(title.filter(|_| is_named || is_time));
        let value = match stated {
            Some(value) => bounded(value),
            None => {
                collapse_whitespace(&tree.text(id, if is_dated { 200 } else { DATE_BYTES + 1 }))
            }
        };
        if !is_dated && (value.len() > DATE_BYTES || !has_digits(&value)) {
            return;
        }
        let pubdate = if attribute(element, "pubdate").is_some() { "pubdate" } else { "" };
        let label = bounded(&format!("{property} {pubdate} {class}")).to_ascii_lowercase();
        let is_exact = is_dated || stated.is_some();
        self.stamps.push(Stamp { node: id, value, label, is_exact });
    }

    fn element<'a>(
        &mut self,
        tree: &'a Tree,
        id: NodeId,
        element: &'a Element,
        names: &mut Names<'a>,
    ) {
        let found = names.of(element);
        if found.is_wall && self.wall.is_none() {
            self.wall = wall(element);
        }
        let property = attribute(element, "itemprop").unwrap_or_default().to_ascii_lowercase();
        self.stamp(tree, id, element, &property, found.is_dated);
        let strength = found.author.max(mark::strength(element));
        if self.authors.len() < ENTRIES
            && let Some(strength) = strength
        {
            self.authors.push(Mark { node: id, strength });
        }
        match element.name.local {
            local_name!("img") => self.image(id, element),
            local_name!("a") => self.anchor(tree, id, element),
            _ => {}
        }
        if element.name.local == local_name!("h1") && self.headings.len() < HEADINGS {
            self.headings.push(collapse_whitespace(&tree.text(id, VALUE_BYTES)));
        }
    }
}

/// What the class or the id of an element says.
#[derive(Debug, Clone, Copy, Default)]
struct Named {
    is_wall: bool,
    is_dated: bool,
    author: Option<Strength>,
}

/// The classes and ids of a page that were read before: most elements share theirs with others.
#[derive(Debug, Default)]
struct Names<'a>(HashMap<&'a str, Named>);

impl<'a> Names<'a> {
    fn of(&mut self, element: &'a Element) -> Named {
        let mut all = Named::default();
        for name in ["class", "id"] {
            let Some(text) = attribute(element, name) else { continue };
            let found = *self.0.entry(text).or_insert_with(|| Named::read(text));
            all.is_wall |= found.is_wall;
            all.is_dated |= found.is_dated;
            all.author = all.author.max(found.author);
        }
        all
    }
}

impl Named {
    fn read(text: &str) -> Self {
        let has = |parts: Option<&AhoCorasick>| parts.is_some_and(|parts| parts.is_match(text));
        Self {
            is_wall: WALLS.as_ref().is_some_and(|walls| walls.is_match(bounded_slice(text))),
            is_dated: has(DATES.as_ref()),
            author: mark::by_class(text),
        }
    }
}

/// Parts of class names and ids of elements with a date.
static DATES: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let names = [
        "date", "time", "publish", "posted", "datum", "fecha", "stamp", "created", "meta", "dato",
        "tarih", "byline", "info", "release",
    ];
    AhoCorasick::builder().ascii_case_insensitive(true).build(names).ok()
});

/// Longest text of an element that is dated by its class, in bytes.
const DATE_BYTES: usize = 140;

/// A text that can be a date: it has two digits at least.
fn has_digits(text: &str) -> bool {
    text.chars().filter(|c| c.is_numeric()).nth(1).is_some()
}

fn is_in_author(tree: &Tree, id: NodeId) -> bool {
    let parent = tree.parent(id).and_then(|parent| tree.attribute(parent, "itemprop"));
    parent.is_some_and(|property| property.contains("author"))
}

fn language(element: &Element) -> Option<String> {
    let value = attribute(element, "lang").or_else(|| attribute(element, "xml:lang"))?;
    Some(bounded(value)).filter(|value| !value.is_empty())
}

/// Longest class name that is kept as evidence, in characters.
const NAME_CHARS: usize = 80;

fn wall(element: &Element) -> Option<String> {
    let walls = WALLS.as_ref()?;
    let names = [attribute(element, "class"), attribute(element, "id")].into_iter().flatten();
    let mut lists = names.map(bounded_slice).filter(|list| walls.is_match(list));
    let word = lists.next()?.split_ascii_whitespace().find(|word| walls.is_match(word))?;
    Some(word.chars().take(NAME_CHARS).collect())
}

fn is_json_ld(element: &Element) -> bool {
    attribute(element, "type").is_some_and(|t| t.to_ascii_lowercase().contains("ld+json"))
}

fn bounded(value: &str) -> String {
    collapse_whitespace(bounded_slice(value))
}

fn bounded_slice(value: &str) -> &str {
    value.get(..floor_char_boundary(value, VALUE_BYTES)).unwrap_or_default()
}
