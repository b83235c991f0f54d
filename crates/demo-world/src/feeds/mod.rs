//! Feeds: one file per format, and the defects that some of them have.

mod atom;
mod json;
mod rss;
mod rss1;
mod sitemap;

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::article::{Article, Block};
use super::markup::escape;
use super::outlet::{FeedFate, FeedSpec, Format, Guids, Links};
use super::scene::Scene;

#[derive(Debug)]
pub(super) struct Document {
    pub(super) media_type: &'static str,
    pub(super) text: String,
    /// When the newest thing in it happened.
    pub(super) changed: DateTime<Utc>,
}

/// An article as a feed lists it.
#[derive(Debug)]
struct Entry<'a> {
    article: &'a Article,
    link: String,
    guid: Option<String>,
    published: DateTime<Utc>,
    updated: DateTime<Utc>,
    /// The body as HTML, if the feed has full text.
    content: Option<String>,
}

/// The feed's document at this moment.
pub(super) fn document(scene: &Scene<'_>, spec: &FeedSpec) -> Document {
    let entries = entries(scene, spec);
    let changed = entries.iter().map(|entry| entry.updated).max().unwrap_or(scene.start);
    if spec.fate == FeedFate::NotAFeed {
        return Document {
            media_type: "text/html; charset=utf-8",
            text: NOT_A_FEED.to_owned(),
            changed,
        };
    }
    let text = match spec.format {
        Format::Rss2 => rss::write(scene, spec, &entries),
        Format::Rss1 => rss1::write(scene, spec, &entries),
        Format::Atom => atom::write(scene, spec, &entries),
        Format::Atom03 => atom::write_03(scene, spec, &entries),
        Format::Json => json::write(scene, spec, &entries),
        Format::Sitemap => sitemap::write(scene, &entries),
    };
    let text = match spec.fate {
        FeedFate::CutOff => cut_off(&text),
        FeedFate::Sloppy => sloppy(&text),
        _ => text,
    };
    Document { media_type: media_type(spec.format), text, changed }
}

fn entries<'a>(scene: &Scene<'a>, spec: &FeedSpec) -> Vec<Entry<'a>> {
    let lists = |article: &&Article| {
        article.feeds.iter().any(|key| key == spec.key) && article.dropped != Some(scene.edition)
    };
    let mut listed: Vec<&Article> =
        scene.visible().into_iter().filter(lists).take(spec.limit).collect();
    if spec.fate == FeedFate::CutOff {
        // The truncated item is one that another feed has too.
        listed.extend(scene.visible().into_iter().rfind(|article| !lists(article)));
    }
    listed.into_iter().map(|article| entry(scene, spec, article)).collect()
}

fn entry<'a>(scene: &Scene<'_>, spec: &FeedSpec, article: &'a Article) -> Entry<'a> {
    let url = scene.url(article);
    let campaign = "utm_source=rss&utm_medium=feed&utm_campaign=headlines";
    let link = match (&article.short, spec.links) {
        (Some(code), Links::Tracked) => {
            format!("http://{}:{}/{code}", super::internet::SHORTENER, scene.port)
        }
        (_, Links::Tracked) => format!("{url}?{campaign}"),
        (_, Links::Amp) => format!("{url}amp/"),
        (_, Links::Plain) => url.clone(),
    };
    let id = format!("{}:{}", scene.outlet.host.trim_end_matches(".localhost"), article.number);
    let guid = match spec.guids {
        Guids::Permalink => Some(url),
        Guids::Opaque => Some(id),
        Guids::Restless => Some(format!("{id}:{}", scene.edition)),
        Guids::Absent => None,
    };
    let published = scene.published(article);
    Entry {
        article,
        link,
        guid,
        published,
        updated: scene.modified(article).unwrap_or(published),
        content: spec.full_text.then(|| content(scene, article)),
    }
}

fn content(scene: &Scene<'_>, article: &Article) -> String {
    let mut html = String::new();
    for block in scene.blocks(article) {
        let text = escape(block.text());
        let _ = match block {
            Block::Paragraph(_) => write!(html, "<p>{text}</p>"),
            Block::Heading(_) => write!(html, "<h2>{text}</h2>"),
            Block::Quote(_) => write!(html, "<blockquote><p>{text}</p></blockquote>"),
            Block::Item(_) => write!(html, "<ul><li>{text}</li></ul>"),
        };
    }
    html
}

fn media_type(format: Format) -> &'static str {
    match format {
        Format::Rss2 => "application/rss+xml; charset=utf-8",
        Format::Rss1 => "application/rdf+xml",
        Format::Atom => "application/atom+xml; charset=utf-8",
        Format::Atom03 => "text/xml",
        Format::Json => "application/feed+json",
        Format::Sitemap => "application/xml",
    }
}

/// Breaks the document off in the middle of its last item.
fn cut_off(text: &str) -> String {
    let end = text.rfind("</description>").unwrap_or(text.len());
    let mut kept = text.get(..end).unwrap_or(text).to_owned();
    kept.truncate(kept.char_indices().rev().nth(20).map_or(0, |(at, _)| at));
    kept
}

/// Makes a document look as if it was made by joining strings.
fn sloppy(text: &str) -> String {
    text.replace("&amp;", "&").replace(". ", ".&nbsp; ")
}

const NOT_A_FEED: &str = "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01 Transitional//EN\">\n<HTML><HEAD>\
    <TITLE>Dale & County Courier</TITLE></HEAD>\n<BODY><H1>Sorry!</H1><P>We are upgrading our web site. Please try \
    again later, or ring the office.</P>\n<P>Warning: mysql_connect(): Too many connections in rss.inc on line 12\
    </BODY></HTML>\n";
