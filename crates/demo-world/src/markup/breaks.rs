//! A Russian town paper: the text is one `div` with `<br><br>` between paragraphs, windows-1251.

use super::comments;
use super::sheet::{Sheet, escape};
use crate::article::Article;
use crate::scene::Scene;

pub(super) fn page(scene: &Scene<'_>, article: &Article) -> Sheet {
    let mut sheet = Sheet::default();
    sheet.raw(&format!(
        "<!DOCTYPE html>\n<html>\n<head>\n<meta http-equiv=\"content-type\" content=\"text/html; charset=windows-1251\">\n\
         <title>{title} :: {name}</title>\n<meta name=\"description\" content=\"{teaser}\">\n</head>\n<body>\n",
        title = escape(&article.title),
        name = escape(&scene.outlet.name),
        teaser = escape(&article.teaser),
    ));
    sheet.raw("<div class=\"shapka\">");
    sheet.text("a href=\"/\"", &scene.outlet.name);
    sheet.boilerplate("div", "Районная газета. Выходит по средам и субботам");
    sheet.raw("</div>\n<div class=\"menu\">");
    sheet.links(
        "span",
        &[
            ("/society", "Новости общества"),
            ("/town", "Городские новости"),
            ("/culture", "Афиша и культура"),
            ("/board", "Доска объявлений"),
            ("/archive", "Архив номеров"),
        ],
    );
    sheet.raw("</div>\n<div class=\"main\"><div class=\"path\">");
    sheet.boilerplate("span", &format!("Главная / {}", article.section));
    sheet.raw("</div>\n");
    sheet.text("div class=\"zag\"", &article.title);
    let published = scene.published(article);
    sheet.boilerplate("div class=\"data\"", &published.format("%d.%m.%Y, %H:%M").to_string());
    if let (Some(caption), Some(credit)) = (&article.caption, &article.credit) {
        sheet.raw("<div class=\"foto\"><img src=\"/img/n.jpg\"><br>");
        sheet.boilerplate("i", caption);
        sheet.raw(" ");
        sheet.boilerplate("i", credit);
        sheet.raw("</div>\n");
    }
    sheet.raw("<div class=\"txt\">");
    for (n, block) in scene.blocks(article).iter().enumerate() {
        if n > 0 {
            sheet.raw("<br><br>\n");
        }
        sheet.raw(&escape(block.text()));
    }
    sheet.raw("</div>\n<div class=\"avtor\">");
    sheet.boilerplate("b", &format!("Автор: {}", article.author));
    sheet.raw("</div>\n");
    below(&mut sheet, scene, article);
    sheet
}

fn below(sheet: &mut Sheet, scene: &Scene<'_>, article: &Article) {
    sheet.raw("<div class=\"tegi\">");
    sheet.boilerplate("span", "Метки статьи:");
    for tag in &article.tags {
        sheet.boilerplate("a href=\"#\"", tag);
    }
    sheet.raw("</div><div class=\"share\">");
    sheet.boilerplate("span", "Поделиться с друзьями");
    sheet.boilerplate("a href=\"#\"", "Версия для печати");
    sheet.raw("</div>\n<div class=\"podpiska\">");
    sheet.boilerplate("span", "Подпишитесь на нашу рассылку и узнавайте новости района первыми.");
    sheet.raw("</div>\n<div class=\"eshe\">");
    sheet.boilerplate("b", "Читайте также");
    for other in scene.others(article, 3, article.number as usize) {
        sheet.raw("<br>");
        sheet.boilerplate(&format!("a href=\"{}\"", scene.path(other)), &other.title);
        sheet.raw("<br>");
        sheet.boilerplate("small", &other.teaser);
    }
    sheet.raw("</div>\n<div class=\"komm\">");
    sheet.boilerplate("b", "Комментарии читателей");
    for (name, words) in comments::pick("ru", 2, article.number) {
        sheet.raw("<div>");
        sheet.boilerplate("u", name);
        sheet.raw("<br>");
        sheet.boilerplate("span", words);
        sheet.raw("</div>\n");
    }
    sheet.boilerplate("span", "Чтобы оставить комментарий, войдите или зарегистрируйтесь.");
    sheet.raw("</div></div>\n<div class=\"popular\">");
    sheet.boilerplate("b", "Самое читаемое за неделю");
    for other in scene.others(article, 4, 1) {
        sheet.raw("<br>");
        sheet.boilerplate(&format!("a href=\"{}\"", scene.path(other)), &other.title);
    }
    sheet.raw("</div>\n<div class=\"podval\">");
    sheet.boilerplate("span", "© Вестник Приозёрья. При перепечатке ссылка на сайт обязательна.");
    sheet.boilerplate("span", "Мнение редакции может не совпадать с мнением авторов.");
    sheet.raw("</div>\n</body>\n</html>\n");
}
