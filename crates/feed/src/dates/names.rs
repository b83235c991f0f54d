//! The words in dates: months in the languages that feeds are written in, zones, halves of the day.

/// Beginnings of month names, lower case, January first: English, German, French, Spanish, Portuguese, Italian,
/// Dutch, Scandinavian, Polish, Czech, Turkish, Russian, Ukrainian, Greek. Where two languages disagree
/// (`listopad` is November in Polish and Czech, October in Croatian) the larger press has it.
const MONTHS: [&[&str]; 12] = [
    &["jan", "jän", "ene", "gen", "sty", "led", "oca", "янв", "січ", "ιαν"],
    &["feb", "fév", "fev", "lut", "úno", "şub", "фев", "лют", "φεβ"],
    &["mar", "mär", "mrt", "maa", "bře", "мар", "бер", "μαρ", "μάρ"],
    &["apr", "avr", "abr", "kwi", "dub", "nis", "апр", "кві", "απρ"],
    &["may", "mai", "maj", "mei", "mag", "kvě", "май", "мая", "тра", "μαι", "μαΐ", "μάι"],
    &["jun", "juin", "giu", "cze", "červen", "haz", "июн", "чер", "ιουν", "ιούν"],
    &["jul", "juil", "lug", "lip", "červenec", "tem", "июл", "лип", "ιουλ", "ιούλ"],
    &["aug", "aoû", "aou", "ago", "sie", "srp", "ağu", "авг", "сер", "αυγ", "αύγ"],
    &["sep", "set", "wrz", "zář", "eyl", "сен", "вер", "σεπ"],
    &["oct", "okt", "out", "ott", "paź", "říj", "eki", "окт", "жов", "οκτ"],
    &["nov", "lis", "kas", "ноя", "лис", "νοε", "νοέ"],
    &["dec", "dez", "déc", "dic", "gru", "pro", "ara", "дек", "гру", "δεκ"],
];

/// The month that a lower-case word begins with; the longest beginning wins.
pub(super) fn month(word: &str) -> Option<u32> {
    let numbered = (1u32..).zip(MONTHS);
    numbered
        .flat_map(|(number, names)| names.iter().map(move |name| (number, *name)))
        .filter(|(_, name)| word.starts_with(name))
        .max_by_key(|(_, name)| name.len())
        .map(|(number, _)| number)
}

/// `Some(true)` for the afternoon.
pub(super) fn half_of_day(word: &str) -> Option<bool> {
    match word {
        "am" => Some(false),
        "pm" => Some(true),
        _ => None,
    }
}

/// Seconds east of Greenwich of a zone's name, lower case. Where one name has several meanings (`ist`, `cst`, `bst`)
/// the one with the larger press counts. RFC 2822 section 4.3 for the American ones.
pub(super) fn zone(word: &str) -> Option<i32> {
    let quarters = match word {
        "z" | "ut" | "utc" | "gmt" | "wet" => 0,
        "bst" | "west" | "cet" | "mez" | "wat" => 4,
        "cest" | "mesz" | "eet" | "sast" | "cat" => 8,
        "eest" | "msk" | "trt" | "eat" => 12,
        "irst" => 14,
        "gst" => 16,
        "pkt" => 20,
        "ist" => 22,
        "npt" => 23,
        "wib" | "ict" => 28,
        "sgt" | "hkt" | "pht" | "awst" | "wita" => 32,
        "jst" | "kst" | "wit" => 36,
        "acst" => 38,
        "aest" => 40,
        "acdt" => 42,
        "aedt" => 44,
        "nzst" => 48,
        "nzdt" => 52,
        "nst" => -14,
        "ndt" => -10,
        "brt" | "art" | "adt" => -12,
        "ast" | "edt" => -16,
        "est" | "cdt" => -20,
        "cst" | "mdt" => -24,
        "mst" | "pdt" => -28,
        "pst" | "akdt" => -32,
        "akst" => -36,
        "hst" => -40,
        _ => return None,
    };
    Some(quarters * 15 * 60)
}

/// Chinese and Japanese dates with their signs exchanged for ours, full-width digits for narrow ones.
pub(super) fn western(text: &str) -> String {
    let exchange = |c: char| match c {
        '年' | '月' => '-',
        '日' | '\u{a0}' | '\u{3000}' => ' ',
        '時' | '时' | '：' => ':',
        '０'..='９' => {
            char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or(c)
        }
        c => c,
    };
    text.chars().map(exchange).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_by_their_beginning() {
        for (word, number) in [
            ("september", 9),
            ("sept", 9),
            ("août", 8),
            ("juin", 6),
            ("juillet", 7),
            ("мая", 5),
            ("červenec", 7),
            ("июля", 7),
        ] {
            assert_eq!(month(word), Some(number), "{word}");
        }
        for word in ["monday", "at", "de", "ju", "t"] {
            assert_eq!(month(word), None);
        }
    }
}
