//! A Japanese daily: sections with an indented paragraph each, rankings and a registration notice.

use super::sheet::{Sheet, escape};
use crate::article::Article;
use crate::scene::Scene;

pub(super) fn page(scene: &Scene<'_>, article: &Article) -> Sheet {
    let mut sheet = Sheet::default();
    sheet.raw(&format!(
        "<!DOCTYPE html>\n<html lang=\"ja\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}：{name}</title>\n\
         <link rel=\"canonical\" href=\"{url}\">\n<meta property=\"og:title\" content=\"{title}\">\n\
         <meta property=\"article:published_time\" content=\"{date}\">\n</head>\n<body>\n<header class=\"g-header\">",
        title = escape(&article.title),
        name = escape(&scene.outlet.name),
        url = scene.url(article),
        date = scene.published(article).to_rfc3339(),
    ));
    sheet.text("a class=\"g-logo\" href=\"/\"", &scene.outlet.name);
    sheet.raw("<nav><ul>");
    sheet.links(
        "li",
        &[
            ("/local", "地域ニュース"),
            ("/society", "社会ニュース"),
            ("/culture", "文化・芸能"),
            ("/weather", "天気と潮見表"),
            ("/member", "会員登録はこちら"),
        ],
    );
    sheet.raw("</ul></nav></header>\n<div class=\"l-wrap\"><main class=\"l-main\">\n");
    story(&mut sheet, scene, article);
    sheet.raw("<section class=\"related\">");
    sheet.boilerplate("h2", "関連する記事");
    for other in scene.others(article, 3, article.number as usize) {
        sheet.boilerplate(&format!("a href=\"{}\"", scene.path(other)), &other.title);
        sheet.boilerplate("p", &other.teaser);
    }
    sheet.raw("</section></main>\n<aside class=\"l-side\"><section>");
    sheet.boilerplate("h2", "アクセスランキング");
    sheet.raw("<ol>");
    for other in scene.others(article, 5, 2) {
        sheet.raw("<li>");
        sheet.boilerplate(&format!("a href=\"{}\"", scene.path(other)), &other.title);
        sheet.raw("</li>\n");
    }
    sheet.raw("</ol></section></aside></div>\n<footer class=\"g-footer\">");
    sheet.links("span", &[("/privacy", "個人情報の取り扱い"), ("/ad", "広告掲載のご案内")]);
    sheet.boilerplate("p", "掲載の記事・写真・図表などの無断転載を禁止します。");
    sheet.raw("</footer>\n</body>\n</html>\n");
    sheet
}

fn story(sheet: &mut Sheet, scene: &Scene<'_>, article: &Article) {
    sheet.raw("<article class=\"p-article\"><p class=\"p-topicpath\">");
    sheet.boilerplate("span", &format!("トップ＞{}", article.section));
    sheet.raw("</p>");
    sheet.text("h1 class=\"p-article__title\"", &article.title);
    sheet.raw("<div class=\"p-article__info\">");
    sheet.boilerplate(
        "span",
        &scene.published(article).format("%Y年%-m月%-d日 %H時%M分").to_string(),
    );
    sheet.boilerplate("span", &format!("文・{}", article.author));
    sheet.raw("</div>\n");
    if let (Some(caption), Some(credit)) = (&article.caption, &article.credit) {
        sheet.raw("<div class=\"p-photo\"><img src=\"/photo/a.jpg\" alt=\"\">");
        sheet.boilerplate("p class=\"p-photo__caption\"", caption);
        sheet.boilerplate("p class=\"p-photo__credit\"", credit);
        sheet.raw("</div>\n");
    }
    sheet.raw("<section class=\"p-article__text\">\n");
    for (n, block) in scene.blocks(article).iter().enumerate() {
        sheet.raw("<p>　");
        sheet.raw(&escape(block.text()));
        sheet.raw("</p>\n");
        if n == 1 {
            sheet.boilerplate("div class=\"p-ad\"", "広告の下に記事が続きます");
        }
    }
    sheet.raw("</section>\n<div class=\"p-share\">");
    sheet.boilerplate("button", "この記事を共有する");
    sheet.boilerplate("button", "記事を印刷する");
    sheet.raw("</div><div class=\"p-mail\">");
    sheet.boilerplate("p", "毎朝六時に主な記事をお届けするメールマガジンを配信しています。");
    sheet.boilerplate("button", "無料で購読する");
    sheet.raw("</div></article>\n");
}
