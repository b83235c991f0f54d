//! A text as lines, with what is counted over all of them.

use std::ops::Range;

use foldhash::{HashMap, HashSet};
use wiresift_text::shingles::{hash_of, tokens};

use crate::feature::sums::Sums;
use crate::flat::line::Line;
use crate::flat::{span, title};

/// What a line that is no prose costs the main run, and each word of such a line.
const LABEL_COST: f32 = 40.0;

/// Runs of so many words are looked for in other lines.
const RUN: usize = 3;

/// A word in a greater share of the prose says nothing about the subject.
const FREQUENT: f32 = 0.25;

/// All lines of a text.
pub(crate) struct View<'a> {
    pub(crate) lines: Vec<Line<'a>>,
    /// Prefix sums of the prose, and of all weight.
    pub(crate) prose: Sums,
    pub(crate) weight: Sums,
    /// The run of lines with the most prose and the fewest labels.
    pub(crate) main: Range<usize>,
    /// For each line: how many lines are the same, and how many of them come before it.
    pub(crate) copies: Vec<(u32, u32)>,
    /// For each line: share of its runs of words that other lines have too; below, lines before it.
    pub(crate) repeated: Vec<f32>,
    pub(crate) repeated_before: Vec<f32>,
    /// For each line: share of its words that other prose of the main run has too; below, of its
    /// words that are not frequent there.
    pub(crate) topic: Vec<f32>,
    pub(crate) topic_rare: Vec<f32>,
    /// The line that looks most like the title.
    pub(crate) title: Option<usize>,
    /// Similarity of each line to the title (Jaccard index of the words), and share of its words
    /// that are in the title.
    pub(crate) title_likeness: Vec<f32>,
    pub(crate) title_cover: Vec<f32>,
    /// Share of each line's pairs of words that are in the feed's summary.
    pub(crate) described: Vec<f32>,
}

impl<'a> View<'a> {
    /// Measures all lines. `title` and `summary` are the feed's.
    pub(crate) fn of(lines: Vec<Line<'a>>, title: Option<&str>, summary: Option<&str>) -> Self {
        let cost = |line: &Line<'_>| if line.is_prose { line.measure.weight } else { -LABEL_COST };
        let main = span::heaviest(lines.iter().map(cost));
        let copies = copies(&lines);
        let (repeated, repeated_before) = repeated(&lines);
        let (topic, topic_rare) = topics(&lines, &main);
        let mut view = Self {
            prose: Sums::of(lines.iter().map(Line::mass)),
            weight: Sums::of(lines.iter().map(|line| line.measure.weight)),
            main,
            copies,
            repeated,
            repeated_before,
            topic,
            topic_rare,
            title: None,
            title_likeness: Vec::new(),
            title_cover: Vec::new(),
            described: Vec::new(),
            lines,
        };
        view.title = title::guess(&view, title);
        let words = view.title.and_then(|at| view.lines.get(at)).map(|line| line.words.clone());
        let words = words.or_else(|| title.map(tokens)).unwrap_or_default();
        (view.title_likeness, view.title_cover) = likeness(&view.lines, &words);
        view.described = described(&view.lines, summary);
        view
    }

    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }
}

fn copies(lines: &[Line<'_>]) -> Vec<(u32, u32)> {
    let key = |line: &Line<'_>| hash_of(&line.words);
    let mut all: HashMap<u64, u32> = HashMap::default();
    let before: Vec<u32> = lines
        .iter()
        .map(|line| {
            let count = all.entry(key(line)).or_default();
            *count += 1;
            *count - 1
        })
        .collect();
    let total = |line| all.get(&key(line)).copied().unwrap_or(1);
    lines.iter().map(total).zip(before).collect()
}

/// For each line the share of its runs of words that other lines have, and that earlier ones have.
fn repeated(lines: &[Line<'_>]) -> (Vec<f32>, Vec<f32>) {
    let mut seen: HashMap<u64, (usize, bool)> = HashMap::default();
    for (at, line) in lines.iter().enumerate() {
        for run in line.words.windows(RUN).map(hash_of) {
            let place = seen.entry(run).or_insert((at, false));
            place.1 |= place.0 != at;
        }
    }
    let share = |at: usize, line: &Line<'_>, has: &dyn Fn(usize, &(usize, bool)) -> bool| {
        let runs = line.words.windows(RUN).map(hash_of);
        let hits = runs.filter(|run| seen.get(run).is_some_and(|place| has(at, place))).count();
        hits as f32 / line.words.len().saturating_sub(RUN - 1).max(1) as f32
    };
    let all = |has: &dyn Fn(usize, &(usize, bool)) -> bool| {
        lines.iter().enumerate().map(|(at, line)| share(at, line, has)).collect()
    };
    (all(&|_, place| place.1), all(&|at, place| place.0 < at))
}

/// How much of each line's words the prose of the main run has in other lines.
fn topics(lines: &[Line<'_>], main: &Range<usize>) -> (Vec<f32>, Vec<f32>) {
    let mut in_lines: HashMap<u32, u32> = HashMap::default();
    let mut all = 0.0_f32;
    let is_counted = |at: usize, line: &Line<'_>| main.contains(&at) && line.is_prose;
    for (_, line) in lines.iter().enumerate().filter(|(at, line)| is_counted(*at, line)) {
        all += 1.0;
        for word in line.words.iter().copied().collect::<HashSet<u32>>() {
            *in_lines.entry(word).or_default() += 1;
        }
    }
    let frequent = (all * FREQUENT).max(2.0);
    let of = |at: usize, line: &Line<'_>| {
        let own = u32::from(is_counted(at, line));
        let (mut hits, mut rare, mut rare_hits) = (0.0, 0.0, 0.0);
        for word in &line.words {
            let others = in_lines.get(word).copied().unwrap_or(0).saturating_sub(own);
            let is_rare = others as f32 <= frequent;
            let hit = if others > 0 { 1.0 } else { 0.0 };
            hits += hit;
            if is_rare {
                rare += 1.0;
                rare_hits += hit;
            }
        }
        let share = |hits: f32, of: f32| if of > 0.0 { hits / of } else { -1.0 };
        (share(hits, line.words.len() as f32), share(rare_hits, rare))
    };
    lines.iter().enumerate().map(|(at, line)| of(at, line)).unzip()
}

/// For each line its similarity to the title (Jaccard), and the share of its words that are in it.
pub(crate) fn likeness(lines: &[Line<'_>], title: &[u32]) -> (Vec<f32>, Vec<f32>) {
    let title: HashSet<u32> = title.iter().copied().collect();
    let of = |line: &Line<'_>| {
        let own: HashSet<u32> = line.words.iter().copied().collect();
        let common = own.intersection(&title).count() as f32;
        let all = (own.len() + title.len()) as f32 - common;
        (common / all.max(1.0), common / (own.len() as f32).max(1.0))
    };
    lines.iter().map(of).unzip()
}

fn described(lines: &[Line<'_>], summary: Option<&str>) -> Vec<f32> {
    let known: HashSet<u64> = tokens(summary.unwrap_or_default()).windows(2).map(hash_of).collect();
    let of = |line: &Line<'_>| {
        if known.is_empty() {
            return 0.0;
        }
        wiresift_text::shingles::containment(&line.words, 2, &known)
    };
    lines.iter().map(of).collect()
}
