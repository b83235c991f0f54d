//! Everything about an article but its body, from the page's head, the text near the article, and
//! the feed.

use chrono::{DateTime, Utc};
use url::Url;

use crate::Hints;
use crate::article::Article;
use crate::block::Blocks;
use crate::body::Reason;
use crate::feature::Features;
use crate::feature::hint::Evidence;
use crate::metadata::head::{Head, Stamp};
use crate::metadata::{address, byline, date, heading, html_text, image, site, tags, title};
use crate::provenance::Provenance;
use crate::tree::Tree;

/// How many nodes after the start of the article's last element a date may still be the article's.
const NEAR_NODES: usize = 400;

/// What page and feed say about the article, for comparison with the blocks.
pub(crate) fn evidence(head: &Head, hints: &Hints) -> Evidence {
    let metas = ["og:description", "description", "twitter:description"];
    let mut descriptions: Vec<String> = Vec::new();
    let stated = metas.iter().filter_map(|name| head.metas_of(name).next());
    for text in
        stated.chain(head.facts.article.description.as_deref()).chain(hints.summary.as_deref())
    {
        let text = html_text(text);
        if !text.is_empty() && !descriptions.contains(&text) {
            descriptions.push(text);
        }
    }
    let facts = &head.facts.article;
    Evidence {
        titles: title::stated(head, hints),
        descriptions,
        body: facts.body.clone(),
        authors: facts.authors.iter().map(|author| author.name.clone()).collect(),
    }
}

/// Everything about the article but its body.
#[expect(
    clippy::too_many_arguments,
    reason = "one call site each; a struct would only rename them"
)]
pub(crate) fn described(
    tree: &Tree,
    head: &Head,
    blocks: &Blocks,
    features: &Features,
    reasons: &[Reason],
    url: Option<&Url>,
    hints: &Hints,
    now: DateTime<Utc>,
) -> Article {
    let base = address::base(head, url);
    let site_known = site::name_or_host(head, url);
    let headings = heading::headings(blocks, features, reasons);
    let (title, title_from) = title::title(head, hints, &headings, site_known.as_deref());
    let stamps: Vec<&Stamp> = near_article(tree, head, blocks, reasons);
    let lines = beside_headline(blocks, features);
    let datelines: Vec<&str> =
        lines.iter().filter(|(_, is_dated)| *is_dated).map(|(line, _)| *line).collect();
    let lines: Vec<&str> = lines.into_iter().map(|(line, _)| line).collect();
    let dates =
        date::dates(date::Places { head, stamps: &stamps, datelines: &datelines, url, hints }, now);
    let site_name = site::name(head);
    let name = site_name.as_ref().map(|(name, _)| name.as_str());
    let byline = byline::byline(byline::Places {
        head,
        tree,
        blocks,
        features,
        reasons,
        lines: &lines,
        site: name,
        host: url.and_then(Url::host_str),
    });
    let canonical = address::canonical(head, base.as_ref(), url);
    let image = image::image(head, base.as_ref());
    let (tags, tags_from) = tags::tags(head);
    let section = tags::section(head);
    let metas = ["og:description", "description", "twitter:description"];
    let summary = head
        .meta_of(&metas)
        .or(head.facts.article.description.as_deref())
        .or(hints.summary.as_deref());
    Article {
        title,
        summary: summary.map(html_text).filter(|summary| !summary.is_empty()),
        published: dates.published.map(|(dated, _)| dated),
        modified: dates.modified.map(|(dated, _)| dated),
        alternates: address::alternates(head, base.as_ref()),
        tags,
        provenance: Provenance {
            title: title_from,
            published: dates.published.map(|(_, evidence)| evidence),
            modified: dates.modified.map(|(_, evidence)| evidence),
            byline: byline.evidence,
            canonical: canonical.as_ref().map(|(_, evidence)| *evidence),
            image: image.as_ref().map(|(_, evidence)| *evidence),
            section: section.as_ref().map(|(_, evidence)| *evidence),
            site_name: site_name.as_ref().map(|(_, evidence)| *evidence),
            tags: tags_from,
            ..Provenance::default()
        },
        byline: byline.people,
        agency: byline.organisations,
        canonical: canonical.map(|(url, _)| url),
        image: image.map(|(url, _)| url),
        section: section.map(|(section, _)| section),
        site_name: site_name.map(|(name, _)| name),
        ..Article::default()
    }
}

/// The dated elements near the article: neither after its end nor in teasers beside it.
fn near_article<'a>(
    tree: &Tree,
    head: &'a Head,
    blocks: &Blocks,
    reasons: &[Reason],
) -> Vec<&'a Stamp> {
    let kept = |reason: &Reason| reason.is_kept();
    let last = reasons.iter().rposition(kept).and_then(|at| blocks.blocks.get(at));
    let end = last.and_then(|block| blocks.element(block.element)).map(|element| element.node);
    let beyond = end
        .and_then(|end| tree.nodes().map(|(id, _)| id).skip_while(|id| *id <= end).nth(NEAR_NODES));
    let aside = |stamp: &Stamp| {
        let mut at = Some(stamp.node);
        std::iter::from_fn(|| {
            let node = at?;
            at = tree.parent(node);
            Some(node)
        })
        .take(30)
        .filter_map(|node| tree.element(node))
        .any(|element| matches!(element.name(), "aside" | "nav" | "footer" | "li"))
    };
    let is_near = |stamp: &Stamp| beyond.is_none_or(|beyond| stamp.node < beyond);
    head.stamps.iter().filter(|stamp| is_near(stamp) && !aside(stamp)).collect()
}

/// Short lines beside the headline, and whether they have a date.
fn beside_headline<'a>(blocks: &'a Blocks, features: &Features) -> Vec<(&'a str, bool)> {
    let Some(headline) = features.headline else { return Vec::new() };
    let beside = headline.saturating_sub(4)..headline + 12;
    let pairs = blocks.blocks.iter().zip(&features.blocks).enumerate();
    pairs
        .filter(|(at, (_, feature))| {
            beside.contains(at) && *at != headline && feature.text.weight <= 100.0
        })
        .map(|(_, (block, feature))| (blocks.text(block), feature.text.dates > 0.0))
        .collect()
}
