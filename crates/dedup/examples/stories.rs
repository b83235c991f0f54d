//! Features and groups of the articles of a file, for training and measuring the model of ties
//! (`tools/train/run stories`):
//!
//! - `stories rows FILE.jsonl`: for each pair that the keys of the later article find, and each pair
//!   that standard input names as two ids on a line, one line with the two ids and the features;
//! - `stories group MODEL JOIN FILE.jsonl`: for each article, one line with its id and its story, by
//!   the grouping of the daemon.
//!
//! All articles count as originals. The file has the format that `wiresift dedupe` reads.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{BufRead as _, BufReader, Write as _, stdin, stdout};

use anyhow::{Context as _, anyhow, bail};
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use serde::Deserialize;
use wiresift_dedup::story::{
    Feature, Incoming, LinkIndex, Linked, Model, Rarity, StoryFingerprint, StoryIndex, Term,
    Weighed, language_of,
};

const WINDOW: TimeDelta = TimeDelta::days(7);

/// Rarities are taken anew after so many articles, or a twenty-fifth of the file.
const FEWEST_BETWEEN: usize = 20;

#[derive(Deserialize)]
struct Line {
    id: String,
    #[serde(default)]
    title: Option<String>,
    text: String,
    #[serde(default)]
    published: Option<String>,
    #[serde(default)]
    language: Option<String>,
}

struct Article {
    id: String,
    language: String,
    at: Option<DateTime<Utc>>,
    arrived: DateTime<Utc>,
    fingerprint: Option<StoryFingerprint>,
}

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["rows", file] => rows(&read(file)?),
        ["group", model, join, file] => {
            let text = std::fs::read_to_string(model).with_context(|| (*model).to_owned())?;
            let mut model = Model::parse(&text).map_err(|error| anyhow!("{error}"))?;
            model.join = join.parse()?;
            let earlier = std::env::var("EARLIER").map_or(Ok(Vec::new()), |file| read(&file))?;
            group(&read(file)?, Box::leak(Box::new(model)), &earlier)
        }
        _ => bail!("usage: stories rows FILE.jsonl | stories group MODEL JOIN FILE.jsonl"),
    }
}

fn read(file: &str) -> anyhow::Result<Vec<Article>> {
    let mut arrived = DateTime::UNIX_EPOCH;
    let mut articles = Vec::new();
    for line in BufReader::new(std::fs::File::open(file).context(file.to_owned())?).lines() {
        let line: Line = serde_json::from_str(&line?)?;
        let at = line.published.as_deref().and_then(instant);
        arrived = arrived.max(at.unwrap_or(arrived));
        let language = language_of(line.language.as_deref());
        let title = line.title.unwrap_or_default();
        let fingerprint = StoryFingerprint::of(&title, &line.text, &language);
        articles.push(Article { id: line.id, language, at, arrived, fingerprint });
    }
    Ok(articles)
}

fn instant(text: &str) -> Option<DateTime<Utc>> {
    let parsed = DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc());
    let parsed = parsed.or_else(|| text.parse::<NaiveDateTime>().ok().map(|at| at.and_utc()));
    parsed.or_else(|| Some(text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0)?.and_utc()))
}

fn rows(articles: &[Article]) -> anyhow::Result<()> {
    let mut asked: HashMap<String, BTreeSet<String>> = HashMap::new();
    for line in stdin().lock().lines() {
        let line = line?;
        let Some((one, other)) = line.split_once(' ') else { continue };
        asked.entry(one.to_owned()).or_default().insert(other.to_owned());
        asked.entry(other.to_owned()).or_default().insert(one.to_owned());
    }
    let mut out = std::io::BufWriter::new(stdout().lock());
    let names: Vec<&str> = Feature::ALL.iter().map(|feature| feature.name()).collect();
    writeln!(out, "id other keys {}", names.join(" "))?;
    let mut rarities: HashMap<&str, Rarity> = HashMap::new();
    let mut keys: HashMap<(&str, Term), Vec<usize>> = HashMap::new();
    let mut weighed: Vec<Option<Weighed>> = Vec::new();
    let step = FEWEST_BETWEEN.max(articles.len() / 25);
    for (place, article) in articles.iter().enumerate() {
        let rarity = rarities.entry(&article.language);
        let rarity = rarity.or_insert_with_key(|language| Rarity::new(language));
        if let Some(fingerprint) = &article.fingerprint {
            rarity.counts.add(fingerprint.terms());
        }
        weighed.push(weigh(article, &rarities));
        if place % step == 0 {
            weighed =
                articles.iter().take(place + 1).map(|known| weigh(known, &rarities)).collect();
        }
        let Some(Some(own)) = weighed.get(place) else { continue };
        let own_keys = own.keys();
        let mut shared: BTreeMap<usize, usize> = BTreeMap::new();
        for key in &own_keys {
            let posted = keys.entry((&article.language, *key)).or_default();
            for other in posted.iter() {
                *shared.entry(*other).or_default() += 1;
            }
            posted.push(place);
        }
        let wanted = asked.get(&article.id);
        for (at, other) in articles.iter().take(place).enumerate() {
            let count = shared.get(&at).copied().unwrap_or_default();
            let is_asked = wanted.is_some_and(|ids| ids.contains(&other.id));
            let days = article.at.zip(other.at).map(|(one, other)| (one - other).abs());
            let is_outside =
                article.arrived - other.arrived > WINDOW || days.is_some_and(|days| days > WINDOW);
            if (count < 2 && !is_asked) || is_outside || article.language != other.language {
                continue;
            }
            let Some(Some(another)) = weighed.get(at) else { continue };
            let days = days.map(|days| days.num_seconds() as f32 / 86_400.0);
            let (likeness, _) = own.compare(another, days);
            write!(out, "{} {} {count}", article.id, other.id)?;
            for value in likeness.values() {
                write!(out, " {value:.5}")?;
            }
            writeln!(out)?;
        }
    }
    Ok(out.flush()?)
}

fn weigh(article: &Article, rarities: &HashMap<&str, Rarity>) -> Option<Weighed> {
    let rarity = rarities.get(article.language.as_str())?;
    article.fingerprint.as_ref().map(|fingerprint| Weighed::of(fingerprint, rarity))
}

fn group(articles: &[Article], model: &'static Model, earlier: &[Article]) -> anyhow::Result<()> {
    let mut index = StoryIndex::default().with_model(model);
    let others = earlier.iter().filter_map(|article| article.fingerprint.as_ref());
    for fingerprint in others {
        index.rarities.of("en").counts.add(fingerprint.terms());
    }
    let mut link_index = LinkIndex::default();
    let mut links: Vec<(i64, i64)> = Vec::new();
    for (id, article) in (0..).zip(articles) {
        let Some(fingerprint) = article.fingerprint.clone() else { continue };
        let incoming = Incoming {
            article: id,
            number: id,
            language: article.language.as_str().into(),
            fingerprint: fingerprint.into(),
            published: article.at,
            at: article.arrived,
            is_counted: true,
        };
        let linking = link_index.place(&incoming, &[], WINDOW);
        links.extend(linking.links.into_iter().map(|link| (id, link.article)));
        index.forget(article.arrived - WINDOW);
        let keys = index.keys(&incoming);
        index.discount(&incoming);
        index.place(&incoming, keys, &[], WINDOW);
    }
    let mut of_story: BTreeMap<i64, i64> = BTreeMap::new();
    let known: BTreeMap<i64, i64> = index.stories().collect();
    let stories: HashMap<i64, i64> =
        known.into_iter().map(|(id, story)| (id, *of_story.entry(story).or_insert(id))).collect();
    let story = |id: i64| stories.get(&id).copied().unwrap_or(id);
    let mut linked = Linked::default();
    for (id, article) in (0..).zip(articles) {
        linked.add(story(id), &article.language);
    }
    for (one, other) in links {
        linked.join(story(one), story(other));
    }
    let mut out = std::io::BufWriter::new(stdout().lock());
    for (id, article) in (0..).zip(articles) {
        writeln!(out, "{} {}", article.id, linked.group(story(id)))?;
    }
    Ok(out.flush()?)
}
