//! Pages of one site, in markup that tells nothing.

use crate::hard::chance::Chance;
use crate::hard::prose::{Report, Words};

/// How the site separates its paragraphs.
#[derive(Debug, Clone, Copy)]
enum Paragraphs {
    Tags,
    Divisions,
    Breaks,
}

/// What a teaser consists of.
#[derive(Debug, Clone, Copy)]
enum Teaser {
    /// The title, as a link.
    Link,
    /// The title without one: a script opens it.
    Title,
    /// The title and the start of the report.
    TitleAndLead,
    /// The start of the report as a link without its title.
    Lead,
}

/// Where the teasers stand.
#[derive(Debug, Clone, Copy)]
enum Side {
    Before,
    After,
    /// After the text, in the same element.
    Within,
}

/// The markup of a site.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub(crate) struct Layout {
    paragraphs: Paragraphs,
    teaser: Teaser,
    side: Side,
    /// The start of a report is its first paragraph, or else its first sentence.
    is_lead_long: bool,
    /// Pages describe themselves by their first sentence.
    is_described: bool,
    /// An appeal stands between the paragraphs, or else after them.
    is_appeal_inside: bool,
    /// The brand line stands before the text, or else after it.
    is_brand_first: bool,
    /// Teasers stand among the paragraphs, in no element of their own.
    is_loose: bool,
}

impl Layout {
    pub(crate) fn any(is_loose: bool, chance: &mut Chance) -> Self {
        Self {
            paragraphs: match chance.between(0, 2) {
                0 => Paragraphs::Tags,
                1 => Paragraphs::Divisions,
                _ => Paragraphs::Breaks,
            },
            teaser: match chance.between(0, 3) {
                0 => Teaser::Link,
                1 => Teaser::Title,
                2 => Teaser::TitleAndLead,
                _ => Teaser::Lead,
            },
            side: match chance.between(0, 2) {
                0 => Side::Before,
                1 => Side::After,
                _ => Side::Within,
            },
            is_lead_long: chance.percent(50),
            is_described: chance.percent(50),
            is_appeal_inside: chance.percent(50),
            is_brand_first: chance.percent(50),
            is_loose,
        }
    }
}

/// What all pages of a site have.
pub(crate) struct Site {
    layout: Layout,
    brand: String,
    appeal: [String; 2],
    /// The last paragraphs; the first of them has a number that differs from page to page.
    ending: [String; 2],
    label: &'static str,
}

/// A page with what is its article and what is not.
pub(crate) struct Page {
    pub(crate) html: String,
    pub(crate) title: String,
    pub(crate) paragraphs: Vec<String>,
    pub(crate) planted: Vec<String>,
}

const APPEALS: [&str; 4] = [
    "Our reporters are in town every day because readers like you pay for their work. If you value what you have \
     just read, become a member today.",
    "Every morning at seven we send the three stories that matter most to your inbox. Thousands of households \
     already start their day with our letter.",
    "Good reporting takes time, and time costs money. A small monthly sum from you keeps this page open to \
     everybody in the region.",
    "Do you know something that we should look into? Our desk reads every message, and we never pass on a name.",
];

const ENDINGS: [&str; 4] = [
    "This newspaper is published by a cooperative of its readers and has appeared on every working day for forty \
     years.",
    "The views that are quoted in our reports are those of the people who are named there and not of the \
     editors.",
    "Corrections are printed on page two of the next edition and are added to the report on this page.",
    "Some of the pictures on this page were taken by readers, who keep all rights to them.",
];

const LABELS: [&str; 4] =
    ["More from today", "Other readers opened", "Also in the news", "What else happened"];

impl Site {
    pub(crate) fn new(words: &Words, layout: Layout, chance: &mut Chance) -> Self {
        let brand = &words.brand;
        let calls = [
            format!("Stay close to {brand}"),
            format!("The {brand} letter"),
            format!("Support {brand}"),
        ];
        let call = calls.get(chance.between(0, calls.len() - 1)).cloned().unwrap_or_default();
        Self {
            layout,
            brand: format!("{brand} Live"),
            appeal: [call, chance.one(&APPEALS).to_owned()],
            ending: [format!("{brand} edition"), chance.one(&ENDINGS).to_owned()],
            label: chance.one(&LABELS),
        }
    }

    /// The page of one of some reports. `None`: there is none at this place.
    pub(crate) fn page(&self, reports: &[Report], at: usize, chance: &mut Chance) -> Option<Page> {
        let report = reports.get(at)?;
        let mut page = Page {
            html: String::new(),
            title: report.title.clone(),
            paragraphs: report.paragraphs.clone(),
            planted: vec![self.brand.clone()],
        };
        let first = page.planted.len();
        let mut teasers = self.teasers(reports, at, chance, &mut page.planted);
        let mut loose: Vec<String> = Vec::new();
        if self.layout.is_loose {
            teasers.clear();
            loose.extend(page.planted.iter().skip(first).cloned());
        }
        let text = self.text(report, &mut page.planted, loose, reports, at, chance);
        let Layout { side, .. } = self.layout;
        let (before, within, after) = match side {
            Side::Before => (teasers.as_str(), "", ""),
            Side::Within => ("", teasers.as_str(), ""),
            Side::After => ("", "", teasers.as_str()),
        };
        let description = if self.layout.is_described {
            let first = first_sentence(report.lead());
            format!("<meta name=description content='{first}'>")
        } else {
            String::new()
        };
        page.html = format!(
            "<title>{title}</title>{description}<body><div><div>{brand}</div><div>\
             <a href=/1>Home</a> <a href=/2>Region</a> <a href=/3>Sport</a></div></div><div>{before}<div><h1>{title}</h1>{text}{within}</div>{after}</div>\
             <div><div>© {brand}</div></div>",
            title = report.title,
            brand = self.brand.trim_end_matches(" Live"),
        );
        Some(page)
    }

    /// The paragraphs with what stands between and around them.
    fn text(
        &self,
        report: &Report,
        planted: &mut Vec<String>,
        loose: Vec<String>,
        reports: &[Report],
        at: usize,
        chance: &mut Chance,
    ) -> String {
        let ending = [
            format!("{} {}", self.ending[0], chance.between(1_000, 9_999)),
            self.ending[1].clone(),
        ];
        let mut lines: Vec<String> = report.paragraphs.clone();
        if chance.percent(50) {
            let other = chance.some(1, reports.len(), at);
            let other = other.first().and_then(|other| reports.get(*other));
            let more = format!("Read more: {}", other.map_or("", |other| &other.title));
            planted.push(more.clone());
            lines.insert(chance.between(1, lines.len() - 1), more);
        }
        let place = if self.layout.is_appeal_inside { 2 } else { lines.len() };
        for line in self.appeal.iter().rev() {
            lines.insert(place, line.clone());
        }
        lines.insert(if self.layout.is_brand_first { 0 } else { lines.len() }, self.brand.clone());
        lines.extend(ending.clone());
        planted.extend(self.appeal.clone());
        planted.extend(ending);
        let place = if matches!(self.layout.side, Side::Before) { 0 } else { lines.len() };
        lines.splice(place..place, loose);
        self.joined(&lines)
    }

    fn joined(&self, lines: &[String]) -> String {
        match self.layout.paragraphs {
            Paragraphs::Tags => lines.iter().map(|line| format!("<p>{line}</p>")).collect(),
            Paragraphs::Divisions => {
                lines.iter().map(|line| format!("<div>{line}</div>")).collect()
            }
            Paragraphs::Breaks => format!("<div>{}</div>", lines.join("<br><br>")),
        }
    }

    fn teasers(
        &self,
        reports: &[Report],
        at: usize,
        chance: &mut Chance,
        planted: &mut Vec<String>,
    ) -> String {
        let mut html = format!("<div><div>{}</div>", self.label);
        planted.push(self.label.to_owned());
        let count = chance.between(4, 6);
        for other in chance.some(count, reports.len(), at) {
            let Some(report) = reports.get(other) else { continue };
            let (title, lead) = (&report.title, report.lead());
            let lead = if self.layout.is_lead_long { lead } else { first_sentence(lead) };
            let teaser = match self.layout.teaser {
                Teaser::Link => format!("<p><a href=/{other}>{title}</a></p>"),
                Teaser::Title => format!("<div>{title}</div>"),
                Teaser::TitleAndLead => format!("<div><div>{title}</div><p>{lead}</p></div>"),
                Teaser::Lead => format!("<p><a href=/{other}>{lead}</a></p>"),
            };
            html.push_str(&teaser);
            if !matches!(self.layout.teaser, Teaser::Lead) {
                planted.push(title.clone());
            }
            if matches!(self.layout.teaser, Teaser::Lead | Teaser::TitleAndLead) {
                planted.push(lead.to_owned());
            }
        }
        html + "</div>"
    }
}

fn first_sentence(text: &str) -> &str {
    text.find(". ").map_or(text, |end| &text[..=end])
}
