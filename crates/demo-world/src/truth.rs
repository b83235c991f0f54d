//! What a correct reader of the world finds.

use chrono::{DateTime, Utc};

use super::World;
use super::article::{Article, Availability, Origin};
use super::cast;
use super::markup;
use super::outlet::{FeedFate, FeedSpec, Outlet};
use super::scene::Scene;

/// A feed for the feed list.
#[derive(Debug, Clone)]
pub struct FeedOfWorld {
    pub name: String,
    /// Its first address.
    pub url: String,
    /// Tags in the feed list.
    pub tags: Vec<String>,
    /// BCP 47 tag of its entries.
    pub language: &'static str,
    pub fate: FeedFate,
}

/// An article at the current edition.
#[derive(Debug, Clone)]
pub struct TruthArticle {
    /// The outlet's own address for it, without tracking.
    pub url: String,
    /// Headline, without the outlet's name.
    pub title: String,
    pub author: String,
    /// BCP 47 tag.
    pub language: &'static str,
    pub published: DateTime<Utc>,
    /// When its text last changed, if it did.
    pub modified: Option<DateTime<Utc>>,
    /// The body: paragraphs, headings, list items and quotations in order, as plain text.
    pub paragraphs: Vec<String>,
    /// Lines on the page that must not appear in the body. None of them is part of any of the
    /// paragraphs, so looking for them as substrings is safe. Empty if the page cannot be fetched.
    pub chrome: Vec<String>,
    /// The origin of its text.
    pub kind: TruthKind,
    /// How to get the text.
    pub access: Access,
    /// Shared by articles of different writers about one event.
    pub story: Option<String>,
    /// The edition that published it.
    pub edition: u32,
}

/// The origin of an article's text. Addresses are those of [`TruthArticle::url`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TruthKind {
    /// Its own.
    Original,
    /// A word-for-word copy of an earlier article at another outlet, under another headline.
    CopyOf(String),
    /// The text of an earlier article, cut and edited.
    EditedCopyOf(String),
}

/// How to get an article's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// From its page.
    Page,
    /// The page is gone for good (410), but the feed has the full text.
    FeedOnly,
    /// The page is missing (404) and the feed only has a teaser.
    Lost,
    /// `robots.txt` forbids the page, and the feed only has a teaser.
    Forbidden,
}

/// All feeds of the world, at their first addresses.
pub(super) fn feeds(world: &World, port: u16) -> Vec<FeedOfWorld> {
    world.outlets().iter().flat_map(|outlet| feeds_of(outlet, port)).collect()
}

fn feeds_of(outlet: &Outlet, port: u16) -> Vec<FeedOfWorld> {
    let feed = |feed: &FeedSpec| FeedOfWorld {
        name: feed.title.clone(),
        url: format!("http://{}:{port}{}", outlet.host, feed.path),
        tags: feed.tags.iter().map(|&tag| tag.to_owned()).collect(),
        language: outlet.language,
        fate: feed.fate,
    };
    outlet.feeds.iter().map(feed).collect()
}

/// The truth about the articles of one host, newest first.
pub(super) fn articles_of(world: &World, host: &str, edition: u32, port: u16) -> Vec<TruthArticle> {
    let Some(outlet) = world.outlet(host, edition) else { return Vec::new() };
    let scene = Scene { outlet: &outlet, start: world.start, port, edition };
    scene.visible().into_iter().map(|article| truth(world, &scene, article)).collect()
}

fn truth(world: &World, scene: &Scene<'_>, article: &Article) -> TruthArticle {
    let access = match article.availability {
        Availability::Open | Availability::Flaky => Access::Page,
        Availability::Gone => Access::FeedOnly,
        Availability::Missing => Access::Lost,
        Availability::Disallowed => Access::Forbidden,
    };
    let paragraphs = scene.paragraphs(article);
    let chrome = match access {
        Access::Page => markup::page(scene, article).boilerplate(&paragraphs),
        Access::FeedOnly | Access::Lost | Access::Forbidden => Vec::new(),
    };
    TruthArticle {
        url: scene.url(article),
        title: article.title.clone(),
        author: article.author.clone(),
        language: scene.outlet.language,
        published: scene.published(article),
        modified: scene.modified(article),
        paragraphs,
        chrome,
        kind: kind(world, scene, article),
        access,
        story: article.story.clone(),
        edition: article.edition,
    }
}

fn kind(world: &World, scene: &Scene<'_>, article: &Article) -> TruthKind {
    let address = |name: &str| {
        let host = format!("{}.localhost", name.split('/').next().unwrap_or_default());
        let outlet = world.outlet(&host, scene.edition)?;
        let there = Scene { outlet: &outlet, ..*scene };
        let original =
            outlet.articles.iter().find(|other| cast::name_of(&outlet, other) == name)?;
        Some(there.url(original))
    };
    match &article.origin {
        Origin::Own => TruthKind::Original,
        Origin::CopyOf(name) => address(name).map_or(TruthKind::Original, TruthKind::CopyOf),
        Origin::EditedFrom(name) => {
            address(name).map_or(TruthKind::Original, TruthKind::EditedCopyOf)
        }
    }
}
