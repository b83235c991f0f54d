//! Pages that sites show to programs instead of an article: "Access denied", "Please enable
//! JavaScript". Extraction finds most of them. Those that get through, or come from a file or from
//! a publisher's interface, all look alike and would be one large story.

use wiresift_text::words::{Rules, read};

/// A longer text is an article, even if it contains such a phrase.
const MOST_WORDS: usize = 80;

/// Phrases of such pages, in lower case.
const PHRASES: [&str; 56] = [
    "access denied",
    "access to this page has been denied",
    "access to this site has been",
    "you don't have permission to access",
    "you do not have permission to access",
    "403 forbidden",
    "404 not found",
    "page not found",
    "service unavailable",
    "bad gateway",
    "error 404",
    "error 403",
    "enable javascript",
    "enable cookies",
    "javascript is disabled",
    "javascript is not enabled",
    "turn on javascript",
    "browser is not supported",
    "are you a robot",
    "you are not a robot",
    "you're not a robot",
    "not a bot",
    "you are human",
    "unusual traffic",
    "checking your browser",
    "checking if the site connection",
    "just a moment...",
    "captcha",
    "disable your ad blocker",
    "disable any ad blocker",
    "not available in your country",
    "not available in your region",
    "451: unavailable",
    "zugriff verweigert",
    "javascript aktivieren",
    "aktivieren sie javascript",
    "kein roboter",
    "seite nicht gefunden",
    "accès refusé",
    "activer javascript",
    "pas un robot",
    "page introuvable",
    "acceso denegado",
    "habilitar javascript",
    "habilite javascript",
    "no eres un robot",
    "página no encontrada",
    "accesso negato",
    "abilita javascript",
    "pagina non trovata",
    "acesso negado",
    "nie jestem robotem",
    "nie jesteś robotem",
    "доступ запрещен",
    "включите javascript",
    "не робот",
];

/// Whether headline or text says that the page is no article.
pub(super) fn is_block_page(title: &str, body: &str) -> bool {
    let mut words = 0;
    read(body, Rules::Story, |_| {
        words += 1;
        words <= MOST_WORDS
    });
    let says_so = |text: &str| {
        let text = text.to_lowercase().replace('\u{2019}', "'");
        PHRASES.iter().any(|phrase| text.contains(phrase))
    };
    words <= MOST_WORDS && (says_so(title) || says_so(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_for_programs_are_no_articles() {
        for (title, body) in [
            ("Access Denied", "You don’t have permission to access this server. Reference #18.2."),
            ("One moment", "Please enable JavaScript and cookies to continue reading this page."),
            ("", "Um fortzufahren, bestätigen Sie bitte, dass Sie kein Roboter sind."),
        ] {
            assert!(is_block_page(title, body), "{title} {body}");
        }
    }

    #[test]
    fn an_article_may_have_such_words() {
        let words = "The court heard that the clerk had seen the words ".repeat(9);
        assert!(!is_block_page("Clerk tells of lost files", &(words + "access denied.")));
        let short = "The harbour wall of Millbrook will be rebuilt after the winter storms.";
        assert!(!is_block_page("Harbour wall to be rebuilt", short));
    }
}
