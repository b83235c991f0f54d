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
use crate::metadata::area::{Area, Place};
use crate::metadata::head::{Head, Stamp};
use crate::metadata::title::heading;
use crate::metadata::{address, byline, date, html_text, image, site, tags, title};
use crate::provenance::Provenance;
use crate::tree::Tree;

/// Most lines of the page that say when something was published.
const FAR: usize = 40;

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
    let headings = heading::headings(tree, blocks, features, reasons);
    let (title, title_from) = title::title(head, hints, &headings, site_known.as_deref());
    let area = Area::of(blocks, features, reasons);
    let stamps: Vec<&Stamp> = near_article(tree, head, area.as_ref());
    let lines = area.map(|area| area.lines_beside_headline()).unwrap_or_default();
    let datelines: Vec<&str> = lines.iter().copied().filter(|line| is_dateline(line)).collect();
    let last: Vec<&str> = area
        .map(|area| area.last_lines().filter(|line| is_dateline(line)).collect())
        .unwrap_or_default();
    let lines_of_page = blocks.blocks.iter().map(|block| blocks.text(block));
    let far: Vec<&str> =
        lines_of_page.filter(|line| date::says_published(line)).take(FAR).collect();
    let opening = area.and_then(|area| area.opening());
    let dates = date::dates(
        date::Places {
            head,
            stamps: &stamps,
            datelines: &datelines,
            last: &last,
            far: &far,
            opening,
            url,
            hints,
        },
        now,
    );
    let site_name = site::name(head);
    let name = site_name.as_ref().map(|(name, _)| name.as_str());
    let byline = byline::byline(byline::Places {
        head,
        tree,
        area,
        lines: &lines,
        site: name,
        title: &title,
        host: url.and_then(Url::host_str),
    });
    let canonical = address::canonical(head, base.as_ref(), url);
    let image = image::image(head, base.as_ref())
        .or_else(|| image::shown(head, tree, area.as_ref(), base.as_ref()));
    let (tags, tags_from) = tags::tags(head, tree, area.as_ref());
    let section = tags::section(head);
    let metas = ["og:description", "description", "twitter:description"];
    let summary = head
        .meta_of(&metas)
        .or(head.facts.article.description.as_deref())
        .or(hints.summary.as_deref());
    Article {
        title,
        summary: summary.map(html_text).filter(|summary| !summary.is_empty()),
        published: dates.published.as_ref().map(|(dated, ..)| *dated),
        modified: dates.modified.as_ref().map(|(dated, ..)| *dated),
        alternates: address::alternates(head, base.as_ref()),
        tags,
        provenance: Provenance {
            title: title_from,
            published: dates.published.as_ref().map(|(_, evidence, _)| *evidence),
            published_text: dates.published.map(|(.., text)| text),
            modified: dates.modified.as_ref().map(|(_, evidence, _)| *evidence),
            modified_text: dates.modified.map(|(.., text)| text),
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

/// The dated elements of the article: around its headline first, then in its text and after it.
fn near_article<'a>(tree: &Tree, head: &'a Head, area: Option<&Area<'_>>) -> Vec<&'a Stamp> {
    let Some(area) = area else { return Vec::new() };
    let placed = head.stamps.iter().filter_map(|stamp| {
        let (place, _) = area.place_of(tree, stamp.node)?;
        // In the text only what is marked as the article's.
        (place != Place::Inside || stamp.is_exact).then_some((place, stamp))
    });
    let mut placed: Vec<(Place, &Stamp)> = placed.collect();
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, stamp)| stamp).collect()
}

/// Whether a line can hold a date: it has two digits at least.
fn is_dateline(line: &str) -> bool {
    line.chars().filter(|c| c.is_numeric()).nth(1).is_some()
}
