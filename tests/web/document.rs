//! Feeds and pages of the scripted web, made when they are asked for.

use chrono::{DateTime, TimeDelta, Utc};

use crate::script::Address;
use crate::texts::{headline, paragraphs};
use crate::words::{number, offset};

/// Where and when a document is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment<'a> {
    pub(super) now: DateTime<Utc>,
    /// When the case began.
    pub(super) start: DateTime<Utc>,
    pub(super) site: &'a str,
    pub(super) port: u16,
    /// Requests for this address so far, this one included.
    pub(super) visit: usize,
}

impl Moment<'_> {
    /// Puts values in place of `%t` (the time in seconds), `%v` (the visit's number) and `%p` (the port).
    pub(super) fn fill(&self, text: &str) -> String {
        text.replace("%t", &self.now.timestamp().to_string())
            .replace("%v", &self.visit.to_string())
            .replace("%p", &self.port.to_string())
    }

    /// An address, or a path on this site.
    fn url(&self, place: &str) -> Result<String, String> {
        let address =
            if place.starts_with('/') { format!("{}{place}", self.site) } else { place.to_owned() };
        Ok(Address::parse(&address)?.url(self.port))
    }

    fn date(&self, date: Date, number: u32) -> DateTime<Utc> {
        match date {
            Date::FromStart(seconds) => self.start + TimeDelta::seconds(seconds),
            Date::Now => self.now - TimeDelta::seconds(number.into()),
        }
    }
}

/// The date of an item.
#[derive(Debug, Clone, Copy)]
enum Date {
    /// Seconds from the beginning of the case, so that it does not move along.
    FromStart(i64),
    /// The time of the request, a second earlier for each number.
    Now,
}

/// One item of a feed. What is not said is as in a good feed.
#[derive(Debug, Clone)]
pub(super) struct Item {
    number: u32,
    guid: Option<String>,
    link: Option<String>,
    title: Option<String>,
    date: Option<Date>,
    updated: Option<Date>,
    summary: Option<String>,
    /// The whole text comes along.
    is_full: bool,
}

const FIELDS: &str = "guid=, link=, title=, date=, updated=, summary=, full; `-` leaves one out, `%n` is the article's \
    number, `%t` the time, `%v` the visit";

impl Item {
    /// An item about article `number`; fields are `guid=x`.
    pub(super) fn parse(number: u32, fields: &[&str]) -> Result<Self, String> {
        let mut item = Self {
            number,
            guid: Some("%n at %s".to_owned()),
            link: Some("/%n".to_owned()),
            title: Some(headline(number)),
            date: Some(Date::FromStart(-60 * i64::from(number))),
            updated: None,
            summary: None,
            is_full: false,
        };
        for field in fields {
            let (name, value) = field.split_once('=').unwrap_or((field, ""));
            let text = || (value != "-").then(|| value.to_owned());
            let date = || match value {
                "-" => Ok(None),
                "now" => Ok(Some(Date::Now)),
                _ => offset(value).map(|seconds| Some(Date::FromStart(seconds))),
            };
            match name {
                "guid" => item.guid = text(),
                "link" => item.link = text(),
                "title" => item.title = text(),
                "date" => item.date = date()?,
                "updated" => item.updated = date()?,
                "summary" => item.summary = text(),
                "full" => item.is_full = true,
                _ => return Err(format!("an item has no `{field}`; known are {FIELDS}")),
            }
        }
        if let Some(link) = item.link.as_deref().filter(|link| !link.starts_with('/')) {
            Address::parse(link)?;
        }
        Ok(item)
    }

    fn text(&self, field: Option<&String>, moment: &Moment<'_>) -> Option<String> {
        let text = field?.replace("%n", &self.number.to_string()).replace("%s", moment.site);
        Some(moment.fill(&text))
    }

    fn link(&self, moment: &Moment<'_>) -> Option<String> {
        let link = self.text(self.link.as_ref(), moment)?;
        Some(moment.url(&link).unwrap())
    }

    /// `guid=link` is the link itself.
    fn guid(&self, moment: &Moment<'_>) -> Option<String> {
        match self.guid.as_deref() {
            Some("link") => self.link(moment),
            _ => self.text(self.guid.as_ref(), moment),
        }
    }

    fn content(&self) -> String {
        paragraphs(self.number).iter().map(|text| format!("<p>{text}</p>")).collect()
    }
}

fn element(name: &str, text: Option<String>) -> String {
    text.map(|text| format!("<{name}>{}</{name}>", escaped(&text))).unwrap_or_default()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// RSS 2.0.
pub(super) fn rss(items: &[Item], moment: &Moment<'_>) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
         xmlns:dc=\"http://purl.org/dc/terms/\"><channel><title>{0}</title><link>{1}</link>",
        moment.site,
        moment.url("/").unwrap()
    );
    for item in items {
        let date = item.date.map(|date| moment.date(date, item.number).to_rfc2822());
        let updated = item.updated.map(|date| moment.date(date, item.number).to_rfc3339());
        text += "<item>";
        text += &element("title", item.text(item.title.as_ref(), moment));
        text += &element("link", item.link(moment));
        text += &element("guid", item.guid(moment));
        text += &element("pubDate", date);
        text += &element("dc:modified", updated);
        text += &element("description", item.text(item.summary.as_ref(), moment));
        if item.is_full {
            text += &element("content:encoded", Some(item.content()));
        }
        text += "</item>\n";
    }
    text + "</channel></rss>"
}

/// Atom 1.0.
pub(super) fn atom(items: &[Item], moment: &Moment<'_>) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\"?><feed xmlns=\"http://www.w3.org/2005/Atom\"><title>{0}</title><id>{0}</id>",
        moment.site
    );
    for item in items {
        let date =
            |date: Option<Date>| date.map(|date| moment.date(date, item.number).to_rfc3339());
        text += "<entry>";
        text += &element("title", item.text(item.title.as_ref(), moment));
        let link = item.link(moment).map(|link| format!("<link href=\"{}\"/>", escaped(&link)));
        text += &link.unwrap_or_default();
        text += &element("id", item.guid(moment));
        text += &element("published", date(item.date));
        text += &element("updated", date(item.updated.or(item.date)));
        text += &element("summary", item.text(item.summary.as_ref(), moment));
        let content = item.is_full.then(|| escaped(&item.content()));
        text += &content
            .map(|text| format!("<content type=\"html\">{text}</content>"))
            .unwrap_or_default();
        text += "</entry>\n";
    }
    text + "</feed>"
}

/// A news sitemap.
pub(super) fn sitemap(items: &[Item], moment: &Moment<'_>) -> String {
    let mut text =
        "<?xml version=\"1.0\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
                    xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\">"
            .to_owned();
    for item in items {
        let date = item.date.map(|date| moment.date(date, item.number).to_rfc3339());
        text += "<url>";
        text += &element("loc", item.link(moment));
        text += "<news:news>";
        text += &element("news:publication_date", date);
        text += &element("news:title", item.text(item.title.as_ref(), moment));
        text += "</news:news></url>\n";
    }
    text + "</urlset>"
}

/// A page with an article among advertisements that change with every visit.
#[derive(Debug, Clone)]
pub(super) struct Page {
    number: u32,
    changes: Vec<Change>,
    title: Option<String>,
    canonical: Option<String>,
    amp: Option<String>,
}

/// What was done to the text since article `number` was first published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Corrected,
    Grown,
    Cosmetic,
    Withdrawn,
}

const PAGE_WORDS: &str = "corrected, grown, cosmetic, withdrawn, title=, canonical=, amp=";

impl Page {
    /// The page of an article as it was first published.
    pub(super) fn of(number: u32) -> Self {
        Self { number, changes: Vec::new(), title: None, canonical: None, amp: None }
    }

    /// `3 corrected canonical=paper/3`
    pub(super) fn parse(words: &[&str]) -> Result<Self, String> {
        let (first, rest) = words.split_first().ok_or("a page is of an article: `page 3`")?;
        let mut page = Self::of(number(first)?);
        for word in rest {
            match word.split_once('=') {
                None => page.changes.push(match *word {
                    "corrected" => Change::Corrected,
                    "grown" => Change::Grown,
                    "cosmetic" => Change::Cosmetic,
                    "withdrawn" => Change::Withdrawn,
                    _ => return Err(format!("a page has no `{word}`; known are {PAGE_WORDS}")),
                }),
                Some(("title", value)) => page.title = Some(value.to_owned()),
                Some(("canonical", value)) => page.canonical = Some(value.to_owned()),
                Some(("amp", value)) => page.amp = Some(value.to_owned()),
                Some(_) => return Err(format!("a page has no `{word}`; known are {PAGE_WORDS}")),
            }
        }
        Ok(page)
    }

    fn paragraphs(&self) -> Vec<String> {
        let mut paragraphs = paragraphs(self.number);
        for change in &self.changes {
            match change {
                Change::Corrected => {
                    let wrong = paragraphs.iter_mut().find(|text| text.contains(" the ")).unwrap();
                    *wrong = wrong.replacen(" the ", " another ", 1);
                }
                Change::Grown => paragraphs.extend(crate::texts::paragraphs(self.number + 5_000)),
                Change::Cosmetic => paragraphs[0] = paragraphs[0].replace(", ", " \u{2013} "),
                Change::Withdrawn => {
                    paragraphs = vec![
                        "This article has been retracted because its facts could not be confirmed."
                            .to_owned(),
                    ];
                }
            }
        }
        paragraphs
    }

    pub(super) fn html(&self, moment: &Moment<'_>) -> String {
        let title = self.title.clone().unwrap_or_else(|| headline(self.number));
        let link = |rel: &str, place: &Option<String>| {
            let place = place.as_ref().map(|place| moment.url(&moment.fill(place)).unwrap());
            place
                .map(|url| format!("<link rel={rel} href=\"{}\">", escaped(&url)))
                .unwrap_or_default()
        };
        let (canonical, amp) = (link("canonical", &self.canonical), link("amphtml", &self.amp));
        let body: String =
            self.paragraphs().iter().map(|text| format!("<p>{text}</p>\n")).collect();
        // What is new on the site, and what is for sale.
        let ad = u32::try_from(moment.visit).unwrap() + 20_000;
        let related: String = (ad..ad + 4)
            .map(|number| format!("<li><a href=\"/{number}\">{}</a></li>", headline(number)))
            .collect();
        format!(
            "<!doctype html><html lang=en><head><title>{title}</title>{canonical}{amp}</head><body>\
             <nav><a href=/>Home</a> <a href=/world>World</a> <a href=/sport>Sport</a></nav>\
             <div class=ad>Advertisement: offer number {ad} ends today</div>\
             <article><h1>{title}</h1>{body}</article>\
             <aside><h3>Related articles</h3><ul>{related}</ul></aside>\
             <footer>Copyright {}</footer></body></html>",
            moment.site
        )
    }
}
