//! What a page says about itself outside its text, collected once: title, `meta`, `link`, JSON-LD,
//! `time`.

use html5ever::local_name;
use url::Url;
use wiresift_text::json;

use crate::metadata::byline;
use crate::metadata::byline::mark::{self, Mark};
use crate::metadata::class::{Classes, Topics, wall};
use crate::metadata::jsonld::{self, Facts, Witness};
use crate::metadata::site::is_home;
pub(crate) use crate::metadata::stamp::Stamp;
use crate::tree::{Element, Node, NodeId, Tree, attribute, floor_char_boundary};
use crate::whitespace::collapse_whitespace;

/// Most entries of one kind.
pub(super) const ENTRIES: usize = 500;

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
        let mut json_room = JSON_BYTES;
        let mut classes = Classes::new();
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
                _ => head.element(tree, id, element, classes.of(element)),
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

    fn element(&mut self, tree: &Tree, id: NodeId, element: &Element, topics: Topics) {
        let is_told = matches!(element.name.local, local_name!("time") | local_name!("h1"));
        if element.attrs.is_empty() && !is_told {
            return;
        }
        if topics.wall && self.wall.is_none() {
            self.wall = wall(element);
        }
        self.stamp(tree, id, element, topics.date);
        if self.authors.len() < ENTRIES
            && let Some(strength) = mark::strength(element, topics.author)
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

fn is_in_author(tree: &Tree, id: NodeId) -> bool {
    let parent = tree.parent(id).and_then(|parent| tree.attribute(parent, "itemprop"));
    parent.is_some_and(|property| property.contains("author"))
}

fn language(element: &Element) -> Option<String> {
    let value = attribute(element, "lang").or_else(|| attribute(element, "xml:lang"))?;
    Some(bounded(value)).filter(|value| !value.is_empty())
}

fn is_json_ld(element: &Element) -> bool {
    attribute(element, "type").is_some_and(|t| t.to_ascii_lowercase().contains("ld+json"))
}

pub(super) fn bounded(value: &str) -> String {
    collapse_whitespace(bounded_slice(value))
}

pub(super) fn bounded_slice(value: &str) -> &str {
    value.get(..floor_char_boundary(value, VALUE_BYTES)).unwrap_or_default()
}
