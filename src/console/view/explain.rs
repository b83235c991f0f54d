//! The way of an address, from the first sighting to the article, in steps.

use chrono::{DateTime, Utc};

use crate::console::view::format::{LINE, When, count, foreign, percent};
use crate::filing::words;
use crate::store::{ExplainedArticle, ExplainedEntry, Explanation};
use crate::units::counted;

/// Characters of the article's text on the page.
const BEGINNING: usize = 1_200;

/// Removed blocks on the page, and characters of each.
const REMOVED: usize = 60;
const REMOVED_TEXT: usize = 200;

/// How far a step has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    Done,
    /// It goes on by itself.
    Waiting,
    /// It ended here.
    Stopped,
    /// It was not reached.
    Open,
}

impl Progress {
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Waiting => "waiting",
            Self::Stopped => "stopped",
            Self::Open => "open",
        }
    }

    /// For those who do not see the colours.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Waiting => "waits",
            Self::Stopped => "stopped here",
            Self::Open => "not reached",
        }
    }
}

/// One step of the way.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) progress: Progress,
    pub(crate) text: String,
    pub(crate) when: Option<When>,
}

/// The page about an address.
#[derive(Debug, Clone)]
pub(crate) struct ExplainView {
    pub(crate) identity: String,
    pub(crate) steps: Vec<Step>,
    /// Why the site is not asked now.
    pub(crate) hold: Option<String>,
    pub(crate) entries: Vec<EntryView>,
    pub(crate) article: Option<ArticleView>,
}

#[derive(Debug, Clone)]
pub(crate) struct EntryView {
    pub(crate) feed: String,
    pub(crate) title: String,
    pub(crate) state: String,
    pub(crate) cause: String,
    pub(crate) is_lost: bool,
    pub(crate) first: When,
    pub(crate) last: When,
    pub(crate) next: Option<When>,
    pub(crate) failures: i32,
}

#[derive(Debug, Clone)]
pub(crate) struct ArticleView {
    pub(crate) id: i64,
    pub(crate) title: String,
    /// Names and values.
    pub(crate) facts: Vec<(&'static str, String)>,
    pub(crate) paragraphs: Vec<String>,
    pub(crate) is_cut: bool,
    /// Reason and text.
    pub(crate) removed: Vec<(String, String)>,
    pub(crate) removed_count: String,
    /// Number, kind, reason, time.
    pub(crate) revisions: Vec<(i32, String, String, When)>,
}

impl ExplainView {
    pub(crate) fn of(explanation: &Explanation, now: DateTime<Utc>) -> Self {
        let hold = match &explanation.site {
            Some((Some(next), why)) if *next > now => {
                let why = why.as_deref().unwrap_or("the pause between requests");
                let when = When::of(*next, now).relative;
                Some(format!("The site is asked again {when}: {}", foreign(why, LINE)))
            }
            _ => None,
        };
        Self {
            identity: foreign(&explanation.identity, 600),
            steps: steps(explanation, now),
            hold,
            entries: explanation.entries.iter().map(|entry| entry_view(entry, now)).collect(),
            article: explanation.article.as_ref().map(|article| article_view(article, now)),
        }
    }
}

/// The entry that has come farthest: one with the article, one that waits, else the newest.
fn farthest(entries: &[ExplainedEntry]) -> Option<&ExplainedEntry> {
    let rank = |entry: &&ExplainedEntry| match entry.state.as_str() {
        "filed" | "copy" | "revision" => 2,
        "pending" => 1,
        _ => 0,
    };
    entries.iter().max_by_key(rank)
}

pub(crate) fn steps(explanation: &Explanation, now: DateTime<Utc>) -> Vec<Step> {
    let entries = &explanation.entries;
    let entry = farthest(entries);
    let mut steps = vec![shown(entries, explanation.article.is_some(), now)];
    steps.push(read(entry, explanation.article.is_some(), now));
    steps.push(judged(entry, explanation.article.as_ref(), now));
    steps.push(filed(explanation.article.as_ref(), now));
    steps
}

fn step(name: &'static str, progress: Progress, text: impl Into<String>) -> Step {
    Step { name, progress, text: text.into(), when: None }
}

fn shown(entries: &[ExplainedEntry], is_on_file: bool, now: DateTime<Utc>) -> Step {
    let Some(first) = entries.iter().min_by_key(|entry| entry.first_seen_at) else {
        return if is_on_file {
            step("Shown", Progress::Done, "its entries are no longer kept")
        } else {
            step("Shown", Progress::Stopped, "no feed has shown this address")
        };
    };
    let others = match entries.len() - 1 {
        0 => String::new(),
        others => format!(", and {} more", counted(others, "time")),
    };
    let text = format!("by {}{others}", foreign(&first.feed_url, 160));
    Step { when: Some(When::of(first.first_seen_at, now)), ..step("Shown", Progress::Done, text) }
}

fn read(entry: Option<&ExplainedEntry>, is_on_file: bool, now: DateTime<Utc>) -> Step {
    let Some(entry) = entry else {
        let progress = if is_on_file { Progress::Done } else { Progress::Open };
        return step("Read", progress, "");
    };
    let cause = in_words(&entry.cause);
    match entry.state.as_str() {
        "pending" => {
            let tries = match entry.failures {
                0 => String::new(),
                failures => format!("; failed {failures} times so far"),
            };
            let when = entry.next_try_at.map(|at| When::of(at, now));
            Step { when, ..step("Read", Progress::Waiting, format!("{cause}{tries}")) }
        }
        "skipped" | "abandoned" => {
            let when = entry.ended_at.map(|at| When::of(at, now));
            Step { when, ..step("Read", Progress::Stopped, cause) }
        }
        "expired" => step("Read", Progress::Stopped, "its article was deleted for its age"),
        _ => {
            let when = entry.ended_at.map(|at| When::of(at, now));
            Step { when, ..step("Read", Progress::Done, "the page or the feed has a text") }
        }
    }
}

fn judged(
    entry: Option<&ExplainedEntry>,
    article: Option<&ExplainedArticle>,
    now: DateTime<Utc>,
) -> Step {
    let Some(article) = article else { return step("Judged", Progress::Open, "") };
    let text = match (article.copy_of, article.similarity) {
        (Some(original), similarity) => {
            let share = percent(f64::from(similarity.unwrap_or(1.0)));
            format!("a copy of article {original}, {share} alike")
        }
        (None, _) => entry.map_or_else(
            || "an article of its own".to_owned(),
            |entry| match entry.cause.as_str() {
                cause if cause.starts_with("known") => "known: the article was on file".to_owned(),
                cause if cause.starts_with("new") => "new".to_owned(),
                cause => foreign(cause, 60),
            },
        ),
    };
    let when = entry.and_then(|entry| entry.ended_at).map(|at| When::of(at, now));
    Step { when, ..step("Judged", Progress::Done, text) }
}

fn filed(article: Option<&ExplainedArticle>, now: DateTime<Utc>) -> Step {
    let Some(article) = article else { return step("On file", Progress::Open, "") };
    let revisions = article.revisions.len();
    let text = format!("as article {}, {}", article.id, counted(revisions.max(1), "revision"));
    let when = article.revisions.first().map(|(.., at)| When::of(*at, now));
    Step { when, ..step("On file", Progress::Done, text) }
}

fn in_words(cause: &str) -> String {
    let name = foreign(cause, 60);
    words::explained(cause).map_or_else(|| name.clone(), |words| format!("{name}: {words}"))
}

fn entry_view(entry: &ExplainedEntry, now: DateTime<Utc>) -> EntryView {
    EntryView {
        feed: foreign(&entry.feed_url, LINE),
        title: foreign(entry.title.as_deref().unwrap_or("without a title"), LINE),
        state: foreign(&entry.state, 20),
        cause: in_words(&entry.cause),
        is_lost: matches!(entry.state.as_str(), "skipped" | "abandoned"),
        first: When::of(entry.first_seen_at, now),
        last: When::of(entry.last_seen_at.max(entry.first_seen_at), now),
        next: entry.next_try_at.map(|at| When::of(at, now)),
        failures: entry.failures,
    }
}

fn article_view(article: &ExplainedArticle, now: DateTime<Utc>) -> ArticleView {
    let mut facts = vec![
        ("Address", foreign(&article.url, 600)),
        ("Text from", foreign(&article.body_source, 40)),
        ("Quality", format!("{:.2}", article.quality)),
        ("Copies", count(i64::from(article.copies))),
    ];
    if let Some(story) = &article.story {
        let (title, articles) = (foreign(&story.title, 140), count(story.articles));
        facts.push(("Story", format!("{title} ({articles} articles, {} sources)", story.sources)));
    }
    let beginning: String = article.body.chars().take(BEGINNING).collect();
    let removed = article.removed.iter().take(REMOVED);
    ArticleView {
        id: article.id,
        title: foreign(&article.title, LINE),
        facts,
        is_cut: beginning.len() < article.body.len(),
        paragraphs: beginning.split("\n\n").map(|text| foreign(text, BEGINNING)).collect(),
        removed: removed
            .map(|(_, reason, text)| (foreign(reason, 60), foreign(text, REMOVED_TEXT)))
            .collect(),
        removed_count: count(article.removed.len() as i64),
        revisions: article
            .revisions
            .iter()
            .map(|(number, kind, reason, at)| {
                (*number, foreign(kind, 40), foreign(reason, 40), When::of(*at, now))
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn entry(state: &str, cause: &str) -> ExplainedEntry {
        ExplainedEntry {
            feed_url: "https://paper.example/feed".into(),
            guid: None,
            url: None,
            title: None,
            state: state.into(),
            cause: cause.into(),
            first_seen_at: NOW,
            last_seen_at: NOW,
            ended_at: None,
            next_try_at: None,
            fetch_url: None,
            failures: 0,
        }
    }

    fn progress(entries: Vec<ExplainedEntry>) -> Vec<Progress> {
        let explanation = Explanation { identity: "x".into(), entries, article: None, site: None };
        steps(&explanation, NOW).iter().map(|step| step.progress).collect()
    }

    #[test]
    fn the_way_stops_where_it_ended() {
        use Progress::{Done, Open, Stopped, Waiting};
        assert_eq!(progress(Vec::new()), [Stopped, Open, Open, Open]);
        assert_eq!(progress(vec![entry("pending", "timeout")]), [Done, Waiting, Open, Open]);
        assert_eq!(progress(vec![entry("abandoned", "no-text")]), [Done, Stopped, Open, Open]);
    }

    #[test]
    fn the_entry_that_has_come_farthest_tells_the_way() {
        let entries = vec![entry("abandoned", "missing"), entry("pending", "waiting")];
        assert_eq!(progress(entries)[1], Progress::Waiting);
    }
}
