//! What a clean reading of the world must find.

use chrono::{DateTime, Utc};

use super::World;
use super::article::{Article, Door, Origin};
use super::cast;
use super::markup;
use super::outlet::{FeedFate, FeedSpec, Outlet};
use super::scene::Scene;

/// A feed for the list.
#[derive(Debug, Clone)]
pub struct FeedOfWorld {
    /// What it calls itself.
    pub name: String,
    /// Its first address.
    pub url: String,
    /// What a curator would file it under.
    pub tags: Vec<String>,
    /// BCP 47 tag of its entries.
    pub language: &'static str,
    /// What becomes of it.
    pub fate: FeedFate,
}

/// An article as it stands at the present edition.
#[derive(Debug, Clone)]
pub struct TruthArticle {
    /// The outlet's own address for it, without tracking.
    pub url: String,
    /// Headline, without the outlet's name.
    pub title: String,
    /// Who wrote it.
    pub author: String,
    /// BCP 47 tag.
    pub language: &'static str,
    /// When it was published.
    pub published: DateTime<Utc>,
    /// When its text last changed since, if it did.
    pub modified: Option<DateTime<Utc>>,
    /// The body: paragraphs, headings, list items and quotations in order, as plain text.
    pub paragraphs: Vec<String>,
    /// Lines on the page that must not appear in the body. None of them is part of any of the paragraphs, so looking
    /// for them as substrings is safe. Empty where the page cannot be had.
    pub chrome: Vec<String>,
    /// Whose text it is.
    pub kind: TruthKind,
    /// How the text can be had.
    pub access: Access,
    /// Shared by articles of different writers about one event.
    pub story: Option<String>,
    /// The edition that brought it.
    pub edition: u32,
}

/// Whose text an article has. Addresses are those of [`TruthArticle::url`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TruthKind {
    /// Its own.
    Original,
    /// Word for word that of an earlier article at another outlet, under another headline.
    CopyOf(String),
    /// That of an earlier article, cut and touched up.
    EditedCopyOf(String),
}

/// How an article's text can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// From its page.
    Page,
    /// The page is gone for good (410), but the feed has the full text.
    FeedOnly,
    /// The page is missing (404) and the feed has but a teaser.
    Lost,
    /// `robots.txt` forbids the page, and the feed has but a teaser.
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
    let access = match article.door {
        Door::Open | Door::Flaky => Access::Page,
        Door::Gone => Access::FeedOnly,
        Door::Missing => Access::Lost,
        Door::Disallowed => Access::Forbidden,
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
