//! Readers' comments: boilerplate, however much they read like prose.

/// Names and comments in a language; empty if the outlets have no comments.
pub(super) fn pool(language: &str) -> &'static [(&'static str, &'static str)] {
    match language {
        "en" => &ENGLISH,
        "de" => &GERMAN,
        "es" => &SPANISH,
        "ru" => &RUSSIAN,
        _ => &[],
    }
}

/// `count` of them, the same ones for the same `salt`.
pub(super) fn pick(language: &str, count: usize, salt: u32) -> Vec<(&'static str, &'static str)> {
    let pool = pool(language);
    pool.iter()
        .cycle()
        .skip(salt as usize % pool.len().max(1))
        .take(count.min(pool.len()))
        .copied()
        .collect()
}

const ENGLISH: [(&str, &str); 7] = [
    (
        "saltydog71",
        "I have lived here all my life and nobody has ever asked us what we think about it.",
    ),
    (
        "Marge P.",
        "Lovely piece. My late husband would have had a thing or two to say on the subject, bless him.",
    ),
    (
        "tern_watcher",
        "Could the reporter please ask who is going to pay? That is the only question that matters.",
    ),
    (
        "B. Oakes",
        "This was promised in my father's day. I shall believe it when I can put my hand on it.",
    ),
    (
        "ferryman",
        "Worked on the boats for thirty years and it was never like this under the old management.",
    ),
    (
        "NotTheVicar",
        "First comment! Also, the headline made me laugh out loud on the tram this morning.",
    ),
    (
        "quietcorner",
        "Some of the remarks further up are not what I expect from my neighbours. Be kind, people.",
    ),
];

const GERMAN: [(&str, &str); 5] = [
    (
        "Kesselflicker",
        "Das hätte man vor zehn Jahren machen müssen, da war noch Geld in der Kasse.",
    ),
    (
        "Oma Trude",
        "Schöner Artikel! Mein Enkel hat ihn mir vorgelesen, weil meine Brille in der Reparatur ist.",
    ),
    (
        "Pendler_03",
        "Und wer denkt eigentlich an die Leute, die jeden Tag um fünf aufstehen müssen?",
    ),
    (
        "H. Quandt",
        "Bei uns im Nachbarort ging das ohne Gutachten, ohne Ausschuss und in drei Wochen.",
    ),
    ("elbwiese", "Bitte einmal nachfragen, was mit den alten Bäumen am Sportplatz passiert ist."),
];

const SPANISH: [(&str, &str); 5] = [
    (
        "Paco el de la esquina",
        "Ya era hora, llevamos media vida esperando y pagando los impuestos igual.",
    ),
    ("lectora_fiel", "Me ha encantado la noticia, la he recortado para enseñársela a mi abuela."),
    ("Rambla77", "¿Y de los baches de mi calle cuándo piensan hablar los señores concejales?"),
    ("J. M.", "Eso mismo lo propuso mi cuñado en una reunión de vecinos y se rieron de él."),
    ("nieve_en_mayo", "Un poco de respeto en los comentarios, que luego nos leen los de fuera."),
];

const RUSSIAN: [(&str, &str); 5] = [
    ("Старожил", "Двадцать лет об этом говорим, а воз и ныне там. Посмотрим, что будет весной."),
    ("Людмила К.", "Спасибо автору за добрую новость, прочитала вслух всей семье за ужином."),
    ("рыбак64", "Пусть сначала дорогу к пристани почистят, а потом уже рапортуют."),
    ("Северянка", "У нас в посёлке такого отродясь не было, завидую белой завистью."),
    ("гость", "А цены опять поднимут, вот увидите, хоть бы раз наоборот сделали."),
];
