//! Bare semantic HTML from a static generator: few classes, a donation appeal, a list of older
//! articles.

use super::sheet::{Sheet, escape};
use crate::article::Article;
use crate::scene::Scene;

pub(super) fn page(scene: &Scene<'_>, article: &Article) -> Sheet {
    let mut sheet = Sheet::default();
    let (title, name) = (escape(&article.title), escape(&scene.outlet.name));
    let (published, modified) = (scene.published(article), scene.modified(article));
    sheet.raw(&format!(
        "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<title>{title} – {name}</title>\n\
         <meta name=author content=\"{}\">\n<link rel=canonical href=\"{}\">\n<link rel=stylesheet href=/style.css>\n",
        escape(&article.author),
        scene.url(article)
    ));
    sheet.raw("<header>\n");
    sheet.text("a href=\"/\"", &scene.outlet.name);
    sheet.boilerplate("p", "An independent paper for one village and the hills around it");
    sheet.raw("<nav>\n");
    sheet.links(
        "span",
        &[
            ("/archive", "All our articles"),
            ("/letters", "Letters to us"),
            ("/atom.xml", "Follow by feed"),
        ],
    );
    sheet.raw("</nav>\n</header>\n<main>\n<article>\n");
    sheet.text("h1", &article.title);
    sheet.raw("<p>");
    sheet.boilerplate("span", &format!("Words by {}", article.author));
    sheet.raw(&format!(", <time datetime=\"{}\">", published.to_rfc3339()));
    sheet.boilerplate("span", &published.format("%A %-d %B %Y").to_string());
    sheet.raw("</time></p>\n");
    if let (Some(caption), Some(credit)) = (&article.caption, &article.credit) {
        sheet.raw("<figure><img src=\"/pictures/lead.jpg\" alt=\"\"><figcaption>");
        sheet.boilerplate("span", caption);
        sheet.raw(" ");
        sheet.boilerplate("small", credit);
        sheet.raw("</figcaption></figure>\n");
    }
    let blocks = scene.blocks(article);
    sheet.body(&blocks, |sheet, n| {
        if n == 2 {
            sheet.raw("<aside>\n");
            sheet.boilerplate("strong", "The Post has no owner but its readers.");
            sheet.boilerplate(
                "p",
                "If you value what you read here, please consider giving the price of a cup of tea.",
            );
            sheet.boilerplate("a href=\"/donate\"", "Donate to the paper");
            sheet.raw("</aside>\n");
        }
    });
    // It reads like a paragraph of the article. Only the other articles show that it is none.
    sheet.boilerplate(
        "p",
        "The Post has been set by hand in the old smithy since the bridge was built, and eleven hundred households \
         pay for that with a subscription. Those who read along may leave a coin in the tin at the baker's.",
    );
    if let (Some(note), Some(modified)) = (&article.correction, modified) {
        sheet.raw("<hr>\n<p><em>");
        sheet.boilerplate("span", note);
        sheet.raw("</em></p>\n<p>");
        sheet.boilerplate(
            "small",
            &format!("Last changed {}", modified.format("%-d %B %Y at %H:%M")),
        );
        sheet.raw("</p>\n");
    }
    sheet.raw("<footer>\n");
    sheet.boilerplate(
        "p",
        "Comments are closed. Write us a letter instead; we print the good ones.",
    );
    sheet.raw("</footer>\n</article>\n<section>\n");
    sheet.boilerplate("h2", "More from the paper");
    sheet.raw("<ul>\n");
    for other in scene.others(article, 4, article.number as usize) {
        sheet.raw("<li>");
        sheet.boilerplate(&format!("a href=\"{}\"", scene.path(other)), &other.title);
        sheet.raw("</li>\n");
    }
    sheet.raw("</ul>\n</section>\n</main>\n<footer>\n");
    sheet.boilerplate(
        "p",
        "Fingerprinted on paper every other Thursday, and here whenever something happens.",
    );
    sheet.boilerplate("p", "Text may be reprinted by other parishes if they ask nicely.");
    sheet.raw("</footer>\n");
    sheet
}
