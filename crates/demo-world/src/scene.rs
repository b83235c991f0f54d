//! An outlet at one moment: the input for pages and feeds.

use std::cmp::Reverse;

use chrono::{DateTime, TimeDelta, Utc};

use super::address;
use super::article::{Article, Block};
use super::outlet::Outlet;

/// Everything that a page or a feed depends on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) outlet: &'a Outlet,
    pub(super) start: DateTime<Utc>,
    pub(super) port: u16,
    pub(super) edition: u32,
}

impl<'a> Scene<'a> {
    /// `http://host:port`.
    pub(super) fn root(&self) -> String {
        format!("http://{}:{}", self.outlet.host, self.port)
    }

    /// The outlet's own address of the article.
    pub(super) fn url(&self, article: &Article) -> String {
        format!("{}{}", self.root(), self.path(article))
    }

    pub(super) fn path(&self, article: &Article) -> String {
        address::path(self.outlet.style, article, self.published(article))
    }

    pub(super) fn published(&self, article: &Article) -> DateTime<Utc> {
        self.start - TimeDelta::minutes(article.age_minutes.max(1))
    }

    /// When the text last changed after publication.
    pub(super) fn modified(&self, article: &Article) -> Option<DateTime<Utc>> {
        article.revised(self.edition).and_then(|edition| Scene { edition, ..*self }.edition_start())
    }

    /// When this edition started; `None` for the first. Later ones are nearer to the start, never
    /// after it.
    pub(super) fn edition_start(&self) -> Option<DateTime<Utc>> {
        let edition = i64::from(self.edition);
        (edition > 0).then(|| self.start - TimeDelta::seconds(240 / edition))
    }

    pub(super) fn blocks(&self, article: &Article) -> Vec<Block> {
        article.blocks(self.edition)
    }

    pub(super) fn paragraphs(&self, article: &Article) -> Vec<String> {
        self.blocks(article).iter().map(|block| block.text().to_owned()).collect()
    }

    /// What has been published, newest first.
    pub(super) fn visible(&self) -> Vec<&'a Article> {
        let mut visible: Vec<_> =
            self.outlet.articles.iter().filter(|article| article.edition <= self.edition).collect();
        visible.sort_by_key(|article| (article.age_minutes, Reverse(article.number)));
        visible
    }

    /// Up to `count` other articles of the outlet, the same ones for the same `salt`.
    pub(super) fn others(&self, article: &Article, count: usize, salt: usize) -> Vec<&'a Article> {
        let visible = self.visible();
        let skip = salt % visible.len().max(1);
        let rotated = visible.iter().cycle().skip(skip).take(visible.len());
        rotated.filter(|other| other.number != article.number).take(count).copied().collect()
    }

    pub(super) fn find(&self, path: &str) -> Option<&'a Article> {
        let published = |article: &&Article| article.edition <= self.edition;
        self.outlet.articles.iter().filter(published).find(|article| self.path(article) == path)
    }
}
