//! Each block as a row of numbers: the input of the model.
//!
//! The columns are defined by group, one file each. The name of a column is the only link between a
//! trained model and this code: training reads the rows that this code writes, and the model file
//! names the columns that it uses. So a name in a released model must not change, even where the
//! code has a better word. A distance to nothing is 15, a value that does not apply is -1.
//!
//! Absolute positions (index, blocks since the headline) are left out on purpose: with them the
//! model cut long pages.

mod around;
mod container;
mod context;
mod flow;
mod likeness;
mod own;
mod place;

use crate::block::{Block, Blocks};
use crate::feature::Features;
use crate::feature::grid::{Grid, flag};
use crate::feature::row::container::{LEVELS, Levels};
use crate::feature::sums::Sums;
use crate::phrases::mark::{self, Marks};

/// The name of a column: a word, and a number if there are several, else 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Name {
    pub(crate) word: &'static str,
    pub(crate) of: i8,
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.of == 0 { f.write_str(self.word) } else { write!(f, "{}@{}", self.word, self.of) }
    }
}

/// The rows of all blocks of a page, stored by column.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    grid: Grid,
    /// The containers of each block.
    around: Vec<[u32; LEVELS]>,
    /// Groups of columns, each with the number of columns before it.
    groups: Vec<(&'static str, usize)>,
}

/// Approximate number of columns, to reserve memory.
const COLUMNS: usize = 350;

/// Adds a group of columns.
type Columns = fn(&mut Rows, &View<'_>);

impl Rows {
    /// Measures every block by every column.
    pub(crate) fn of(page: &Blocks, features: &Features) -> Self {
        Self::needed(page, features, &[])
    }

    /// Measures every block by the needed columns; those beyond are needed.
    pub(crate) fn needed(page: &Blocks, features: &Features, needed: &[bool]) -> Self {
        let grid = Grid::with_room(page.len(), COLUMNS, needed);
        let mut rows = Self { grid, ..Self::default() };
        let view = View::of(page, features);
        let groups: [(&str, Columns); 6] = [
            ("own", own::columns),
            ("place", place::columns),
            ("container", container::columns),
            ("flow", flow::columns),
            ("likeness", likeness::columns),
            ("around", around::columns),
        ];
        for (name, columns) in groups {
            rows.begin(name);
            columns(&mut rows, &view);
        }
        rows.around = view.around;
        rows
    }

    /// Names of the columns of any page, in order.
    pub(crate) fn default_names() -> Vec<Name> {
        let evidence = crate::feature::hint::Evidence::default();
        let page = Blocks::default();
        Self::of(&page, &Features::of(&page, &evidence)).grid.names().to_vec()
    }

    /// The group of every column, in order.
    pub(crate) fn group_of_columns(&self) -> Vec<&'static str> {
        let group = |at: usize| self.groups.iter().rev().find(|(_, before)| *before <= at);
        (0..self.grid.names().len()).map(|at| group(at).map_or("", |(name, _)| name)).collect()
    }

    /// The table.
    pub(crate) fn grid(&self) -> &Grid {
        &self.grid
    }

    /// Measures only these blocks by further columns.
    pub(crate) fn ask(&mut self, blocks: Vec<bool>) {
        self.grid.ask(blocks);
    }

    /// Begins a group of columns.
    fn begin(&mut self, group: &'static str) {
        self.groups.push((group, self.grid.names().len()));
    }

    /// Adds a column.
    fn column(&mut self, word: &'static str, value: impl Fn(usize) -> f32) {
        self.nth(word, 0, value);
    }

    /// Adds one of several columns with the same word.
    fn nth(&mut self, word: &'static str, of: i8, value: impl Fn(usize) -> f32) {
        self.grid.nth(word, of, value);
    }

    /// Adds a column with the same value for every block.
    fn page(&mut self, word: &'static str, value: f32) {
        self.column(word, |_| value);
    }
}

/// What several groups of columns use.
struct View<'a> {
    page: &'a Blocks,
    features: &'a Features,
    marks: Vec<Marks>,
    /// Logarithms of the blocks' weights.
    log_weights: Vec<f32>,
    levels: Levels,
    /// The containers of each block.
    around: Vec<[u32; LEVELS]>,
    /// Prefix sums in addition to those of [`Features`].
    good_count: Sums,
    commas: Sums,
    marked: Sums,
    /// Short blocks with a date.
    dated: Sums,
}

impl<'a> View<'a> {
    fn of(page: &'a Blocks, features: &'a Features) -> Self {
        let marks: Vec<Marks> =
            page.blocks.iter().map(|block| mark::marks(page.text(block))).collect();
        let all = &features.blocks;
        let is_marked =
            all.iter().zip(&marks).map(|(f, m)| f.boilerplate.is_some() || !m.is_empty());
        let levels = Levels::of(page);
        let around = |block: &Block| levels.around(page, block.element);
        Self {
            page,
            features,
            around: page.blocks.iter().map(around).collect(),
            log_weights: all.iter().map(|f| f.text.weight.ln_1p()).collect(),
            levels,
            good_count: Sums::of(all.iter().map(|f| flag(f.is_good))),
            commas: Sums::of(all.iter().map(|f| f.text.commas)),
            marked: Sums::of(is_marked.map(flag)),
            dated: Sums::of(all.iter().map(|f| flag(f.text.dates > 0.0 && f.text.weight < 60.0))),
            marks,
        }
    }

    fn marks(&self, at: usize) -> Marks {
        self.marks.get(at).copied().unwrap_or_default()
    }

    fn log_weight(&self, at: usize) -> Option<f32> {
        self.log_weights.get(at).copied()
    }

    /// Index of a block's element.
    fn element(&self, at: usize) -> u32 {
        self.page.blocks.get(at).map_or(0, |block| block.element)
    }

    /// The page's good mass, at least 1.
    fn all_good(&self) -> f32 {
        self.features.totals.good.total().max(1.0)
    }
}
