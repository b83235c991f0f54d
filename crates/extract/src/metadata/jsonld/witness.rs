//! Which object is the page's article: the one that agrees with its titles and its address.

use foldhash::HashSet;
use wiresift_text::shingles::{jaccard, tokens};

use crate::metadata::jsonld::statement::Statement;
use crate::metadata::{bare, html_text};

/// Longest title that is compared, in bytes.
const TITLE_BYTES: usize = 400;

/// From this similarity on, two titles mean the same article; below the other, different ones.
const ALIKE: f32 = 0.5;
const UNLIKE: f32 = 0.2;

/// What the page says outside JSON-LD about which object is the article.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    /// Letters and digits of each title, and its words.
    titles: Vec<(String, HashSet<u32>)>,
    urls: Vec<String>,
}

impl Witness {
    pub(crate) fn new<'a>(
        titles: impl Iterator<Item = &'a str>,
        urls: impl Iterator<Item = &'a str>,
    ) -> Self {
        let titles = titles.map(|title| words(&html_text(title)));
        Self {
            titles: titles.filter(|(bare, _)| !bare.is_empty()).collect(),
            urls: urls.filter_map(place).collect(),
        }
    }

    /// How far an object agrees with the page: above 0 it does, below 0 it does not.
    pub(super) fn agreement(&self, statement: &Statement) -> i32 {
        self.by_title(statement) + self.by_url(statement)
    }

    fn by_title(&self, statement: &Statement) -> i32 {
        let Some(headline) = &statement.headline else { return 0 };
        let (bare, known) = words(headline);
        let like = |(title, words): &(String, HashSet<u32>)| {
            let is_inside = bare.len() >= 12 && title.contains(&bare)
                || title.len() >= 12 && bare.contains(title.as_str());
            if is_inside { 1.0 } else { jaccard(&known, words) }
        };
        let most =
            self.titles.iter().map(like).fold(None, |most: Option<f32>, like| {
                Some(most.map_or(like, |most| most.max(like)))
            });
        match most {
            Some(most) if most >= ALIKE => 3,
            Some(most) if most < UNLIKE => -3,
            _ => 0,
        }
    }

    fn by_url(&self, statement: &Statement) -> i32 {
        if self.urls.is_empty() || statement.urls.is_empty() {
            return 0;
        }
        if statement.urls.iter().any(|url| self.urls.contains(url)) { 3 } else { -2 }
    }
}

fn words(title: &str) -> (String, HashSet<u32>) {
    let end = title.floor_char_boundary(TITLE_BYTES);
    let title = title.get(..end).unwrap_or_default();
    (bare(title), tokens(title).into_iter().collect())
}

/// What is the same in all spellings of an address; none of a home page.
pub(super) fn place(url: &str) -> Option<String> {
    let (_, rest) = url.trim().split_once("://")?;
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let place = rest.get(..end)?.trim_end_matches('/');
    let place = place.strip_prefix("www.").unwrap_or(place);
    place.contains('/').then(|| place.to_owned())
}
