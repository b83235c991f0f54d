//! What the spots tell of the blocks of a page that was not learned from: `--spots`.
//!
//! On most pages, extraction itself removes the lists, so a score says little of the rule. This counts
//! all blocks that stand where the other pages of the site have lists, and where they have their
//! own text.

use wiresift_extract::memory::{SiteMemory, Spread, Trace};

use crate::sample::{Sample, Sites, flat, read};
use crate::score::shown;

/// Shorter blocks are in many texts by chance. In letters.
const TELLING: f32 = 25.0;

/// Blocks that stand in one kind of spot.
#[derive(Debug, Default)]
struct Count {
    pages: usize,
    kept_gold: usize,
    kept_other: usize,
    removed_gold: usize,
    removed_other: usize,
}

pub(crate) fn report(name: &str, sites: &Sites) -> anyhow::Result<()> {
    let (mut lists, mut texts) = (Count::default(), Count::default());
    let (mut pages, mut with_lists) = (0, 0);
    for site in sites.values() {
        let found = site.iter().map(|page| read(page, None, &mut |_| ()));
        let found = found.collect::<anyhow::Result<Vec<_>>>()?;
        let traces: Vec<Option<Trace>> =
            found.iter().zip(0..).map(|(found, day)| Trace::of(found, day)).collect();
        let before = lists.pages;
        for (at, (page, found)) in site.iter().zip(&found).enumerate() {
            let others = traces.iter().enumerate().filter(|(other, _)| *other != at);
            let others: Vec<Trace> = others.filter_map(|(_, trace)| trace.clone()).collect();
            let memory = SiteMemory::learn(&others, Spread::Unknown);
            let memory = &memory;
            let blocks = |is_text: bool| {
                found.blocks.iter().filter(move |note| {
                    memory.spot(note.measures.spot).is_some_and(|spot| spot.is_text() == is_text)
                })
            };
            lists.add(page, blocks(false), true);
            texts.add(page, blocks(true), false);
        }
        pages += site.len();
        with_lists += usize::from(lists.pages > before);
    }
    println!("{name}: {} sites, {pages} pages, {with_lists} sites with lists", sites.len());
    println!("  lists: {lists:?}\n  texts: {texts:?}");
    Ok(())
}

impl Count {
    fn add<'a>(
        &mut self,
        page: &Sample,
        blocks: impl Iterator<Item = &'a wiresift_extract::BlockNote>,
        is_shown: bool,
    ) {
        let body = flat(&page.body);
        let mut is_any = false;
        for note in blocks.filter(|note| note.measures.weight >= TELLING) {
            is_any = true;
            let is_gold = body.contains(&flat(&note.text));
            *match (note.kept, is_gold) {
                (true, true) => &mut self.kept_gold,
                (true, false) => &mut self.kept_other,
                (false, true) => &mut self.removed_gold,
                (false, false) => &mut self.removed_other,
            } += 1;
            if is_shown && shown() && (note.kept || is_gold) {
                eprintln!("{}: gold {is_gold}, kept {}: {}", page.id, note.kept, note.text);
            }
        }
        self.pages += usize::from(is_any);
    }
}
