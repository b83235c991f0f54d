//! `wiresift dedupe`: which of these articles are copies of which, and which tell one event? The daemon's judgement, without its database.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use clap::Args;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::filing::StorySettings;
use crate::filing::judge::{Candidates, IncomingArticle, Known, Verdict, judge};
use wiresift_dedup::cluster::{Edge, Member};
use wiresift_dedup::copy::Agreement;
use wiresift_dedup::fingerprint::{ExactDigest, Fingerprinted};
use wiresift_dedup::index::{DuplicateIndex, SeenText, day};
use wiresift_dedup::story::{StoryFingerprint, StoryIndex, language_of};
use wiresift_feed::address::{Host, IdentityKey, canonical};

/// Arguments of `dedupe`.
#[derive(Debug, Args)]
pub(super) struct DedupeArgs {
    /// One JSON object a line, in order of arrival: id, title and text, and, where known, url, host, published and
    /// language (stories are told apart by it); - is standard input
    #[arg(value_name = "FILE.jsonl")]
    file: PathBuf,
    /// Let "cluster" name the story instead of the original
    #[arg(long)]
    stories: bool,
}

/// A line of the input. What else it has is passed over.
#[derive(Debug, Deserialize)]
struct Line {
    id: String,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    host: Option<String>,
    #[serde(default)]
    title: Option<String>,
    text: String,
    #[serde(default)]
    published: Option<String>,
    #[serde(default)]
    language: Option<String>,
}

/// A line of the output.
#[derive(Debug, Serialize)]
struct Judged<'a> {
    id: &'a str,
    /// The original, where this is a copy of one.
    copy_of: Option<&'a str>,
    /// The original, or the line itself; asked for stories, the first line of the story, or the line itself.
    cluster: &'a str,
    /// The first line of the story, where it has been told more than once.
    story: Option<&'a str>,
}

pub(super) fn run(args: &DedupeArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let input: Box<dyn BufRead> = if args.file.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(&args.file).with_context(|| args.file.display().to_string())?;
        Box::new(BufReader::new(file))
    };
    let mut desk = Desk::default();
    for (number, line) in input.lines().enumerate() {
        let line = line.with_context(|| format!("line {}", number + 1))?;
        if !line.trim().is_empty() {
            let line =
                serde_json::from_str(&line).with_context(|| format!("line {}", number + 1))?;
            desk.judge(line).with_context(|| format!("line {}", number + 1))?;
        }
    }
    let mut out = io::BufWriter::new(out);
    for judged in desk.judgements(args.stories) {
        serde_json::to_writer(&mut out, &judged)?;
        writeln!(out)?;
    }
    Ok(out.flush()?)
}

/// Everything read so far: what the daemon has in its database.
#[derive(Default)]
struct Desk {
    /// The line that first told of an article, and the article that each line is. Articles count from 0.
    lines: Vec<(String, i64)>,
    articles: Vec<(Known, Member)>,
    by_key: HashMap<String, i64>,
    by_digest: HashMap<ExactDigest, i64>,
    duplicates: DuplicateIndex,
    /// By language, what stories are told from.
    indexes: HashMap<String, StoryIndex>,
    /// Arrival of the last line: where a line has no date, it came with the one before.
    at: DateTime<Utc>,
}

impl Desk {
    fn judge(&mut self, line: Line) -> anyhow::Result<()> {
        let published = line.published.as_deref().map(instant).transpose()?;
        self.at = self.at.max(published.unwrap_or(self.at));
        let url = line.url.as_deref().and_then(|url| Url::parse(url).ok());
        let host = url.as_ref().and_then(Host::of).map(|host| host.as_str().to_owned());
        let host = host.or(line.host).unwrap_or_default();
        let title = line.title.unwrap_or_default();
        let key = url.map(|url| IdentityKey::of(&canonical(&url)).as_str().to_owned());
        let digest = ExactDigest::of(&title, &line.text);
        let incoming = IncomingArticle {
            host: &host,
            title: &title,
            body: &line.text,
            digest,
            is_excerpt: false,
        };
        let candidates = Candidates {
            by_address: key.as_ref().and_then(|key| self.known(*self.by_key.get(key)?)),
            by_canonical: None,
            by_claim: None,
            by_digest: self.by_digest.get(&digest).and_then(|article| self.known(*article)),
        };
        let next = i64::try_from(self.articles.len())?;
        let verdict = judge(&incoming, &candidates);
        let (article, of) = match verdict {
            Verdict::Same { article, .. } | Verdict::Revision { article, .. } => (article, None),
            Verdict::Copy { of, .. } => (next, Some(of)),
            Verdict::New => (next, None),
        };
        self.lines.push((line.id, article));
        if let Some(key) = key {
            self.by_key.entry(key).or_insert(article);
        }
        if !matches!(verdict, Verdict::Same { .. }) {
            let known = Known {
                id: article,
                copy_of: None,
                host,
                revision: 1,
                title,
                body: line.text,
                digest,
                is_retracted: false,
            };
            let language = language_of(line.language.as_deref());
            let fingerprint = StoryFingerprint::of(&known.title, &known.body, &language);
            for copy in self.file(known, of) {
                self.indexes.values_mut().for_each(|index| index.remove(copy));
            }
            if let Some(fingerprint) = fingerprint.filter(|_| article == next) {
                self.tell(article, fingerprint, published, language);
            }
        }
        Ok(())
    }

    /// Puts an original where its story is.
    fn tell(
        &mut self,
        article: i64,
        fingerprint: StoryFingerprint,
        published: Option<DateTime<Utc>>,
        language: String,
    ) {
        if self.duplicates.clusters.original_of(article) == article {
            let window = StorySettings::default().window();
            let live = self
                .indexes
                .entry(language)
                .or_insert_with_key(|language| StoryIndex::new(language));
            live.place(article, fingerprint, published, self.at, window);
        }
    }

    fn known(&self, article: i64) -> Option<&Known> {
        self.articles.get(usize::try_from(article).ok()?).map(|(known, _)| known)
    }

    /// Files a new text, of a new article or of one that it revises. The answer are originals that became copies.
    fn file(&mut self, known: Known, of: Option<i64>) -> Vec<i64> {
        let article = known.id;
        let (digest, title, body) = (known.digest, known.title.clone(), known.body.clone());
        let place = usize::try_from(article).unwrap_or(usize::MAX);
        let member = if let Some((before, member)) = self.articles.get_mut(place) {
            *before = known;
            *member
        } else {
            let member =
                Member { article, original: article, first_seen_at: self.at, published_at: None };
            self.articles.push((known, member));
            member
        };
        self.by_digest.entry(digest).or_insert(article);
        let mut edges: Vec<Edge> =
            of.map(|other| Edge { other, agreement: Agreement::WHOLE }).into_iter().collect();
        let Some(fingerprinted) = Fingerprinted::of(&title, &body) else {
            let joining = self.duplicates.clusters.join(&member, &edges);
            self.duplicates.clusters.settle(&member, joining.as_ref());
            return joining.map(|joining| joining.absorbed).unwrap_or_default();
        };
        let text = SeenText { member, fingerprinted: &fingerprinted, at: self.at };
        let mut found = self.duplicates.find(&text);
        while !found.new_stop_keys.is_empty() {
            for key in &found.new_stop_keys {
                self.duplicates.keys_index.mark_stop_key(*key, day(self.at));
            }
            found = self.duplicates.find(&text);
        }
        edges.extend(self.duplicates.edges(&text, &found.candidates));
        let joining = self.duplicates.clusters.join(&member, &edges);
        self.duplicates.enter(&text, &found, &edges, joining.as_ref());
        joining.map(|joining| joining.absorbed).unwrap_or_default()
    }

    fn judgements(&self, by_story: bool) -> impl Iterator<Item = Judged<'_>> {
        let mut names: BTreeMap<i64, &str> = BTreeMap::new();
        for (line, article) in &self.lines {
            names.entry(*article).or_insert(line);
        }
        let mut stories: BTreeMap<i64, (&str, i64)> = BTreeMap::new();
        for (language, index) in &self.indexes {
            stories.extend(
                index.stories().map(|(article, story)| (article, (language.as_str(), story))),
            );
        }
        let mut first: BTreeMap<(&str, i64), &str> = BTreeMap::new();
        for (article, story) in &stories {
            if let Some(name) = names.get(article) {
                first.entry(*story).or_insert(name);
            }
        }
        self.lines.iter().map(move |(line, article)| {
            let original = self.duplicates.clusters.original_of(*article);
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

/// An instant as RFC 3339 writes it; without an offset it is UTC, without a time the day's first.
fn instant(text: &str) -> anyhow::Result<DateTime<Utc>> {
    let parsed = DateTime::parse_from_rfc3339(text).map(|at| at.to_utc()).ok();
    let parsed = parsed.or_else(|| text.parse::<NaiveDateTime>().ok().map(|at| at.and_utc()));
    let parsed = parsed.or_else(|| {
        text.parse::<NaiveDate>().ok().map(|day| day.and_time(NaiveTime::MIN).and_utc())
    });
    ensure!(parsed.is_some(), "published is {text:?}; write it like 2026-11-22T08:00:00Z");
    Ok(parsed.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const WALL: &str = "The harbour wall of Millbrook will be rebuilt after the winter storms, the town council \
        decided on Monday. Work begins in April and should end before the herring fleet returns, the mayor Ada \
        Lindqvist said. The money comes from the county of Northmere and from the fishing company Brandt.";

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
        serde_json::json!({"id": id, "url": format!("https://{host}/{id}"), "title": "Harbour wall", "text": text})
            .to_string()
    }

    #[test]
    fn copies_point_to_the_first() {
        let edited = WALL
            .replace("winter storms", "storms of this winter")
            .replace("on Monday", "yesterday");
        let other = "Snow fell across the northern hills overnight and closed two mountain passes to lorries; \
            the road service hopes to clear them by noon, and schools in the upper valleys stay shut today.";
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
