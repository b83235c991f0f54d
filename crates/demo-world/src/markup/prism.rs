//! The output of a script framework: hashed class names, spans inside spans, JSON-LD, hydration
//! data that repeats the article, and a consent notice at the start of the body.

use serde_json::json;

use super::sheet::{Sheet, escape};
use crate::article::{Article, Block};
use crate::scene::Scene;

const MENU: [(&str, &str); 6] = [
    ("/region", "The region"),
    ("/science", "Science desk"),
    ("/technology", "Technology desk"),
    ("/culture", "Culture desk"),
    ("/podcasts", "Our podcasts"),
    ("/signal-plus", "Signal Plus"),
];

pub(super) fn page(scene: &Scene<'_>, article: &Article) -> Sheet {
    let mut sheet = Sheet::default();
    head(&mut sheet, scene, article);
    top(&mut sheet, scene);
    story(&mut sheet, scene, article);
    below(&mut sheet, scene, article);
    sheet
}

fn head(sheet: &mut Sheet, scene: &Scene<'_>, article: &Article) {
    let text = scene.paragraphs(article).join("\n\n");
    let modified = scene.modified(article).unwrap_or_else(|| scene.published(article));
    let linked = json!({
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": scene.url(article),
        "headline": article.title,
        "description": article.teaser,
        "datePublished": scene.published(article).to_rfc3339(),
        "dateModified": modified.to_rfc3339(),
        "author": [{"@type": "Person", "name": article.author}],
        "publisher": {"@type": "NewsMediaOrganization", "name": scene.outlet.name},
        "articleSection": article.section,
        "keywords": article.tags,
        "inLanguage": "en",
        "isAccessibleForFree": true,
        "articleBody": text,
    });
    sheet.raw(&format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charSet=\"utf-8\"/><title>{title} | {name}</title>\
         <link rel=\"canonical\" href=\"{url}\"/><meta property=\"og:title\" content=\"{title}\"/>\
         <meta property=\"og:description\" content=\"{teaser}\"/><meta property=\"og:url\" content=\"{url}\"/>\
         <meta property=\"og:image\" content=\"{root}/img/{slug}.webp\"/>\
         <script type=\"application/ld+json\">{linked}</script></head>",
        title = escape(&article.title),
        name = escape(&scene.outlet.name),
        url = scene.url(article),
        teaser = escape(&article.teaser),
        root = scene.root(),
        slug = article.slug,
        linked = in_script(&linked),
    ));
}

/// JSON escaped for a script element.
fn in_script(value: &serde_json::Value) -> String {
    value.to_string().replace("</", "<\\/")
}

fn top(sheet: &mut Sheet, scene: &Scene<'_>) {
    sheet.raw("<body class=\"css-1q2w3e\"><div id=\"__root\"><div class=\"sc-kgTSHT hRzYbQ\" data-testid=\"consent\">");
    sheet.boilerplate("h2 class=\"sc-bYMpWt\"", "Your privacy, your choice");
    sheet.boilerplate(
        "p class=\"sc-gKsewC\"",
        "We and our 214 partners store information on your device, such as unique identifiers in cookies, to process \
         personal data. You may accept or manage your choices at any time.",
    );
    sheet.boilerplate("button class=\"sc-iBPRYJ\"", "Accept and continue");
    sheet.boilerplate("button class=\"sc-fubCfw\"", "Manage my choices");
    sheet.raw("</div><div class=\"css-9xk2fd\"><div class=\"css-0\">");
    sheet.text("a class=\"css-1logo9\" href=\"/\"", &scene.outlet.name);
    sheet.raw("<div class=\"css-u0nav1\">");
    sheet.links("span class=\"css-k8s1\"", &MENU);
    sheet.raw("</div>");
    sheet.boilerplate("a class=\"css-sub7y\" href=\"/subscribe\"", "Subscribe for 1 a week");
    sheet.raw("</div></div>");
}

fn story(sheet: &mut Sheet, scene: &Scene<'_>, article: &Article) {
    sheet.raw("<div class=\"css-77main\"><div class=\"css-3article\"><div class=\"css-kick\">");
    sheet.boilerplate("span class=\"css-kk1\"", &format!("Signal {}", article.section));
    sheet.raw("</div>");
    sheet.text("h1 class=\"css-h1x8\"", &article.title);
    sheet.raw("<div class=\"css-by4\"><span>");
    sheet.boilerplate("span", "Reported by");
    sheet.raw(" ");
    sheet.boilerplate("a href=\"#author\"", &article.author);
    sheet.raw("</span><span class=\"css-dot\">·</span>");
    sheet.boilerplate("time", &scene.published(article).format("%b %-d, %Y").to_string());
    sheet.raw("<span class=\"css-dot\">·</span>");
    sheet.boilerplate("span", "Reading time: about 3 minutes");
    sheet.raw("</div>");
    if let (Some(caption), Some(credit)) = (&article.caption, &article.credit) {
        sheet.raw("<div class=\"css-img0\"><picture><img src=\"/img/lead.webp\" alt=\"\"/></picture><div>");
        sheet.boilerplate("span class=\"css-cap\"", caption);
        sheet.boilerplate("span class=\"css-crd\"", credit);
        sheet.raw("</div></div>");
    }
    let blocks = scene.blocks(article);
    let related = scene.others(article, 2, article.number as usize);
    for (n, block) in blocks.iter().enumerate() {
        match block {
            Block::Heading(text) => sheet.text("h3 class=\"css-subh\"", text),
            other => {
                sheet.raw("<div class=\"css-blk\" data-component=\"text-block\">");
                sheet.text("p class=\"css-p9d2\"", other.text());
                sheet.raw("</div>");
            }
        }
        if n == 1 {
            sheet.raw("<div class=\"css-ad2\">");
            sheet.boilerplate("span", "Story continues below this advertisement");
            sheet.raw("</div>");
        }
        if n == 2 {
            sheet.raw("<div class=\"css-rel7\">");
            sheet.boilerplate("div class=\"css-relh\"", "Other Topics of Interest");
            for other in &related {
                sheet.boilerplate(
                    &format!("a class=\"css-rell\" href=\"{}\"", scene.path(other)),
                    &other.title,
                );
                sheet.boilerplate("p class=\"css-relt\"", &other.teaser);
            }
            sheet.raw("</div>");
        }
    }
}

fn below(sheet: &mut Sheet, scene: &Scene<'_>, article: &Article) {
    if let Some(agency) = &article.wire {
        sheet.boilerplate("div class=\"css-wire\"", &format!("{agency} contributed this report."));
    }
    sheet.raw("<div class=\"css-corr\">");
    sheet
        .boilerplate("p", "To suggest a correction or clarification, write to our standards desk.");
    sheet.boilerplate("p", "You can also mark the words with the mouse and press Ctrl + Enter.");
    sheet.raw("</div><div class=\"css-live\">");
    sheet.boilerplate("span", "Signal Live");
    sheet.boilerplate("a href=\"/radio\"", "Signal Radio radio icon");
    sheet.raw("</div><div class=\"css-topics\">");
    for tag in &article.tags {
        sheet.boilerplate("a href=\"#\"", &format!("#{}", tag.replace(' ', "")));
    }
    sheet.raw("</div><div class=\"css-shr\">");
    for words in ["Copy link to story", "Share by message", "Save for later"] {
        sheet.boilerplate("button", words);
    }
    sheet.raw("</div></div><div class=\"css-rail\">");
    sheet.boilerplate("div class=\"css-mrh\"", "Most read on Signal North");
    for other in scene.others(article, 4, 1) {
        sheet.boilerplate(
            &format!("a class=\"css-mrl\" href=\"{}\"", scene.path(other)),
            &other.title,
        );
    }
    sheet.raw("<div class=\"css-nl5\">");
    sheet.boilerplate("div", "Sunday Signal");
    sheet.boilerplate("p", "One long read, three short ones and a puzzle. Free, every Sunday.");
    sheet.boilerplate("button", "Send it to me");
    sheet.raw("</div></div></div><div class=\"css-foot\">");
    sheet.links(
        "span",
        &[("/terms", "Terms and conditions"), ("/about", "Who we are"), ("/jobs", "Work with us")],
    );
    sheet.boilerplate(
        "div",
        &format!("Copyright {} Signal North Media. Made on the coast.", scene.start.format("%Y")),
    );
    let hydration = json!({"props": {"pageProps": {"story": {"id": article.number, "headline": article.title,
        "blocks": scene.paragraphs(article)}}}});
    sheet.raw(&format!(
        "</div></div><script id=\"__DATA__\" type=\"application/json\">{}</script>\
         <script defer src=\"/_app/chunk-5f1c.js\"></script></body></html>",
        in_script(&hydration)
    ));
}
