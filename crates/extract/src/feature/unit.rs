//! Structures that a reader takes as one: lists, tables, quotes, boxes; and the sections between
//! headings.

use foldhash::{HashMap, HashSet};

use crate::block::{Block, Blocks, Element};
use crate::tag::Tag;

/// An element with this share of the page's blocks is the page's layout and no structure.
const LAYOUT_SHARE: f32 = 0.8;

/// Least cells of a table that holds data, longest mean cell, and longest cell, in characters.
const LEAST_CELLS: u32 = 4;
const CELL_CHARS: u32 = 120;
const LONGEST_CELL: u32 = 300;

/// For each element, the structure that it belongs to: the outermost list or table that only lists,
/// tables and quotes separate from it, else the nearest box.
#[derive(Debug)]
pub(crate) struct Units(Vec<Option<u32>>);

impl Units {
    pub(crate) fn of(page: &Blocks) -> Self {
        let most = page.len() as f32 * LAYOUT_SHARE;
        let mut units: Vec<Option<u32>> = Vec::with_capacity(page.elements.len());
        for (index, element) in page.elements.iter().enumerate() {
            let parent = element.parent as usize;
            let above = if parent == index { None } else { units.get(parent).copied().flatten() };
            let is_layout = element.blocks.len() as f32 > most;
            let is_inner =
                above.and_then(|unit| page.element(unit)).is_some_and(|unit| !is_box(unit.tag));
            units.push(match is_structure(element.tag) {
                true if is_layout => None,
                true if !is_inner => Some(index as u32),
                _ => above,
            });
        }
        Self(units)
    }

    /// The structure around an element, or the element itself.
    pub(crate) fn around<'a>(&self, page: &'a Blocks, element: u32) -> Option<(u32, &'a Element)> {
        let unit = self.0.get(element as usize).copied().flatten()?;
        Some((unit, page.element(unit)?))
    }
}

/// The tables that hold data: short cells, no table inside. Other tables lay out the page; their
/// cells hold paragraphs.
#[derive(Debug)]
pub(crate) struct Tables {
    /// For each element, the nearest table.
    around: Vec<Option<u32>>,
    data: HashSet<u32>,
}

/// The cells of a table.
#[derive(Debug, Default)]
struct Cells {
    count: u32,
    chars: u32,
    longest: u32,
    holds_table: bool,
}

impl Cells {
    fn is_data(&self) -> bool {
        !self.holds_table
            && self.count >= LEAST_CELLS
            && self.chars <= CELL_CHARS * self.count
            && self.longest <= LONGEST_CELL
    }
}

impl Tables {
    pub(crate) fn of(page: &Blocks) -> Self {
        let mut around: Vec<Option<u32>> = Vec::with_capacity(page.elements.len());
        let mut tables: HashMap<u32, Cells> = HashMap::default();
        for (element, index) in page.elements.iter().zip(0..) {
            let is_root = element.parent == index;
            let above = around.get(element.parent as usize).copied().flatten();
            let above = above.filter(|_| !is_root);
            if element.tag == Tag::Table {
                if let Some(outer) = above {
                    tables.entry(outer).or_default().holds_table = true;
                }
                around.push(Some(index));
            } else {
                around.push(above);
            }
        }
        for block in &page.blocks {
            if let Some(table) = around.get(block.element as usize).copied().flatten() {
                let cells = tables.entry(table).or_default();
                cells.count += 1;
                cells.chars += block.chars;
                cells.longest = cells.longest.max(block.chars);
            }
        }
        let data = tables.into_iter().filter(|(_, cells)| cells.is_data());
        Self { data: data.map(|(table, _)| table).collect(), around }
    }

    /// The table of data around a block.
    pub(crate) fn data_around(&self, block: &Block) -> Option<u32> {
        let table = self.around.get(block.element as usize).copied().flatten();
        table.filter(|table| self.data.contains(table))
    }
}

fn is_structure(tag: Tag) -> bool {
    is_box(tag)
        || matches!(
            tag,
            Tag::List | Tag::OrderedList | Tag::DefinitionList | Tag::Table | Tag::Blockquote
        )
}

fn is_box(tag: Tag) -> bool {
    matches!(tag, Tag::Figure | Tag::Aside | Tag::Form | Tag::Details)
}
