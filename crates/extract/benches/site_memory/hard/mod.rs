//! Sites that are hard to read page by page: `--hard SEED`.
//!
//! Real sets have few sites with many pages. So this makes some, each with markup of its own that tells
//! nothing: no class names, no sectioning tags, teasers without links, appeals and a brand line among
//! the paragraphs. What is planted is known, so a run says how much of it goes. All texts are made from
//! lists of words. With `--loose SEED`, the teasers have no element of their own.

mod chance;
mod markup;
mod prose;

use crate::hard::chance::Chance;
use crate::hard::markup::Layout;
use crate::hard::prose::{Report, Words};
use crate::sample::{Sample, Sites, flat};

const SITES: usize = 6;

/// Pages that are read of each site, and articles of which it only shows teasers.
const PAGES: usize = 12;
const OTHERS: usize = 18;

/// The sites of a seed.
pub(crate) fn sites(seed: u64, is_loose: bool) -> Sites {
    let mut sites = Sites::new();
    for at in 0..SITES {
        let mut chance = Chance::of(seed.wrapping_mul(1_000).wrapping_add(at as u64));
        let words = Words::new(&mut chance);
        let reports: Vec<Report> = (0..PAGES + OTHERS).map(|_| words.report(&mut chance)).collect();
        let layout = Layout::any(is_loose, &mut chance);
        let site = markup::Site::new(&words, layout, &mut chance);
        let host = format!("{at}.seed{seed}.example");
        let pages = (0..PAGES).filter_map(|page| {
            let id = format!("{host}/{page}");
            Some(sample(id, &site.page(&reports, page, &mut chance)?))
        });
        sites.insert(host.clone(), pages.collect());
    }
    sites
}

fn sample(id: String, page: &markup::Page) -> Sample {
    Sample {
        id,
        bytes: page.html.clone().into_bytes(),
        is_flat: false,
        url: None,
        title: page.title.clone(),
        published: String::new(),
        body: page.paragraphs.join("\n\n"),
        without: page.planted.iter().map(|text| flat(text)).collect(),
    }
}
