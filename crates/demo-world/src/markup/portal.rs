//! The content system of a German regional paper: block-element class names, teaser boxes inside
//! the text, a subscription offer, reader comments after the article.

use super::comments;
use super::sheet::{Sheet, escape};
use crate::article::{Article, Block};
use crate::scene::Scene;

const MONTHS: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

pub(super) fn page(scene: &Scene<'_>, article: &Article) -> Sheet {
    let mut sheet = Sheet::default();
    let (title, url) = (escape(&article.title), scene.url(article));
    sheet.raw(&format!(
        "<!DOCTYPE html>\n<html lang=\"de\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title} | {name}</title>\n\
         <link rel=\"canonical\" href=\"{url}\">\n<meta property=\"og:title\" content=\"{title}\">\n\
         <meta property=\"og:locale\" content=\"de_DE\">\n<meta name=\"date\" content=\"{date}\">\n\
         <meta name=\"description\" content=\"{teaser}\">\n</head>\n<body class=\"page page--article\">\n",
        name = escape(&scene.outlet.name),
        date = scene.published(article).to_rfc3339(),
        teaser = escape(&article.teaser),
    ));
    sheet.raw("<div class=\"page-header\"><div class=\"page-header__logo\">");
    sheet.text("a href=\"/\"", &scene.outlet.name);
    sheet.raw("</div><ul class=\"page-header__nav\">\n");
    sheet.links(
        "li class=\"nav__item\"",
        &[
            ("/lokales/", "Aus der Stadt"),
            ("/umwelt/", "Umwelt und Natur"),
            ("/kultur/", "Kultur und Leben"),
            ("/anzeigen/", "Anzeigenmarkt"),
            ("/epaper/", "Zum E-Paper"),
            ("/login/", "Jetzt anmelden"),
        ],
    );
    sheet.raw("</ul></div>\n<div class=\"layout\"><div class=\"layout__main\">\n");
    story(&mut sheet, scene, article);
    below(&mut sheet, scene, article);
    sheet.raw("</div>\n<div class=\"layout__aside\"><div class=\"most-read\">");
    sheet.boilerplate("div class=\"most-read__title\"", "Meistgelesen");
    sheet.raw("<ol class=\"most-read__list\">\n");
    for other in scene.others(article, 5, 4) {
        sheet.raw("<li class=\"most-read__item\">");
        sheet.boilerplate(&format!("a href=\"{}\"", scene.path(other)), &other.title);
        sheet.raw("</li>\n");
    }
    sheet.raw("</ol></div></div></div>\n<div class=\"page-footer\">");
    sheet.links(
        "span",
        &[
            ("/impressum", "Impressum"),
            ("/datenschutz", "Datenschutzerklärung"),
            ("/kuendigen", "Abo kündigen"),
        ],
    );
    sheet.boilerplate(
        "p",
        "Alle Rechte vorbehalten. Vervielfältigung nur mit Genehmigung der Elbtal Verlagsgesellschaft.",
    );
    sheet.raw("</div>\n</body>\n</html>\n");
    sheet
}

fn story(sheet: &mut Sheet, scene: &Scene<'_>, article: &Article) {
    sheet.raw("<div class=\"breadcrumb\">");
    sheet.boilerplate("span", "Sie sind hier: Startseite");
    sheet.raw(" / ");
    sheet.text("a href=\"#\"", &article.section);
    sheet.raw("</div>\n<div class=\"article\"><div class=\"article__head\">");
    sheet.text("h1 class=\"article__headline\"", &article.title);
    sheet.raw("<div class=\"article__meta\">");
    sheet.boilerplate("span class=\"article__author\"", &format!("Von {}", article.author));
    let published = scene.published(article);
    let month = MONTHS
        .get(published.format("%-m").to_string().parse::<usize>().unwrap_or(1) - 1)
        .unwrap_or(&"");
    sheet.boilerplate(
        "span class=\"article__date\"",
        &format!("{}. {month} {} Uhr", published.format("%-d"), published.format("%Y, %H:%M")),
    );
    sheet.raw("</div></div>\n");
    if let (Some(caption), Some(credit)) = (&article.caption, &article.credit) {
        sheet.raw(
            "<div class=\"article__media\"><img src=\"/bilder/auf.jpg\" alt=\"\"><div class=\"media__text\">",
        );
        sheet.boilerplate("span class=\"media__caption\"", caption);
        sheet.raw(" ");
        sheet.boilerplate("span class=\"media__credit\"", credit);
        sheet.raw("</div></div>\n");
    }
    sheet.raw("<div class=\"article__body\">\n");
    let more = scene.others(article, 2, article.number as usize + 2);
    let blocks = scene.blocks(article);
    sheet.body(&blocks, |sheet, n| match n {
        0 => sheet.boilerplate("div class=\"ad ad--inline\"", "Anzeige"),
        1 => {
            sheet.raw("<div class=\"teaser-box\">");
            sheet.boilerplate("div class=\"teaser-box__title\"", "Lesen Sie auch");
            for other in &more {
                sheet.boilerplate(
                    &format!("a class=\"teaser-box__link\" href=\"{}\"", scene.path(other)),
                    &other.title,
                );
            }
            sheet.raw("</div>\n");
        }
        2 if !matches!(blocks.get(3), Some(Block::Item(_))) => {
            sheet.raw("<div class=\"abo-box\">");
            sheet.boilerplate("strong", "Das Elbtal am Morgen lesen");
            sheet.boilerplate(
                "p",
                "Testen Sie unsere digitale Zeitung vier Wochen lang kostenlos und unverbindlich.",
            );
            sheet.boilerplate("a href=\"/abo\"", "Hier Probeabo bestellen");
            sheet.raw("</div>\n");
        }
        _ => {}
    });
    sheet.raw("</div>\n");
}

fn below(sheet: &mut Sheet, scene: &Scene<'_>, article: &Article) {
    sheet.raw("<div class=\"article__tags\">");
    sheet.boilerplate("span", "Themen in diesem Artikel");
    for tag in &article.tags {
        sheet.boilerplate("a href=\"#\"", tag);
    }
    sheet.raw("</div><div class=\"article__share\">");
    for words in ["Artikel teilen", "Artikel drucken", "Per E-Mail versenden"] {
        sheet.boilerplate("button", words);
    }
    sheet.raw("</div></div>\n<div class=\"comments\">");
    let comments = comments::pick("de", 2, article.number);
    sheet.boilerplate("h3", &format!("Leserkommentare ({})", comments.len()));
    for (name, words) in comments {
        sheet.raw("<div class=\"comments__item\">");
        sheet.boilerplate("span class=\"comments__name\"", name);
        sheet.boilerplate("p", words);
        sheet.boilerplate("a href=\"#\"", "Kommentar melden");
        sheet.raw("</div>\n");
    }
    sheet.boilerplate("p", "Um zu kommentieren, müssen Sie sich mit Ihrem Kundenkonto anmelden.");
    sheet.raw("</div>\n<div class=\"related\">");
    sheet.boilerplate("h3", "Mehr aus der Region");
    for other in scene.others(article, 2, article.number as usize) {
        sheet.raw("<div class=\"related__item\">");
        sheet.boilerplate(&format!("a href=\"{}\"", scene.path(other)), &other.title);
        sheet.boilerplate("p", &other.teaser);
        sheet.raw("</div>\n");
    }
    sheet.raw("</div>\n");
}
