//! The eight outlets with their feeds and texts.

use std::collections::HashMap;

use super::article::{Article, Body, Origin};
use super::outlet::{FeedFate, FeedSpec, Format, Guids, Links, Outlet, Style};
use super::texts;

/// The outlets of the written world. Articles that copy another one have its text.
pub(super) fn written() -> Vec<Outlet> {
    let mut outlets =
        vec![harbour(), signal(), millbrook(), dale(), elbtal(), diario(), vestnik(), minato()];
    let bodies: HashMap<String, Body> = outlets
        .iter()
        .flat_map(|outlet| {
            outlet.articles.iter().map(|article| (name_of(outlet, article), article.body.clone()))
        })
        .collect();
    for article in outlets.iter_mut().flat_map(|outlet| &mut outlet.articles) {
        if let Origin::CopyOf(original) = &article.origin
            && let Some(body) = bodies.get(original)
        {
            article.body = body.clone();
        }
    }
    outlets
}

/// How articles refer to one another: `outlet/slug`.
pub(super) fn name_of(outlet: &Outlet, article: &Article) -> String {
    let outlet = outlet.host.split('.').next().unwrap_or_default();
    format!("{outlet}/{}", article.slug)
}

fn harbour() -> Outlet {
    let mut main = FeedSpec::new("main", "Harbour Gazette", "/feed/", Format::Rss2);
    main.links = Links::Tracked;
    main.tags = &["local", "coast"];
    let mut port =
        FeedSpec::new("port", "Harbour Gazette » Port", "/category/port/feed/", Format::Rss2);
    port.links = Links::Amp;
    port.tags = &["local", "coast", "shipping"];
    Outlet {
        name: "Harbour Gazette".to_owned(),
        host: "harbour-gazette.localhost".to_owned(),
        language: "en",
        style: Style::Press,
        feeds: vec![main, port],
        articles: texts::parse(include_str!("texts/harbour-gazette.txt"), 20_411),
    }
}

fn signal() -> Outlet {
    let mut main = FeedSpec::new("main", "Signal North", "/feed.json", Format::Json);
    main.tags = &["region", "science"];
    main.links = Links::Tracked;
    let mut sitemap =
        FeedSpec::new("main", "Signal North news sitemap", "/sitemap-news.xml", Format::Sitemap);
    sitemap.tags = &["region", "science"];
    Outlet {
        name: "Signal North".to_owned(),
        host: "signal-north.localhost".to_owned(),
        language: "en",
        style: Style::Prism,
        feeds: vec![main, sitemap],
        articles: texts::parse(include_str!("texts/signal-north.txt"), 3_107),
    }
}

fn millbrook() -> Outlet {
    let mut main = FeedSpec::new("main", "The Millbrook Post", "/atom.xml", Format::Atom);
    main.full_text = true;
    main.fate = FeedFate::Moves;
    main.moves_to = Some("/feeds/news.atom");
    main.tags = &["local", "village"];
    Outlet {
        name: "The Millbrook Post".to_owned(),
        host: "millbrook-post.localhost".to_owned(),
        language: "en",
        style: Style::Plain,
        feeds: vec![main],
        articles: texts::parse(include_str!("texts/millbrook-post.txt"), 611),
    }
}

fn dale() -> Outlet {
    let mut main =
        FeedSpec::new("main", "Dale & County Courier", "/rss/headlines.xml", Format::Rss2);
    main.fate = FeedFate::Sloppy;
    main.guids = Guids::Restless;
    main.tags = &["local", "farming"];
    let mut sport =
        FeedSpec::new("sport", "Dale & County Courier Sport", "/rss/sport.xml", Format::Rss2);
    sport.fate = FeedFate::NotAFeed;
    sport.tags = &["local", "sport"];
    Outlet {
        name: "Dale & County Courier".to_owned(),
        host: "dale-courier.localhost".to_owned(),
        language: "en",
        style: Style::Tables,
        feeds: vec![main, sport],
        articles: texts::parse(include_str!("texts/dale-courier.txt"), 48_210),
    }
}

fn elbtal() -> Outlet {
    let mut main = FeedSpec::new("main", "Elbtal-Anzeiger", "/feeds/lokales.xml", Format::Atom03);
    main.tags = &["lokal"];
    Outlet {
        name: "Elbtal-Anzeiger".to_owned(),
        host: "elbtal-anzeiger.localhost".to_owned(),
        language: "de",
        style: Style::Portal,
        feeds: vec![main],
        articles: texts::parse(include_str!("texts/elbtal-anzeiger.txt"), 730_118),
    }
}

fn diario() -> Outlet {
    let mut main = FeedSpec::new("main", "Diario de la Ribera", "/rss/portada.rdf", Format::Rss1);
    main.tags = &["local"];
    let mut comarca =
        FeedSpec::new("comarca", "Diario de la Ribera: Comarca", "/rss/comarca.xml", Format::Rss2);
    comarca.fate = FeedFate::CutOff;
    comarca.tags = &["local", "comarca"];
    Outlet {
        name: "Diario de la Ribera".to_owned(),
        host: "diario-ribera.localhost".to_owned(),
        language: "es",
        style: Style::Divs,
        feeds: vec![main, comarca],
        articles: texts::parse(include_str!("texts/diario-ribera.txt"), 10_234),
    }
}

fn vestnik() -> Outlet {
    let mut main = FeedSpec::new("main", "Вестник Приозёрья", "/export/rss.xml", Format::Rss2);
    main.guids = Guids::Opaque;
    main.tags = &["местные"];
    Outlet {
        name: "Вестник Приозёрья".to_owned(),
        host: "vestnik-priozerya.localhost".to_owned(),
        language: "ru",
        style: Style::Breaks,
        feeds: vec![main],
        articles: texts::parse(include_str!("texts/vestnik-priozerya.txt"), 91_500),
    }
}

fn minato() -> Outlet {
    let mut main = FeedSpec::new("main", "みなと日報", "/rss/news.xml", Format::Rss2);
    main.guids = Guids::Absent;
    main.tags = &["地域"];
    Outlet {
        name: "みなと日報".to_owned(),
        host: "minato-nippo.localhost".to_owned(),
        language: "ja",
        style: Style::Sections,
        feeds: vec![main],
        articles: texts::parse(include_str!("texts/minato-nippo.txt"), 1_004),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_complete() {
        let outlets = written();
        assert_eq!(outlets.len(), 8);
        for outlet in &outlets {
            let at = |edition| {
                outlet.articles.iter().filter(|article| article.edition == edition).count()
            };
            assert!((6..=8).contains(&at(0)), "{}: {}", outlet.name, at(0));
            assert_eq!(at(1), 2, "{}", outlet.name);
            for article in &outlet.articles {
                let name = name_of(outlet, article);
                for (what, text) in [
                    ("title", &article.title),
                    ("section", &article.section),
                    ("author", &article.author),
                ] {
                    assert!(!text.is_empty(), "{name}: {what}");
                }
                assert!(article.teaser.chars().count() >= 15, "{name}: teaser");
                assert!(article.age_minutes > 4 && !article.tags.is_empty(), "{name}: age, tags");
                assert!(
                    (4..=11).contains(&article.blocks(0).len()),
                    "{name}: {}",
                    article.blocks(0).len()
                );
                assert_eq!(article.caption.is_some(), article.credit.is_some(), "{name}: caption");
                let listed = |key: &String| outlet.feeds.iter().any(|feed| feed.key == key);
                assert!(article.feeds.iter().all(listed), "{name}: feeds");
            }
        }
    }

    #[test]
    fn copies_and_edited_copies_name_an_article_that_came_first() {
        let outlets = written();
        let find = |name: &str| {
            let all =
                outlets.iter().flat_map(|outlet| outlet.articles.iter().map(move |a| (outlet, a)));
            all.filter(|(outlet, article)| name_of(outlet, article) == name).map(|(_, a)| a).next()
        };
        let mut found = 0;
        for article in outlets.iter().flat_map(|outlet| &outlet.articles) {
            if let Origin::CopyOf(name) | Origin::EditedFrom(name) = &article.origin {
                found += 1;
                assert!(
                    find(name).is_some_and(|original| original.age_minutes > article.age_minutes),
                    "{name}"
                );
            }
        }
        assert_eq!(found, 2);
    }
}
