//! The trees of a model, laid out so that a step down needs no link.
//!
//! Each tree is stored as if all its leaves were at its greatest depth: the nodes row by row, the
//! branches of the node at `n` at `2n + 1` and `2n + 2`, and after the last row the leaves. A leaf
//! further up takes the places of all leaves below it. So a block takes as many steps as the tree is
//! deep, and the processor has no branch to guess.

use crate::feature::grid::Grid;

/// Deepest tree; bounds the memory that a tree takes.
const MAX_DEPTH: usize = 8;

/// Most nodes of one file; bounds its memory.
const MAX_NODES: usize = 200_000;

/// Blocks that go down a tree together: the processor works on one while it waits for another.
pub(super) const LANES: usize = 8;

/// While a model is read, the column of a node that takes the place of a leaf further up.
const NO_COLUMN: u16 = u16::MAX;

/// A comparison, small so that a tree fits into the processor's first cache.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    /// Values up to here take the first branch.
    most: f32,
    /// Index of the column.
    column: u16,
}

/// Where a tree is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tree {
    nodes: usize,
    leaves: usize,
    depth: usize,
}

/// What the file says of a tree, in its order.
#[derive(Debug, Clone, Copy)]
enum Item {
    Node(Node),
    Leaf(f32),
}

#[derive(Debug, Clone, Default)]
pub(super) struct Trees {
    nodes: Vec<Node>,
    leaves: Vec<f32>,
    all: Vec<Tree>,
    /// Nodes and leaves that were read.
    read: usize,
}

impl Trees {
    pub(super) fn all(&self) -> &[Tree] {
        &self.all
    }

    /// Gives each comparison the number that its column has in the rows. An error is a column
    /// without one.
    pub(super) fn renumber(&mut self, number: impl Fn(u16) -> Option<u16>) -> Result<(), u16> {
        for node in &mut self.nodes {
            // What takes the place of a leaf may read any column.
            node.column = match node.column {
                NO_COLUMN => 0,
                column => number(column).ok_or(column)?,
            };
        }
        Ok(())
    }

    /// The columns that are compared.
    pub(super) fn columns(&self) -> impl Iterator<Item = usize> {
        self.nodes.iter().map(|node| usize::from(node.column))
    }

    /// Reads a tree; each column has its thresholds.
    pub(super) fn add(&mut self, text: &str, thresholds: &[Vec<f32>]) -> Result<(), &'static str> {
        let (mut words, mut items) = (text.split(' '), Vec::new());
        let depth = self.branch(&mut words, thresholds, 0, &mut items)?;
        if words.next().is_some() {
            return Err("more nodes than the tree has");
        }
        let tree = Tree { nodes: self.nodes.len(), leaves: self.leaves.len(), depth };
        let leaves = 1 << depth;
        self.nodes.resize(tree.nodes + leaves - 1, Node { most: 0.0, column: NO_COLUMN });
        self.leaves.resize(tree.leaves + leaves, 0.0);
        self.all.push(tree);
        self.lay_out(tree, &mut items.into_iter(), 0, depth);
        Ok(())
    }

    /// Reads a branch and returns the most steps to a leaf.
    fn branch<'a>(
        &mut self,
        words: &mut impl Iterator<Item = &'a str>,
        thresholds: &[Vec<f32>],
        depth: usize,
        items: &mut Vec<Item>,
    ) -> Result<usize, &'static str> {
        self.read += 1;
        if depth > MAX_DEPTH || self.read > MAX_NODES {
            return Err("too large");
        }
        let word = words.next().ok_or("the tree ends too early")?;
        let Some((column, threshold)) = word.split_once('.') else {
            let score = word.parse::<i32>().map_err(|_| "not a score")?;
            items.push(Item::Leaf(score as f32 / 1_000.0));
            return Ok(0);
        };
        let column = column.parse::<u16>().map_err(|_| "not a column")?;
        let threshold = threshold.parse::<usize>().map_err(|_| "not a threshold")?;
        let most = thresholds.get(usize::from(column)).and_then(|all| all.get(threshold));
        let most = *most.ok_or("no such threshold")?;
        items.push(Item::Node(Node { most, column }));
        let one = self.branch(words, thresholds, depth + 1, items)?;
        let other = self.branch(words, thresholds, depth + 1, items)?;
        Ok(1 + one.max(other))
    }

    /// Puts the next branch at a place, from which `down` steps lead to a leaf.
    fn lay_out(
        &mut self,
        tree: Tree,
        items: &mut impl Iterator<Item = Item>,
        at: usize,
        down: usize,
    ) {
        match items.next() {
            Some(Item::Node(node)) => {
                if let Some(place) = self.nodes.get_mut(tree.nodes + at) {
                    *place = node;
                }
                self.lay_out(tree, items, 2 * at + 1, down.saturating_sub(1));
                self.lay_out(tree, items, 2 * at + 2, down.saturating_sub(1));
            }
            Some(Item::Leaf(score)) => {
                let first = tree.leaves + ((at + 1) << down) - (1 << tree.depth);
                if let Some(places) = self.leaves.get_mut(first..first + (1 << down)) {
                    places.fill(score);
                }
            }
            None => {}
        }
    }

    /// The scores of the leaves that some blocks reach in a tree.
    pub(super) fn leaves_of(&self, tree: Tree, rows: &Grid, blocks: &[usize]) -> [f32; LANES] {
        let many = (1 << tree.depth) - 1;
        let nodes = self.nodes.get(tree.nodes..tree.nodes + many).unwrap_or_default();
        let mut lanes = [(0, 0); LANES];
        for (lane, block) in lanes.iter_mut().zip(blocks) {
            lane.0 = *block;
        }
        for _ in 0..tree.depth {
            for (block, at) in &mut lanes {
                let Some(node) = nodes.get(*at) else { continue };
                let is_first = rows.value(*block, node.column) <= node.most;
                *at = 2 * *at + 2 - usize::from(is_first);
            }
        }
        let leaf = |at: usize| self.leaves.get(tree.leaves + at - many).copied();
        lanes.map(|(_, at)| leaf(at).unwrap_or(0.0))
    }
}
