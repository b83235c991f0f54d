//! The authors: people, in the order of the page, and the organisations that are named as authors.
//!
//! Five sources name authors: JSON-LD, `meta`, marked elements at their [`place`], lines such as
//! "By Ann Able", and the name of a blog. All are read with one [grammar](name). JSON-LD is right
//! most often, but it also names editors and accounts; where the page shows some of its names beside
//! the headline, those are the authors.

mod east_asian;
mod judge;
mod line;
pub(crate) mod mark;
pub(crate) mod name;
mod piece;
pub(crate) mod place;
mod reader;
#[cfg(test)]
mod tests;
mod token;
mod words;

use crate::metadata::area::{Area, Place};
use crate::metadata::head::Head;
use crate::metadata::{bare, html_text};
use crate::provenance::{Evidence, Source};
use crate::tree::Tree;
use judge::Judge;
use line::writers;
use name::{Form, Kind, Name, alike, is_whole, names};
use place::Shown;

/// Most names of each kind.
const NAMES: usize = 16;

/// Longest line with a date beside a name, in bytes.
const DATELINE_BYTES: usize = 80;

/// `meta` names for authors, most reliable first.
const METAS: &[&str] = &[
    "author",
    "article:author",
    "article.author",
    "articleauthor",
    "article_author",
    "byl",
    "author:name",
    "dc.creator",
    "dcterms.creator",
    "dc.author",
    "sailthru.author",
    "parsely-author",
    "citation_author",
    "cxenseparse:author",
    "shareaholic:article_author_name",
    "written-by",
    "twitter:creator",
    "author_name",
    "authors",
    "creator",
];

/// `meta` names whose values may be "Last, First".
const CITATIONS: &[&str] = &["citation_author", "dc.creator", "dcterms.creator"];

/// Where authors are looked for.
#[derive(Clone, Copy)]
pub(crate) struct Places<'a> {
    pub(crate) head: &'a Head,
    pub(crate) tree: &'a Tree,
    pub(crate) area: Option<Area<'a>>,
    /// Short lines beside the headline.
    pub(crate) lines: &'a [&'a str],
    pub(crate) site: Option<&'a str>,
    /// The headline.
    pub(crate) title: &'a str,
    /// The page's.
    pub(crate) host: Option<&'a str>,
}

/// The authors of an article.
#[derive(Debug, Default)]
pub(crate) struct Byline {
    pub(crate) people: Vec<String>,
    pub(crate) organisations: Vec<String>,
    pub(crate) evidence: Option<Evidence>,
}

/// The people and organisations that the page names as authors.
pub(crate) fn byline(places: Places<'_>) -> Byline {
    let judge = Judge {
        site: places.site,
        host: places.host,
        publisher: places.head.facts.publisher.as_deref(),
        organisations: &places.head.facts.organisations,
    };
    let json = judge.sorted_unless(stated(places.head), |name| {
        let authors = &places.head.facts.article.authors;
        authors.iter().any(|author| author.is_person && alike(&author.name, &name.text))
    });
    let metas = judge.sorted(metas(places.head));
    let Places { head, tree, area, .. } = places;
    let headline = bare(places.title);
    let is_in_title = |name: &str| headline.contains(&bare(name));
    let shown = area.map(|area| place::shown(tree, &head.authors, &area)).unwrap_or_default();
    let shown: Vec<Shown> = shown
        .into_iter()
        .map(|shown| Shown { names: judge.sorted(shown.names), ..shown })
        .map(|mut shown| {
            // Words of the headline, such as the text of a link to it.
            shown.names.retain(|name| name.kind != Kind::Person || !is_in_title(&name.text));
            shown
        })
        .collect();
    let above = place::best(&shown, Place::Above);
    let line = judge.sorted(
        places
            .lines
            .iter()
            .map(|line| writers(line))
            .find(|names| has_people(names))
            .unwrap_or_else(|| below_label(places.lines)),
    );
    let below = place::best(&shown, Place::Below);
    let last = judge.sorted(at_end(places));
    let has_organisation = [&json, &above, &metas, &line].iter().any(|names| !names.is_empty());
    let beside_date = beside_date(places.lines, has_organisation).into_iter().collect();
    let beside_date = judge.sorted(beside_date);
    let owner = judge.sorted(owner(places));
    let mut sources = [
        (shown_of(&json, &above), Source::JsonLd, 0.9),
        (above, Source::Markup, 0.85),
        (metas, Source::Meta, 0.8),
        (line, Source::Text, 0.8),
        (below, Source::Markup, 0.7),
        (beside_date, Source::Text, 0.7),
        (last, Source::Text, 0.6),
        (owner, Source::Text, 0.5),
    ];
    judge.settle(&mut sources);
    let mut organisations: Vec<String> = Vec::new();
    for (names, ..) in &sources {
        for name in names.iter().filter(|name| name.kind == Kind::Organisation) {
            let is_new = !organisations.iter().any(|known| alike(known, &name.text));
            if is_new && organisations.len() < NAMES {
                organisations.push(name.text.clone());
            }
        }
    }
    let whole: Vec<Name> = sources
        .iter()
        .flat_map(|(names, ..)| names)
        .filter(|name| is_whole_person(name))
        .cloned()
        .collect();
    let best = sources.into_iter().find(|(names, ..)| has_people(names));
    let (people, evidence) = match best {
        Some((names, source, sure)) => (people(names, &whole), Some(Evidence::new(source, sure))),
        None => (Vec::new(), None),
    };
    Byline { people, organisations, evidence }
}

/// Whether a label such as "Written by" is followed by an author.
pub(crate) fn says_written(label: &str) -> bool {
    label.split_whitespace().take(6).any(|word| {
        let meanings = words::meanings(&word.trim_end_matches(':').to_lowercase());
        meanings.has(words::Meaning::Written)
    })
}

fn has_people(names: &[Name]) -> bool {
    names.iter().any(|name| name.kind == Kind::Person)
}

/// The people among these. A first name alone gives way to a whole name that begins with it.
fn people(names: Vec<Name>, whole: &[Name]) -> Vec<String> {
    let people = names.into_iter().filter(|name| name.kind == Kind::Person);
    let whole_of = |name: &Name| {
        let is_first = |whole: &&Name| {
            let first = whole.text.split(' ').next();
            !name.text.contains(' ') && first.is_some_and(|first| alike(first, &name.text))
        };
        whole.iter().find(is_first).map(|whole| whole.text.clone())
    };
    let mut found: Vec<String> = Vec::new();
    for text in people.map(|name| whole_of(&name).unwrap_or(name.text)).take(NAMES) {
        if !found.iter().any(|known| alike(known, &text)) {
            found.push(text);
        }
    }
    found
}

fn is_whole_person(name: &Name) -> bool {
    name.kind == Kind::Person && is_whole(&name.text)
}

/// The person in the line after a label such as "Article by".
fn below_label(lines: &[&str]) -> Vec<Name> {
    let mut pairs = lines.windows(2);
    pairs
        .find_map(|pair| match pair {
            [label, line] => line::below_label(label, line),
            _ => None,
        })
        .into_iter()
        .collect()
}

/// The person whose web site this is.
fn owner(places: Places<'_>) -> Vec<Name> {
    let titles = [places.site, places.head.brand.as_deref(), places.head.title.as_deref()];
    titles
        .into_iter()
        .flatten()
        .find_map(|title| line::owner(title, places.host))
        .into_iter()
        .collect()
}

/// The authors of JSON-LD; those of them that the page shows, if it shows some. An account's name
/// gives way to a name that is shown.
fn shown_of(json: &[Name], above: &[Name]) -> Vec<Name> {
    let is_shown = |name: &Name| above.iter().any(|shown| alike(&shown.text, &name.text));
    let shown = || json.iter().filter(|name| is_shown(name));
    if shown().any(|name| name.kind == Kind::Person) {
        shown().cloned().collect()
    } else if !json.iter().any(is_whole_person) && above.iter().any(is_whole_person) {
        Vec::new()
    } else {
        json.to_vec()
    }
}

/// What JSON-LD says.
fn stated(head: &Head) -> Vec<Name> {
    let mut all: Vec<Name> = Vec::new();
    for author in head.facts.article.authors.iter().take(NAMES) {
        for mut name in names(&html_text(&author.name), Form::Stated) {
            if author.is_organisation {
                name.kind = Kind::Organisation;
            }
            add(&mut all, name);
        }
    }
    all
}

/// What the first `meta` with a person says, or the first with an organisation.
fn metas(head: &Head) -> Vec<Name> {
    let mut found = METAS.iter().map(|meta| {
        let form = if CITATIONS.contains(meta) { Form::Citation } else { Form::Stated };
        let mut all: Vec<Name> = Vec::new();
        for value in head.metas_of(meta).take(NAMES) {
            for name in names(&html_text(value), form) {
                add(&mut all, name);
            }
        }
        all
    });
    let all: Vec<Vec<Name>> = found.by_ref().filter(|names| !names.is_empty()).collect();
    let best = all.iter().position(|names| has_people(names)).unwrap_or(0);
    all.into_iter().nth(best).unwrap_or_default()
}

fn add(all: &mut Vec<Name>, name: Name) {
    if all.len() < NAMES && !all.iter().any(|known| alike(&known.text, &name.text)) {
        all.push(name);
    }
}

/// The person in a line with a date, or in a line of its own with a date in the next.
///
/// The second is no sure sign: on pages that name an organisation it is not looked for.
fn beside_date(lines: &[&str], has_organisation: bool) -> Option<Name> {
    let has_date = |line: &str| line.len() <= DATELINE_BYTES && has_year(line);
    let in_line = lines.iter().find_map(|line| line::beside_date(line));
    in_line.or_else(|| {
        let lines = if has_organisation { &[] } else { lines };
        lines.iter().enumerate().find_map(|(at, line)| {
            let around = lines.get(at.saturating_sub(1)..(at + 2).min(lines.len()));
            let is_beside = around.is_some_and(|lines| lines.iter().any(|line| has_date(line)));
            line::alone(line).filter(|_| is_beside)
        })
    })
}

/// Whether a line has a year of the web's time.
fn has_year(line: &str) -> bool {
    let mut numbers = line.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() == 4);
    numbers.any(|run| run.starts_with("19") || run.starts_with("20"))
}

/// The names in a line at the end of the text.
fn at_end(places: Places<'_>) -> Vec<Name> {
    let Some(area) = places.area else { return Vec::new() };
    area.last_lines()
        .map(|line| {
            let names = writers(line);
            if has_people(&names) {
                return names;
            }
            line::presented(line).or_else(|| line::told(line)).into_iter().collect()
        })
        .find(|names| has_people(names))
        .unwrap_or_default()
}
