//! stub
use crate::news::article::{Article, Piece, Removed};
use chrono::{DateTime, Utc};
use url::Url;
/// p
pub struct Page<'a> {
    /// b
    pub bytes: &'a [u8],
    /// u
    pub url: Option<&'a Url>,
    /// c
    pub content_type: Option<&'a str>,
}
/// h
#[derive(Default)]
pub struct Hints {
    /// t
    pub title: Option<String>,
    /// s
    pub summary: Option<String>,
    /// p
    pub published: Option<DateTime<Utc>>,
    /// l
    pub language: Option<String>,
}
/// l
#[derive(Clone, Default)]
pub struct Limits;
/// e
pub struct Extraction {
    /// a
    pub article: Article,
}
impl Extraction {
    /// r
    pub fn removed(&self) -> Vec<Removed> {
        vec![]
    }
}
/// e
pub fn extract(_: &Page<'_>, _: &Hints, _: DateTime<Utc>, _: &Limits) -> Extraction {
    Extraction { article: Article::default() }
}
/// f
pub fn from_feed_content(
    _: &str,
    _: Option<&Url>,
    _: &Hints,
    _: DateTime<Utc>,
    _: &Limits,
) -> Option<Extraction> {
    None
}
/// r
pub mod render {
    /// h
    pub fn html(_: &[super::Piece]) -> String {
        String::new()
    }
}
