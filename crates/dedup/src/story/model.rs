//! The model of ties: small decision trees that turn the likeness of two articles into log-odds.
//!
//! `tools/train/run stories` makes the file (`ties.model`). Its lines are
//!
//! ```text
//! wiresift-ties 1
//! join -0.75
//! feature lead
//! tree 0:0.25:-0.1 -0.4 0.3
//! ```
//!
//! `join` is the mean log-odds from which groups are one story. The names of features are in the
//! order in which nodes count them. A tree is written from its root: a node as feature, threshold
//! and the mean of its leaves, then the branch for values up to the threshold, then the other
//! branch. A leaf is one number. The score of a pair is the sum of the leaves that it reaches.
//!
//! The means explain a score: each step from a node to its branch changes the expected sum, and the
//! change belongs to the feature of the node (Saabas 2014).

use std::sync::LazyLock;

use crate::story::likeness::{Feature, Likeness};

/// The most nodes of all trees, and the most steps from a root to a leaf.
const MOST_NODES: usize = 60_000;
const MOST_STEPS: usize = 12;

#[derive(Debug, Clone, Copy)]
struct Node {
    threshold: f32,
    /// The value of a leaf, or the mean of the leaves below.
    value: f32,
    feature: u16,
    /// The distance to the branch for higher values; 0 for a leaf. The branch for values up to the
    /// threshold follows the node.
    otherwise: u16,
}

/// Decision trees over the features of a pair.
#[derive(Debug, Clone)]
pub struct Model {
    nodes: Vec<Node>,
    roots: Vec<usize>,
    /// The mean log-odds from which groups are one story.
    pub join: f64,
}

/// The model that is compiled into the crate. A test rules out that the file is broken.
static EMBEDDED: LazyLock<Model> =
    LazyLock::new(|| Model::parse(include_str!("ties.model")).unwrap_or_default());

impl Default for Model {
    /// A model that ties nothing.
    fn default() -> Self {
        Self { nodes: Vec::new(), roots: Vec::new(), join: f64::INFINITY }
    }
}

impl Model {
    /// The model that is compiled into the crate.
    #[must_use]
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// Reads a model. The error says what is wrong with which line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut model = Self::default();
        let mut features: Vec<u16> = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let wrong = |what: &str| format!("line {}: {what}", at + 1);
            let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
            match kind {
                "wiresift-ties" if at == 0 && rest == "1" => {}
                _ if at == 0 => return Err(wrong("not a model of version 1")),
                "join" => model.join = rest.parse().map_err(|_| wrong("not a number"))?,
                "feature" => {
                    let place = Feature::ALL.iter().position(|feature| feature.name() == rest);
                    features.push(place.ok_or_else(|| wrong("no such feature"))? as u16);
                }
                "tree" => {
                    model.roots.push(model.nodes.len());
                    let mut words = rest.split(' ');
                    model.branch(&mut words, &features, 0).map_err(|what| wrong(&what))?;
                    if words.next().is_some() {
                        return Err(wrong("more nodes than the tree has"));
                    }
                }
                _ => return Err(wrong("neither feature nor tree")),
            }
        }
        Ok(model)
    }

    fn branch<'a>(
        &mut self,
        words: &mut impl Iterator<Item = &'a str>,
        features: &[u16],
        steps: usize,
    ) -> Result<(), String> {
        if steps > MOST_STEPS || self.nodes.len() >= MOST_NODES {
            return Err("too large".to_owned());
        }
        let word = words.next().ok_or("the tree ends too early")?;
        let number = |word: &str| word.parse::<f32>().map_err(|_| format!("{word:?} is no number"));
        let mut parts = word.split(':');
        let (Some(feature), Some(threshold)) = (parts.next(), parts.next()) else {
            let leaf = Node { threshold: 0.0, value: number(word)?, feature: 0, otherwise: 0 };
            self.nodes.push(leaf);
            return Ok(());
        };
        let place = feature.parse().ok().and_then(|place: usize| features.get(place));
        let own = self.nodes.len();
        self.nodes.push(Node {
            threshold: number(threshold)?,
            value: number(parts.next().unwrap_or("0"))?,
            feature: *place.ok_or("no such feature")?,
            otherwise: 0,
        });
        self.branch(words, features, steps + 1)?;
        let further = u16::try_from(self.nodes.len() - own).map_err(|_| "too large")?;
        if let Some(node) = self.nodes.get_mut(own) {
            node.otherwise = further;
        }
        self.branch(words, features, steps + 1)
    }

    /// The log-odds that two articles are about one event.
    #[must_use]
    pub fn log_odds(&self, likeness: &Likeness) -> f64 {
        let mut sum = 0.0;
        for root in &self.roots {
            let mut at = *root;
            while let Some(node) = self.nodes.get(at) {
                if node.otherwise == 0 {
                    sum += node.value;
                    break;
                }
                at = step(at, node, likeness);
            }
        }
        f64::from(sum)
    }

    /// What each feature adds to the log-odds, and last what all pairs begin with.
    #[must_use]
    pub fn contributions(&self, likeness: &Likeness) -> [f32; Feature::ALL.len() + 1] {
        let mut parts = [0.0; Feature::ALL.len() + 1];
        let mut add = |place: usize, change: f32| {
            if let Some(part) = parts.get_mut(place) {
                *part += change;
            }
        };
        for root in &self.roots {
            let mut at = *root;
            let Some(mut node) = self.nodes.get(at) else { continue };
            add(Feature::ALL.len(), node.value);
            while node.otherwise != 0 {
                at = step(at, node, likeness);
                let Some(next) = self.nodes.get(at) else { break };
                add(usize::from(node.feature), next.value - node.value);
                node = next;
            }
        }
        parts
    }
}

fn step(at: usize, node: &Node, likeness: &Likeness) -> usize {
    let value = likeness.values().get(usize::from(node.feature)).copied().unwrap_or_default();
    at + if value <= node.threshold { 1 } else { usize::from(node.otherwise) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "wiresift-ties 1\njoin -0.5\nfeature names\nfeature late\n\
        tree 0:0.5:-1 -2 1:1:0.5 1 0\ntree 1:2:0.1 0.25 -1";

    fn likeness(names: f32, late: f32) -> Likeness {
        let mut values = [0.0; Feature::ALL.len()];
        values[Feature::Names as usize] = names;
        values[Feature::Late as usize] = late;
        Likeness(values)
    }

    #[test]
    fn the_embedded_model_is_readable() {
        let model = Model::parse(include_str!("ties.model")).unwrap();
        assert!(model.join.is_finite() && model.roots.len() >= 10);
    }

    #[test]
    fn a_score_is_the_sum_of_the_leaves() {
        let model = Model::parse(SMALL).unwrap();
        for (names, late, sum) in
            [(0.5, 0.0, -1.75), (0.6, 0.0, 1.25), (0.6, 1.5, 0.25), (0.9, 3.0, -1.0)]
        {
            let score = model.log_odds(&likeness(names, late));
            assert!((score - sum).abs() < 1e-6, "{names} {late}: {score}");
        }
    }

    #[test]
    fn contributions_add_up_to_the_score() {
        let model = Model::parse(SMALL).unwrap();
        let parts = model.contributions(&likeness(0.6, 1.5));
        let part = |feature: Feature| parts[feature as usize];
        assert!((part(Feature::Names) - 1.5).abs() < 1e-6);
        assert!((part(Feature::Late) - (-0.5 + 0.15)).abs() < 1e-6);
        assert!((parts.iter().sum::<f32>() - 0.25).abs() < 1e-6);
    }

    #[test]
    fn errors_name_the_line() {
        for (text, error) in [
            ("", ""),
            ("something else", "line 1: not a model of version 1"),
            ("wiresift-ties 1\nfeature size", "line 2: no such feature"),
            ("wiresift-ties 1\nfeature late\ntree 1:0:0 1 2", "line 3: no such feature"),
            ("wiresift-ties 1\nfeature late\ntree 0:0:0 1", "line 3: the tree ends too early"),
            ("wiresift-ties 1\nfeature late\ntree 1 2", "line 3: more nodes than the tree has"),
        ] {
            assert_eq!(Model::parse(text).err().unwrap_or_default(), error, "{text}");
        }
        let deep = "0:1:0 ".repeat(100_000);
        let deep = format!("wiresift-ties 1\nfeature late\ntree {deep}");
        assert_eq!(Model::parse(&deep).unwrap_err(), "line 3: too large");
    }
}
