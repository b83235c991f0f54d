//! `wiresift dedupe`: finds copies and stories in a file of articles. It files the lines into an
//! index in memory with the daemon's planner, so its judgement is that of the daemon.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use clap::Args;
use serde::{Deserialize, Serialize};
use url::Url;
use wiresift_dedup::story::{
    Incoming, LinkIndex, Linked, StoryFingerprint, StoryIndex, language_of,
};
use wiresift_extract::article::{Article, Dated, Piece};
use wiresift_feed::Validators;
use wiresift_feed::address::{Host, canonical};

use crate::filing::{
    ChangeKind, FeedFields, LookupKeys, MemoryIndex, Origin, Outcome, PendingEntry, ReadArticle,
    Recorded, StorySettings, Submission,
};

#[derive(Debug, Args)]
pub(super) struct DedupeArgs {
    /// A file with one JSON object per line, in order of arrival. Fields: id and text, and if known
    /// title, url, canonical, host, published, seen and language. - reads standard input
    #[arg(value_name = "FILE.jsonl")]
    file: PathBuf,
    /// Write the story, not the original, to the field "cluster"
    #[arg(long)]
    stories: bool,
}

/// A line of the input. Other fields are ignored.
#[derive(Debug, Deserialize)]
struct Line {
    id: String,
    #[serde(default)]
    url: Option<String>,
    /// The address that the page calls canonical.
    #[serde(default)]
    canonical: Option<String>,
    #[serde(default)]
    host: Option<String>,
    #[serde(default)]
    title: Option<String>,
    text: String,
    #[serde(default)]
    published: Option<String>,
    /// When the article arrived. The default is the time of publication. A line never arrives
    /// before the line above it.
    #[serde(default)]
    seen: Option<String>,
    #[serde(default)]
    language: Option<String>,
}

/// A line of the output.
#[derive(Debug, Serialize)]
struct Judged<'a> {
    id: &'a str,
    /// The original, if this is a copy.
    copy_of: Option<&'a str>,
    /// The original, or the line itself. With `--stories`, the first line of the story, or the line
    /// itself.
    cluster: &'a str,
    /// The first line of the story, if the story has several lines.
    story: Option<&'a str>,
}

pub(super) fn run(args: &DedupeArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let input: Box<dyn BufRead> = if args.file.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(&args.file).with_context(|| args.file.display().to_string())?;
        Box::new(BufReader::new(file))
    };
    let mut filed = Filed::default();
    for (number, line) in input.lines().enumerate() {
        let line = line.with_context(|| format!("line {}", number + 1))?;
        if !line.trim().is_empty() {
            let line =
                serde_json::from_str(&line).with_context(|| format!("line {}", number + 1))?;
            filed.take(line).with_context(|| format!("line {}", number + 1))?;
        }
    }
    let mut out = io::BufWriter::new(out);
    for judged in filed.judgements(args.stories) {
        serde_json::to_writer(&mut out, &judged)?;
        writeln!(out)?;
    }
    Ok(out.flush()?)
}

/// The lines that were filed so far.
#[derive(Default)]
struct Filed {
    /// The id of each line, and its article.
    lines: Vec<(String, i64)>,
    index: MemoryIndex,
    stories: StoryIndex,
    /// What links articles of different languages, and the links: the later article first.
    languages: LinkIndex,
    links: Vec<(i64, i64)>,
    /// The language of each original that was assigned to a story.
    language_of: BTreeMap<i64, String>,
    /// The number of originals that were assigned to stories.
    placed: i64,
    /// When the last line arrived.
    at: DateTime<Utc>,
    /// The number of changes that were applied to the stories.
    changes_seen: usize,
}

impl Filed {
    fn take(&mut self, line: Line) -> anyhow::Result<()> {
        let published = line.published.as_deref().map(instant).transpose()?;
        let seen = line.seen.as_deref().map(instant).transpose()?;
        self.at = self.at.max(seen.or(published).unwrap_or(self.at));
        let entry = entry(&line, self.lines.len())?;
        let outcome = Outcome::Article(Box::new(read(&line, published)));
        let lookup = LookupKeys::of_outcome(&entry, &outcome);
        let submission = Submission {
            entry: &entry,
            at: self.at,
            outcome: &outcome,
            next_visit: None,
            lookup: lookup.as_ref(),
            is_held: true,
        };
        let recorded = self.index.file(&[submission])?;
        let Some(Recorded::Judged { article, .. }) = recorded.first() else { return Ok(()) };
        self.lines.push((line.id, *article));
        let language = language_of(line.language.as_deref());
        self.assign_stories(*article, &language, published);
        Ok(())
    }

    /// Applies the new changes to the stories. A copy belongs to the story of its original, so it
    /// is removed from the index.
    fn assign_stories(&mut self, read: i64, language: &str, published: Option<DateTime<Utc>>) {
        let changes = self.index.changes().get(self.changes_seen..).unwrap_or_default();
        let is_copy = |kind| !matches!(kind, ChangeKind::New | ChangeKind::Revised);
        for change in changes.iter().filter(|change| is_copy(change.kind)) {
            self.stories.remove(change.article);
            self.languages.remove(change.article);
        }
        if changes.iter().any(|change| change.article == read && !is_copy(change.kind)) {
            self.place(read, language, published);
        }
        self.changes_seen = self.index.changes().len();
    }

    /// Assigns an original to a story by its current text.
    fn place(&mut self, article: i64, language: &str, published: Option<DateTime<Utc>>) {
        let Some(known) = self.index.original(article) else { return };
        let Some(fingerprint) = StoryFingerprint::of(&known.title, &known.body, language) else {
            return;
        };
        let window = StorySettings::default().window();
        self.placed += 1;
        self.language_of.insert(article, language.to_owned());
        let incoming = Incoming {
            article,
            number: self.placed,
            language: language.into(),
            fingerprint: fingerprint.into(),
            published,
            at: self.at,
            is_counted: !self.stories.has(article),
        };
        let linking = self.languages.place(&incoming, &[], window);
        self.links.extend(linking.links.into_iter().map(|link| (article, link.article)));
        self.stories.forget(self.at - window);
        let keys = self.stories.keys(&incoming);
        self.stories.discount(&incoming);
        self.stories.place(&incoming, keys, &[], window);
    }

    /// The story of each article that is in one. A story may go on in another language.
    fn linked_stories(&self) -> BTreeMap<i64, i64> {
        let of_language: BTreeMap<i64, i64> = self.stories.stories().collect();
        let mut linked = Linked::default();
        // A group is known by its first article.
        let mut of_story: BTreeMap<i64, i64> = BTreeMap::new();
        let mut place = BTreeMap::new();
        for (article, language) in &self.language_of {
            let story = of_language.get(article);
            let first = story.map_or(*article, |story| *of_story.entry(*story).or_insert(*article));
            place.insert(*article, first);
            linked.add(first, language);
        }
        for (one, other) in &self.links {
            // A link ends where an article has become a copy.
            if self.index.original_of(*one) == *one
                && self.index.original_of(*other) == *other
                && let Some((one, other)) = place.get(one).zip(place.get(other))
            {
                linked.join(*one, *other);
            }
        }
        let groups = place.into_iter().map(|(article, first)| (article, linked.group(first)));
        let groups: Vec<(i64, i64)> = groups.collect();
        let mut sizes: BTreeMap<i64, usize> = BTreeMap::new();
        for (_, group) in &groups {
            *sizes.entry(*group).or_default() += 1;
        }
        groups
            .into_iter()
            .filter(|(_, group)| sizes.get(group).is_some_and(|size| *size > 1))
            .collect()
    }

    fn judgements(&self, by_story: bool) -> impl Iterator<Item = Judged<'_>> {
        let mut names: BTreeMap<i64, &str> = BTreeMap::new();
        for (line, article) in &self.lines {
            names.entry(*article).or_insert(line);
        }
        let stories = self.linked_stories();
        let mut first: BTreeMap<i64, &str> = BTreeMap::new();
        for (article, story) in &stories {
            if let Some(name) = names.get(article) {
                first.entry(*story).or_insert(name);
            }
        }
        self.lines.iter().map(move |(line, article)| {
            let original = self.index.original_of(*article);
            let cluster = names.get(&original).copied().unwrap_or(line);
            let story = stories.get(&original).and_then(|story| first.get(story)).copied();
            Judged {
                id: line,
                copy_of: (cluster != line).then_some(cluster),
                cluster: story.filter(|_| by_story).unwrap_or(cluster),
                story,
            }
        })
    }
}

/// A line as an entry of a feed.
fn entry(line: &Line, number: usize) -> anyhow::Result<PendingEntry> {
    let url = line.url.as_deref().and_then(|url| Url::parse(url).ok()).map(|url| canonical(&url));
    let host = url.as_ref().and_then(Host::of).map(|host| host.to_string());
    Ok(PendingEntry {
        id: i64::try_from(number)?,
        feed_id: 0,
        feed_urls: Vec::new(),
        url: url.map(String::from),
        fetch_url: None,
        host: host.or_else(|| line.host.clone()).unwrap_or_default(),
        hops: 0,
        cookies: None,
        failures: 0,
        first_seen_at: DateTime::UNIX_EPOCH,
        feed_fields: FeedFields::default(),
        revisit: None,
    })
}

/// A line as a page that was read.
fn read(line: &Line, published: Option<DateTime<Utc>>) -> ReadArticle {
    let canonical = line.canonical.as_deref().and_then(|url| Url::parse(url).ok());
    let article = Article {
        title: line.title.clone().unwrap_or_default(),
        body: vec![Piece::paragraph(&line.text)],
        language: line.language.clone(),
        published: published.map(Dated::from_feed),
        canonical,
        ..Article::default()
    };
    ReadArticle {
        article,
        body_html: String::new(),
        removed: Vec::new(),
        fetched_url: None,
        page: None,
        validators: Validators::default(),
        memory: None,
        trace: None,
        doubt: None,
        origin: Origin::Source,
    }
}

/// Reads a time in RFC 3339. The default offset is UTC. The default time of day is midnight.
fn instant(text: &str) -> anyhow::Result<DateTime<Utc>> {
    let parsed = DateTime::parse_from_rfc3339(text).map(|at| at.to_utc()).ok();
    let parsed = parsed.or_else(|| text.parse::<NaiveDateTime>().ok().map(|at| at.and_utc()));
    let parsed = parsed.or_else(|| {
        text.parse::<NaiveDate>().ok().map(|day| day.and_time(NaiveTime::MIN).and_utc())
    });
    ensure!(parsed.is_some(), "{text:?} is not a time; write it like 2026-11-22T08:00:00Z");
    Ok(parsed.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const WALL: &str = "The harbour wall of Millbrook will be rebuilt after the winter storms, \
        the town council decided on Monday. Work begins in April and should end \
        before the herring fleet returns, the mayor Ada Lindqvist said. The money \
        comes from the county of Northmere and from the fishing company Brandt.";

    fn clusters(lines: &[String]) -> Vec<String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(lines.join("\n").as_bytes()).unwrap();
        let mut out = Vec::new();
        run(&DedupeArgs { file: file.path().to_owned(), stories: false }, &mut out).unwrap();
        let lines = String::from_utf8(out).unwrap();
        lines
            .lines()
            .map(|line| {
                let line: serde_json::Value = serde_json::from_str(line).unwrap();
                assert_eq!(line["copy_of"].is_null(), line["id"] == line["cluster"]);
                line["cluster"].as_str().unwrap().to_owned()
            })
            .collect()
    }

    fn line(id: &str, host: &str, text: &str) -> String {
        let url = format!("https://{host}/{id}");
        serde_json::json!({"id": id, "url": url, "title": "Harbour wall", "text": text}).to_string()
    }

    #[test]
    fn copies_point_to_the_first() {
        let edited = WALL
            .replace("winter storms", "storms of this winter")
            .replace("on Monday", "yesterday");
        let other = "Snow fell across the northern hills overnight and closed two mountain passes \
            to lorries; the road service hopes to clear them by noon, and schools in the \
            upper valleys stay shut today.";
        let lines = [
            line("a", "one.example", WALL),
            line("b", "two.example", other),
            line("c", "three.example", &edited),
        ];
        assert_eq!(clusters(&lines), ["a", "b", "a"]);
    }

    #[test]
    fn one_address_is_one_article() {
        let snow = "Snow fell across the northern hills overnight and closed two mountain passes.";
        let lines = [line("a", "one.example", WALL), line("a", "www.one.example", snow)];
        assert_eq!(clusters(&lines), ["a", "a"]);
    }

    #[test]
    fn dates_are_read_with_and_without_an_offset() {
        assert_eq!(
            instant("2018-06-01T03:30:23-04:00").unwrap(),
            instant("2018-06-01T07:30:23").unwrap()
        );
        assert!(instant("yesterday").is_err());
    }
}
