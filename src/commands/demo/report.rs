//! The report of the demo, one section for each question.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;

use url::Url;

use crate::commands::demo::check::{Case, Findings};
use crate::commands::demo::place::Place;
use crate::commands::demo::words::{clip, quoted};
use crate::commands::paint::Paint;
use crate::store::ExplainedArticle;
use wiresift_demo_world::{Access, TruthKind};

/// Cells of a text that are shown on one line.
const LINE: usize = 88;

/// Removed blocks that are shown of a page.
const REMOVED_SHOWN: usize = 24;

pub(super) struct Report<'a> {
    pub(super) findings: &'a Findings,
    pub(super) place: &'a Place,
    pub(super) once: bool,
    pub(super) paint: Paint,
}

impl Report<'_> {
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        self.feeds(&mut out);
        self.filed(&mut out);
        self.truth(&mut out);
        self.before_and_after(&mut out);
        self.memory(&mut out);
        self.revision(&mut out);
        self.copies(&mut out);
        self.stories(&mut out);
        self.further(&mut out);
        self.verdict(&mut out);
        out
    }

    fn heading(&self, out: &mut String, text: &str) {
        let _ = writeln!(out, "\n{}", self.paint.bold(text));
    }

    fn feeds(&self, out: &mut String) {
        self.heading(out, "What was polled");
        let _ = writeln!(out, "  state    answers             entries  feed");
        for feed in &self.findings.feeds {
            let answers = self.answers(&feed.url);
            let state = format!("{:<7}", feed.state);
            let state = if feed.state == "active" {
                self.paint.good(&state)
            } else {
                self.paint.bad(&state)
            };
            let name = feed.name.as_deref().unwrap_or(&feed.url);
            let _ = writeln!(out, "  {state}  {answers:<19} {:>6}  {name}", feed.entries);
            if let Some(error) = &feed.last_error {
                let _ = writeln!(out, "{:38}{}", "", self.paint.bad(error));
            }
            if let Some(moved) = self.moved(&feed.url) {
                let _ = writeln!(out, "{:38}{}", "", self.paint.dim(&moved));
            }
        }
    }

    /// How often the feed's own address answered with which status, such as "2x200 1x304".
    fn answers(&self, feed: &str) -> String {
        let Ok(url) = Url::parse(feed) else { return String::new() };
        let mut counts = std::collections::BTreeMap::new();
        for seen in &self.findings.requests {
            if Some(seen.host.as_str()) == url.host_str() && seen.path == url.path() {
                *counts.entry(seen.status).or_insert(0_u32) += 1;
            }
        }
        let counts: Vec<String> =
            counts.iter().map(|(status, count)| format!("{count}x{status}")).collect();
        counts.join(" ")
    }

    fn moved(&self, feed: &str) -> Option<String> {
        self.answers(feed).contains("x301").then(|| {
            "moved for good: followed, validators and entries kept, reported in news.events"
                .to_owned()
        })
    }

    fn filed(&self, out: &mut String) {
        self.heading(out, "What became of every entry");
        for (state, cause, count) in &self.findings.status.entries {
            let _ = writeln!(out, "  {count:>4}  {state:<10} {cause}");
        }
        let sums = &self.findings.sums;
        let _ = writeln!(
            out,
            "  {:>4}  in all; {} articles on file, {} changes logged",
            sums.entries, sums.articles, sums.changes
        );
    }

    fn truth(&self, out: &mut String) {
        self.heading(out, "Compared with the true texts");
        let _ = writeln!(out, "  due  filed  exact  lines of chrome  paragraphs lost  outlet");
        let mut hosts: Vec<&str> = self.findings.cases.iter().map(Case::host).collect();
        hosts.dedup();
        for host in hosts {
            let cases: Vec<&Case> = self
                .findings
                .cases
                .iter()
                .filter(|case| case.host() == host && case.is_due())
                .collect();
            let _ = writeln!(out, "{}  {host}", row(&cases));
        }
        let due: Vec<&Case> = self.findings.cases.iter().filter(|case| case.is_due()).collect();
        let _ = writeln!(out, "{}  all", self.paint.bold(&row(&due)));
        for case in due.iter().filter(|case| !case.is_exact()) {
            self.miss(out, case);
        }
        for case in self.findings.cases.iter().filter(|case| !case.is_due()) {
            let why = match case.truth.access {
                Access::Forbidden => "forbidden by robots.txt",
                _ => "its page is missing and the feed only has a teaser",
            };
            let ended: Vec<String> = case
                .known
                .entries
                .iter()
                .map(|entry| format!("{}, {}", entry.state, entry.cause))
                .collect();
            let _ = writeln!(
                out,
                "  {}",
                self.paint.dim(&format!(
                    "not due, {why}: {} ({})",
                    case.truth.title,
                    ended.join("; ")
                ))
            );
        }
    }

    fn miss(&self, out: &mut String, case: &Case) {
        let Some(article) = case.article() else { return };
        let _ = writeln!(out, "  {}", self.paint.bad(&format!("not exact: {}", case.truth.url)));
        if article.title != case.truth.title {
            let _ = writeln!(out, "      title   {}", short(&article.title));
        }
        for (mark, texts) in [("lost", &case.missing), ("added", &case.extra)] {
            for text in texts {
                let _ = writeln!(out, "      {mark:<7} {}", short(text));
            }
        }
    }

    fn before_and_after(&self, out: &mut String) {
        // The page with the most kinds of boilerplate shows more than the one with the most blocks.
        let kinds = |case: &&Case| {
            let removed = case.article().map(|article| &article.removed);
            let mut kinds: Vec<&str> =
                removed.into_iter().flatten().map(|(_, reason, _)| reason.as_str()).collect();
            kinds.sort_unstable();
            kinds.dedup();
            kinds.len()
        };
        let exact = self
            .findings
            .cases
            .iter()
            .filter(|case| case.is_exact() && case.truth.language == "en");
        let Some(case) = exact.max_by_key(kinds) else { return };
        let Some(article) = case.article() else { return };
        self.heading(out, "One page, block by block");
        let _ = writeln!(out, "  {}\n  {}\n", article.title, self.paint.dim(&article.url));
        for paragraph in article.body.split("\n\n") {
            let _ = writeln!(out, "  {} {}", self.paint.good("kept   "), short(paragraph));
        }
        for (_, reason, text) in article.removed.iter().take(REMOVED_SHOWN) {
            let _ = writeln!(
                out,
                "  {} {:<20} {}",
                self.paint.bad("removed"),
                reason,
                clip(text, LINE - 21)
            );
        }
        let more = article.removed.len().saturating_sub(REMOVED_SHOWN);
        if more > 0 {
            let _ = writeln!(
                out,
                "  {}",
                self.paint.dim(&format!("and {more} more; `explain` shows all of them"))
            );
        }
    }

    /// What no single page shows: a block that the other articles of the site have as well.
    fn memory(&self, out: &mut String) {
        let is_by_memory = |(_, reason, _): &&(i32, String, String)| reason.starts_with("memory");
        let learned = self.findings.cases.iter().filter_map(|case| {
            let article = case.article()?;
            let revision = article.revisions.iter().find(|(.., reason, _)| reason == "memory")?;
            Some((article, revision, article.removed.iter().find(is_by_memory)?))
        });
        let learned: Vec<_> = learned.collect();
        let Some((article, (number, ..), (_, reason, text))) = learned.first() else { return };
        self.heading(out, "What only the other articles of a site show");
        let _ = writeln!(out, "  {}\n  {}\n", article.title, self.paint.dim(&article.url));
        let _ = writeln!(out, "  revision 1 ends with a paragraph of the site:");
        let _ = writeln!(out, "  {} {text}", self.paint.bad("-"));
        let _ = writeln!(out, "  revision {number} is without it. {reason}");
        let _ = writeln!(
            out,
            "  {}",
            self.paint.dim(&format!(
                "{} articles that were read before that was known have such a revision",
                learned.len()
            ))
        );
    }

    fn revision(&self, out: &mut String) {
        let Some((case, before)) =
            self.findings.cases.iter().find_map(|case| Some((case, case.before.as_ref()?)))
        else {
            return;
        };
        let Some(article) = case.article() else { return };
        self.heading(out, "An article that was corrected");
        let _ = writeln!(out, "  {}", article.title);
        for (revision, kind, reason, seen_at) in &article.revisions {
            let _ = writeln!(
                out,
                "  revision {revision}  {kind} (seen on the {reason}), {}",
                seen_at.format("%H:%M:%S UTC")
            );
        }
        for text in before.iter().filter(|text| !case.truth.paragraphs.contains(text)) {
            let _ = writeln!(out, "  {} {}", self.paint.bad("-"), text);
        }
        for text in case.truth.paragraphs.iter().filter(|text| !before.contains(text)) {
            let _ = writeln!(out, "  {} {}", self.paint.good("+"), text);
        }
    }

    fn copies(&self, out: &mut String) {
        self.heading(out, "Texts that ran at two outlets");
        for case in &self.findings.cases {
            let (Some(original), Some(article)) = (case.original(), case.article()) else {
                continue;
            };
            let other = self.findings.cases.iter().find(|other| other.truth.url == original);
            let other = other.and_then(Case::article);
            let how = match case.truth.kind {
                TruthKind::EditedCopyOf(_) => "cut and touched up",
                _ => "word for word, under another headline",
            };
            let copy = other.and_then(|other| copy_among(article, other));
            let verdict = match copy {
                Some(copy) => self.paint.good(&format!(
                    "recognised: one is on file as a copy of the other, similarity {:.2}",
                    copy.similarity.unwrap_or(1.0)
                )),
                None => self.paint.bad("not recognised: both are on file as originals"),
            };
            let _ = writeln!(out, "  {} ({}), {how}", article.title, case.host());
            if let Some(other) = other {
                let _ = writeln!(out, "  {}", other.title);
            }
            let _ = writeln!(out, "      {verdict}");
        }
    }

    fn stories(&self, out: &mut String) {
        self.heading(out, "Events that several outlets reported in their own words");
        let mut events: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
        for case in &self.findings.cases {
            if let Some(event) = &case.truth.story {
                events.entry(event).or_default().push(case);
            }
        }
        for cases in events.values() {
            let story = |case: &Case| case.article()?.story.clone();
            let stories: Vec<_> = cases.iter().map(|case| story(case)).collect();
            for case in cases {
                let _ = writeln!(out, "  {} ({})", case.truth.title, case.host());
            }
            let verdict = match stories.first() {
                Some(Some(first))
                    if stories.iter().flatten().all(|story| story == first)
                        && !stories.contains(&None) =>
                {
                    self.paint.good(&format!(
                        "recognised: story {}, {} articles of {} sources",
                        first.id, first.articles, first.sources
                    ))
                }
                _ => self.paint.bad("not recognised as one story"),
            };
            let _ = writeln!(out, "      {verdict}");
        }
    }

    fn further(&self, out: &mut String) {
        self.heading(out, "Look further");
        let program = env::current_exe()
            .map_or_else(|_| "wiresift".into(), |path| path.display().to_string());
        let program = quoted(&program);
        let mut config = self.place.config_file();
        if self.place.is_gone_after(self.once) {
            let _ = writeln!(out, "  This database is deleted when the demo ends. To keep one:");
            let _ = writeln!(out, "  {program} demo --once --dir DIR");
            config = "DIR/wiresift.toml".into();
        }
        // DATABASE_URL would override the demo's configuration.
        let unset = if env::var_os("DATABASE_URL").is_some() { "env -u DATABASE_URL " } else { "" };
        let wiresift = format!("{unset}{program} --config {}", quoted(&config.to_string_lossy()));
        for arguments in [
            "status",
            "psql -c 'SELECT id, host, title FROM news.articles \
             ORDER BY published_at DESC LIMIT 10'",
            "psql -c 'SELECT * FROM news.changes(0) LIMIT 10'",
            "export --format jsonl",
        ] {
            let _ = writeln!(out, "  {wiresift} {arguments}");
        }
        if let Some(case) = self.findings.cases.iter().find(|case| case.before.is_some())
            && !self.place.is_gone_after(self.once)
        {
            let _ = writeln!(out, "  {wiresift} explain {}", quoted(&case.truth.url));
        }
    }

    fn verdict(&self, out: &mut String) {
        let faults = self.findings.faults();
        let due: Vec<&Case> = self.findings.cases.iter().filter(|case| case.is_due()).collect();
        let exact = due.iter().filter(|case| case.is_exact()).count();
        let chrome: usize = due.iter().map(|case| case.chrome.len()).sum();
        let _ = writeln!(
            out,
            "\n{exact} of {} articles exactly right, {chrome} lines of chrome in bodies.",
            due.len()
        );
        if faults.is_empty() {
            let _ = writeln!(out, "{}", self.paint.good("The sums agree and nothing is missing."));
        }
        for fault in faults {
            let _ = writeln!(out, "{}", self.paint.bad(&fault));
        }
    }
}

fn row(cases: &[&Case]) -> String {
    let count = |of: fn(&Case) -> usize| cases.iter().map(|case| of(case)).sum::<usize>();
    format!(
        "  {:>3}  {:>5}  {:>5}  {:>15}  {:>15}",
        cases.len(),
        count(|case| usize::from(case.article().is_some())),
        count(|case| usize::from(case.is_exact())),
        count(|case| case.chrome.len()),
        count(|case| case.missing.len())
    )
}

/// The one of the two that is a copy of the other.
fn copy_among<'a>(
    one: &'a ExplainedArticle,
    other: &'a ExplainedArticle,
) -> Option<&'a ExplainedArticle> {
    if one.copy_of == Some(other.id) {
        Some(one)
    } else {
        (other.copy_of == Some(one.id)).then_some(other)
    }
}

fn short(text: &str) -> String {
    clip(text, LINE)
}
