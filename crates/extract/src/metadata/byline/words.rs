//! Words in bylines, lower case: what stands before a name, after it, between two, and what makes
//! an organisation of one. Every word of a byline is looked up once and has a set of meanings.

use std::sync::LazyLock;

use foldhash::{HashMap, HashMapExt as _};

/// A meaning of a word in a byline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Meaning {
    /// Says who wrote.
    Written,
    /// The same, and alone before a name: "by", "author".
    By,
    AlsoParticle,
    Credit,
    And,
    OnlyLower,
    Particle,
    End,
    Role,
    Organisation,
    Control,
    Suffix,
    Degree,
}

/// The meanings of a word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Meanings(u16);

impl Meanings {
    pub(super) fn has(self, meaning: Meaning) -> bool {
        self.0 & (1 << meaning as u16) != 0
    }
}

static WORDS: LazyLock<HashMap<&str, Meanings>> = LazyLock::new(|| {
    let lists = [
        (Meaning::Written, WRITTEN),
        (Meaning::By, BY),
        (Meaning::AlsoParticle, ALSO_PARTICLES),
        (Meaning::Credit, CREDITS),
        (Meaning::And, ANDS),
        (Meaning::OnlyLower, ONLY_LOWER),
        (Meaning::Particle, PARTICLES),
        (Meaning::End, ENDS),
        (Meaning::Role, ROLES),
        (Meaning::Organisation, ORGANISATIONS),
        (Meaning::Control, CONTROLS),
        (Meaning::Suffix, SUFFIXES),
        (Meaning::Degree, DEGREES),
    ];
    let mut words: HashMap<&str, Meanings> = HashMap::new();
    for (meaning, list) in lists {
        for word in list {
            words.entry(word).or_default().0 |= 1 << meaning as u16;
        }
    }
    words
});

/// The meanings of a word in lower case without punctuation around it.
pub(super) fn meanings(word: &str) -> Meanings {
    WORDS.get(word).copied().unwrap_or_default()
}

/// Words before a name that say who wrote. A line may open with several: "Words and pictures by".
const WRITTEN: &[&str] = &[
    "by", "byline", "di", "written", "words", "text", "texte", "texto", "testo", "tekst", "story", "posted", "published",
    "reported", "report", "researched", "interview", "compiled", "author", "authors", "autor", "autoren", "autorin",
    "autore", "autori", "autora", "autores", "auteur", "auteurs", "verfasser", "verfasst", "geschrieben", "schreibt",
    "von", "par", "por", "pelo", "pela", "av", "af", "door", "przez", "od", "napsal", "napsala", "írta", "yazan",
    "skrevet", "skriven", "skrivet", "kirjoittanut", "teksti", "oleh", "penulis", "reporter", "автор", "авторы",
    "автори", "текст", "αυτορ", "του", "της", "συντάκτης", "כתב", "מאת", "بقلم", "کتبه", "नवीन", "द्वारा", "tác", "giả",
    "eingestellt", "gepostet", "publié", "rédigé", "escrito", "publicado", "scritto", "pubblicato", "geplaatst",
    "about", "über", "guest", "post", "dodał", "dodane", "zveřejnil",
];

/// Of these, the words that a line of the page may open with: the others open sentences too.
const BY: &[&str] = &[
    "by", "byline", "author", "authors", "autor", "autoren", "autorin", "autore", "autori", "autora", "autores",
    "auteur", "auteurs", "verfasser", "verfasst", "von", "par", "por", "pelo", "pela", "di", "av", "af", "door",
    "przez", "od", "napsal", "napsala", "írta", "yazan", "oleh", "penulis", "автор", "авторы", "автори", "του", "της",
    "מאת", "بقلم", "द्वारा", "rédigé", "eingestellt",
];

/// Prefixes that are parts of names too: only with a person's name after them at the start of a line.
const ALSO_PARTICLES: &[&str] = &["von", "di", "av", "af", "od", "door", "του", "της"];

/// Words for pictures and their makers.
const CREDITS: &[&str] = &[
    "photo", "photos", "photograph", "photographs", "photography", "photographer", "photographed", "picture",
    "pictures", "image", "images", "illustration", "illustrations", "illustrated", "illustrator", "video", "videos",
    "graphic", "graphics", "foto", "fotos", "fotograf", "fotografin", "fotografie", "fotoğraf", "bild", "bilder",
    "illustrationen", "grafik", "fotografía", "fotografia", "ilustración", "ilustração", "zdjęcia", "zdjęcie", "kuva",
    "kuvat", "фото", "credit", "credits", "translation", "translated", "übersetzung", "übersetzt", "edited", "editing",
    "reviewed", "updated", "produced", "source", "sources", "quelle", "quellen", "fuente", "fonte", "kilde", "källa",
    "bron", "kaynak", "источник", "copyright", "©",
];

/// Words between two names. The longer ones may be in capitals; a single capital is an initial.
const ANDS: &[&str] = &[
    "and", "und", "et", "e", "y", "i", "og", "och", "en", "ve", "ja", "és", "și", "şi", "ir", "un", "dan", "và", "a",
    "oraz", "και", "и", "і", "й", "та", "או", "و", "और", "with", "mit", "avec", "con", "com", "sowie",
    "with", "plus", "und/oder", "n",
];

/// Of these only the lower-case form stands between names: they are given names, initials or prepositions.
const ONLY_LOWER: &[&str] =
    &["e", "y", "i", "a", "en", "og", "un", "ir", "ja", "ve", "dan", "n", "com", "con", "plus", "mit"];

/// Small words inside a name.
const PARTICLES: &[&str] = &[
    "de", "del", "della", "delle", "dello", "degli", "di", "da", "dal", "das", "do", "dos", "du", "des", "d", "la",
    "le", "las", "los", "lo", "el", "al", "ul", "van", "von", "vom", "zu", "zum", "zur", "den", "der", "dem", "het",
    "ten", "ter", "te", "'t", "’t", "op", "bin", "bint", "ibn", "ben", "bat", "abu", "af", "av", "y", "e", "i", "san",
    "st", "ap", "ab", "ua", "ní", "nic", "mac", "nga", "v", "vd", "v.d", "af", "til", "der",
];

/// Capitals that end a name in a headline's style: "Levi Carrow For The Sunday Courier".
const ENDS: &[&str] = &[
    "for", "from", "in", "at", "on", "of", "the", "to", "is", "has", "was", "and", "with", "für", "aus", "am", "im",
    "bei", "pour", "para", "per", "di", "voor", "til", "updated", "published", "posted", "modified", "created",
    "veröffentlicht", "aktualisiert", "erstellt", "stand", "publié", "publiée", "publicado", "actualizado",
    "pubblicato", "aggiornato", "gepubliceerd", "opublikowano", "last", "date", "datum", "updated:", "comment",
    "comments", "kommentare", "share", "follow", "read", "reading", "min", "minutes", "today", "yesterday", "heute",
    "gestern", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "mon", "tue", "tues",
    "wed", "thu", "thurs", "fri", "email", "e-mail", "mail", "twitter", "tel", "uhr", "leave",
];

/// Words for what a person does: they end a name, and are none.
const ROLES: &[&str] = &[
    "writer", "writers", "reporter", "reporters", "correspondent", "editor", "editors", "editor-in-chief", "journalist",
    "contributor", "contributors", "columnist", "author", "authors", "director", "officer", "manager", "head", "chief",
    "senior", "junior", "staff", "photographer", "producer", "founder", "co-founder", "cofounder", "ceo", "cto", "cfo",
    "president", "professor", "freelance", "freelancer", "specialist", "expert", "analyst", "consultant", "fellow",
    "intern", "volunteer", "guest", "special", "redakteur", "redakteurin", "reporterin", "korrespondent",
    "korrespondentin", "chefredakteur", "chefredakteurin", "autor", "autorin", "volontär", "volontärin", "journalistin",
    "ressortleiter", "leiter", "leiterin", "geschäftsführer", "geschäftsführerin", "fotograf", "rédacteur",
    "rédactrice", "journaliste", "redactor", "redactora", "periodista", "jornalista", "repórter", "giornalista",
    "redattore", "redacteur", "verslaggever", "journalista", "dziennikarz", "dziennikarka", "redaktor", "muhabir",
    "toimittaja", "корреспондент", "журналист", "редактор", "кореспондент", "шеф-редактор",
];

/// Words that only organisations have in their names.
const ORGANISATIONS: &[&str] = &[
    "team", "teams", "staff", "desk", "newsdesk", "webdesk", "newsroom", "editors", "editorial", "editorial-team",
    "board", "redaktion", "onlineredaktion", "redaktionsteam", "redaktionen", "redazione", "redacción", "redaccion",
    "redação", "redacao", "rédaction", "redactie", "redakcja", "redakce", "redakcia", "redakcija", "toimitus",
    "szerkesztőség", "redacția", "редакция", "редакція", "редакцията", "agency", "agencies", "agentur", "agenturen",
    "presse-agentur", "nachrichtenagentur", "agenzia", "agence", "agencia", "agência", "agencja", "ajansı", "агентство",
    "press", "presse", "pressestelle", "prensa", "news", "nachrichten", "noticias", "notícias", "media", "medien",
    "group", "gruppe", "grupo", "inc", "llc", "ltd", "plc", "gmbh", "kg", "ag", "e.v", "ev", "corp", "corporation",
    "company", "co", "foundation", "stiftung", "fundación", "fondation", "institute", "institut", "instituto",
    "university", "universität", "université", "universidad", "college", "association", "verband", "verbandes",
    "verein", "verlag", "society", "union", "council", "ministry", "ministerium", "department", "dept", "office",
    "committee", "commission", "club", "center", "centre", "zentrum", "magazine", "magazin", "journal", "times",
    "herald", "tribune", "gazette", "zeitung", "anzeiger", "daily", "weekly", "online", "tv", "radio", "studio",
    "studios", "network", "service", "services", "dienst", "bureau", "büro", "project", "collective", "partners",
    "solutions", "marketing", "report", "reports", "publishing", "publications", "publisher", "newspaper", "courier",
    "chronicle", "observer", "tidningen", "avisen", "газета", "новости", "store", "shop", "blog", "podcast", "world",
    "community", "fire", "police", "polizei", "feuerwehr", "government", "gov", "church", "school", "hospital",
    "wire", "newswire", "wikipedia", "contributors", "correspondents", "admins", "reporters", "global", "digital",
];

/// Whole names that are neither a person nor an organisation.
pub(super) const NOBODY: &[&str] = &[
    "admin", "administrator", "editor", "author", "user", "guest", "gast", "anonymous", "anonym", "unknown",
    "unbekannt", "none", "null", "undefined", "webmaster", "contributor", "true", "false", "n/a", "na", "default",
    "root", "test", "support", "info", "support team", "guest author", "gastautor", "gastbeitrag", "superuser",
    "red", "various", "different", "staff writer", "wp admin", "site admin", "weiter", "weiterlesen",
];

/// Words of links and buttons around bylines: no name holds them.
const CONTROLS: &[&str] = &[
    "view", "show", "profile", "profil", "bio", "biography", "posts", "articles", "stories", "follow", "more",
    "weitere", "mehr", "alle", "archiv", "archive", "beiträge", "artikel", "website", "homepage", "contact",
    "kontakt", "subscribe", "newsletter", "login", "sign", "share", "click", "says", "sagt", "dice", "wrote",
    "schreibt", "perfil", "afficher", "voir", "comments", "kommentar", "reply", "next", "previous",
    "latest", "related", "category", "tags", "advertisement", "this", "our", "your", "we", "how", "what", "why", "when",
    "menu", "search", "recent", "popular", "photos", "videos", "opinion", "sports", "sport",
    "business", "politics", "culture", "lifestyle", "entertainment", "technology", "health", "science", "travel",
    "education", "economy", "politik", "wirtschaft", "kultur", "panorama", "wissen", "podcasts", "events",
    "jobs", "rights", "reserved", "privacy", "cookies", "terms", "http", "https", "www", "minute", "minutes", "views",
    "verified", "exclusive", "analysis", "feature", "features", "review", "reviews", "guide", "guides", "tips",
];

/// Additions to a name that belong to it.
const SUFFIXES: &[&str] = &["jr", "sr", "ii", "iii", "iv"];

/// Degrees and licences after a name.
const DEGREES: &[&str] = &[
    "md", "phd", "ph.d", "m.d", "dds", "dvm", "do", "rn", "np", "pa", "pa-c", "mph", "m.p.h", "mba", "ma", "m.a", "ms",
    "msc", "m.sc", "ba", "bs", "bsc", "b.a", "b.sc", "rd", "rdn", "ld", "ldn", "cpa", "cfa", "cfp", "cpp", "psp", "esq",
    "lcsw", "lmft", "psyd", "jd", "j.d", "llm", "llb", "fand", "facp", "faclm", "faap", "dpt", "pt", "cscs", "edd",
    "obe", "mbe", "cbe", "vmd", "dacvb", "pmp", "cissp",
];

/// News agencies, without "the".
pub(crate) const AGENCIES: &[&str] = &[
    "ap", "associated press", "afp", "agence france-presse", "reuters", "thomson reuters", "dpa",
    "deutsche presse-agentur", "apa", "ansa", "efe", "epd", "kna", "sda", "keystone-sda", "sid", "pa media",
    "press association", "upi", "bloomberg", "bloomberg news", "xinhua", "tass", "ria novosti", "interfax", "ukrinform",
    "anadolu ajansı", "anadolu agency", "iha", "dha", "kyodo", "jiji", "yonhap", "pti", "ians", "ani", "belga", "anp",
    "ntb", "tt", "ritzau", "stt", "pap", "čtk", "mti", "agerpres", "canadian press", "aap", "kathpress", "lusa",
    "europa press", "adnkronos", "getty images", "新华社", "共同通信", "時事通信", "中新社", "dpa-afx", "lno",
];
