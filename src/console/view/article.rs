//! One article: its clean text, what is known of it, and what belongs to it.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::console::view::articles::headline;
use crate::console::view::format::{LINE, When, count, foreign, percent};
use crate::filing::words::grounds;
use crate::store::{ArticleDetail, ArticleRow, PairLine};

/// Paragraphs of the text, and characters of each.
const PARAGRAPHS: usize = 120;
const PARAGRAPH: usize = 3_000;

#[derive(Debug, Clone)]
pub(crate) struct ArticleView {
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) url: String,
    pub(crate) host: String,
    /// Names and values.
    pub(crate) facts: Vec<(&'static str, String)>,
    pub(crate) tags: Vec<String>,
    pub(crate) doubt: Option<String>,
    pub(crate) is_gone: bool,
    pub(crate) paragraphs: Vec<String>,
    pub(crate) is_cut: bool,
    pub(crate) revisions: Vec<RevisionView>,
    /// Id, title, host and how alike it is.
    pub(crate) copies: Vec<(i64, String, String, String)>,
    pub(crate) is_copy: bool,
    pub(crate) story: Option<(i64, String)>,
    pub(crate) feeds: Vec<(i64, String)>,
    pub(crate) pairs: Vec<PairView>,
    /// Articles of other languages: id, title, language, and how alike they are.
    pub(crate) links: Vec<(i64, String, String, String)>,
}

#[derive(Debug, Clone)]
pub(crate) struct RevisionView {
    pub(crate) number: i32,
    pub(crate) kind: String,
    pub(crate) reason: String,
    pub(crate) when: When,
}

/// How an article is tied to another one.
#[derive(Debug, Clone)]
pub(crate) struct PairView {
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) odds: String,
    pub(crate) parts: String,
    /// Whether both are in one story.
    pub(crate) is_tied: bool,
}

impl ArticleView {
    pub(crate) fn of(detail: &ArticleDetail, now: DateTime<Utc>) -> Self {
        let row = &detail.row;
        let paragraphs = || row.body.split("\n\n").filter(|text| !text.trim().is_empty());
        let is_cut = paragraphs().count() > PARAGRAPHS
            || paragraphs().any(|text| text.chars().count() > PARAGRAPH)
            || row.body.chars().count() >= 60_000;
        let title = row.story_title.as_deref().map(headline).unwrap_or_default();
        Self {
            id: row.id,
            title: headline(&row.title),
            url: foreign(&row.url, 2_000),
            host: foreign(&row.host, 100),
            facts: facts(row, now),
            tags: row.tags.iter().take(20).map(|tag| foreign(tag, 60)).collect(),
            doubt: row.doubt.as_deref().map(|doubt| foreign(doubt, 600)),
            is_gone: row.retracted_at.is_some(),
            paragraphs: paragraphs().take(PARAGRAPHS).map(|it| foreign(it, PARAGRAPH)).collect(),
            is_cut,
            revisions: detail
                .revisions
                .iter()
                .map(|revision| RevisionView {
                    number: revision.revision,
                    kind: foreign(&revision.kind, 40),
                    reason: foreign(&revision.reason, 40),
                    when: When::of(revision.seen_at, now),
                })
                .collect(),
            copies: detail
                .copies
                .iter()
                .map(|copy| {
                    let share = copy.similarity.map(|it| format!("{} alike", percent(it.into())));
                    let share = share.unwrap_or_else(|| "the original".to_owned());
                    (copy.id, headline(&copy.title), foreign(&copy.host, 100), share)
                })
                .collect(),
            is_copy: row.copy_of.is_some(),
            story: row.story_id.map(|id| (id, title)),
            feeds: detail.feeds.iter().map(|(id, name)| (*id, foreign(name, LINE))).collect(),
            pairs: detail.pairs.iter().map(|pair| pair_view(pair, row.story_id)).collect(),
            links: detail
                .links
                .iter()
                .map(|link| {
                    let language = link.language.as_deref().unwrap_or("unknown");
                    let share = format!("{} alike", percent(link.likeness.into()));
                    (link.article, headline(&link.title), foreign(language, 20), share)
                })
                .collect(),
        }
    }
}

fn facts(row: &ArticleRow, now: DateTime<Utc>) -> Vec<(&'static str, String)> {
    let when = |at: DateTime<Utc>| {
        let when = When::of(at, now);
        format!("{} ({})", when.exact, when.relative)
    };
    let names = |names: &[String]| foreign(&names.join(", "), LINE);
    let mut facts = Vec::new();
    if let Some(at) = row.published_at {
        facts.push((
            "Published",
            format!("{}, by {}", when(at), foreign(&row.published_source, 20)),
        ));
    }
    facts.extend(row.modified_at.map(|at| ("Changed", when(at))));
    facts.push(("Filed", when(row.first_seen_at)));
    if row.updated_at != row.first_seen_at {
        facts.push(("Last revision", when(row.updated_at)));
    }
    facts.extend(row.site_name.as_deref().map(|name| ("Publication", foreign(name, LINE))));
    facts.extend((!row.byline.is_empty()).then(|| ("Authors", names(&row.byline))));
    facts.extend((!row.agency.is_empty()).then(|| ("Agency", names(&row.agency))));
    facts.extend(row.section.as_deref().map(|section| ("Section", foreign(section, LINE))));
    facts.extend(row.language.as_deref().map(|tag| ("Language", foreign(tag, 40))));
    facts.push(("Kind", foreign(&row.kind, 40)));
    facts.push(("Text from", foreign(&row.body_source, 40)));
    facts.push(("Words", count(row.word_count.into())));
    facts.push(("Quality", percent(f64::from(row.quality))));
    facts.extend(rights(&row.rights).map(|words| ("Rights", words)));
    facts
}

/// What the page says about its use. What it does not say is left out.
fn rights(stored: &Value) -> Option<String> {
    let said = stored.as_object()?.iter().filter_map(|(name, value)| match value {
        Value::Null | Value::Bool(false) => None,
        Value::Bool(true) => Some(name.replace('_', " ")),
        Value::String(text) => Some(format!("{}: {text}", name.replace('_', " "))),
        other => Some(format!("{}: {other}", name.replace('_', " "))),
    });
    let said: Vec<String> = said.collect();
    (!said.is_empty()).then(|| foreign(&said.join(", "), 400))
}

fn pair_view(pair: &PairLine, story: Option<i64>) -> PairView {
    let score = &pair.score;
    PairView {
        id: pair.article,
        title: headline(&pair.title),
        odds: format!("{:+.2}", score.log_odds),
        parts: grounds(&score.parts),
        is_tied: story.is_some() && pair.story_id == story,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_said_where_there_are_any() {
        let stored = serde_json::json!({"no_ai": true, "no_index": false, "licence": "CC-BY"});
        assert_eq!(rights(&stored).as_deref(), Some("licence: CC-BY, no ai"));
        for silent in [serde_json::json!({"no_ai": false}), serde_json::json!({}), Value::Null] {
            assert_eq!(rights(&silent), None);
        }
    }
}
