//! What articles in two languages about one event have in common: names and numbers.
//!
//! A name is written in Latin letters without accents, and its first letters count, because
//! languages add endings. Of a number only its digits without zeros at the end count, so that
//! "35,000", "35 thousand" and "3.5万" are the same.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;

use crate::story::fingerprint::{Names, Term, hash};
use crate::story::words::Word;

/// The letters of a name that count.
const NAME_LETTERS: usize = 6;

/// The fewest letters of a name, and the fewest digits of a number, that say something.
const FEWEST_LETTERS: usize = 3;
const FEWEST_DIGITS: usize = 2;

/// The most names and numbers of an article that count, from its beginning.
const MOST_TERMS: usize = 80;

/// Names and numbers in the form that all languages share, in ascending order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bridge {
    pub terms: Vec<Term>,
}

pub(super) fn of(title: &[Word], body: &[Word], names: &Names<'_>) -> Bridge {
    let mut terms: BTreeSet<Term> = BTreeSet::new();
    for word in title.iter().chain(body) {
        if terms.len() >= MOST_TERMS {
            break;
        }
        if word.is_number() {
            terms.extend(number(&word.stem).map(hash));
        } else if names.has(word) {
            terms.extend(name(&word.letters).as_deref().map(hash));
        }
    }
    Bridge { terms: terms.into_iter().collect() }
}

/// The digits of a number without zeros at the end.
fn number(digits: &str) -> Option<&str> {
    let digits = digits.trim_start_matches('0').trim_end_matches('0');
    (digits.len() >= FEWEST_DIGITS && digits.is_ascii()).then_some(digits)
}

/// The first letters of a name in Latin script.
fn name(letters: &str) -> Option<String> {
    let mut latin = String::new();
    for letter in letters.nfkd().flat_map(char::to_lowercase) {
        match letter {
            'a'..='z' => latin.push(letter),
            _ => latin.push_str(romanised(letter)),
        }
    }
    let cut: String = latin.chars().take(NAME_LETTERS).collect();
    (cut.len() >= FEWEST_LETTERS).then_some(cut)
}

/// A letter in Latin script, roughly as newspapers write names. Empty for marks and for letters of
/// other scripts.
fn romanised(letter: char) -> &'static str {
    match letter {
        'ß' => "ss",
        'æ' => "ae",
        'ø' | 'о' | 'ο' | 'ω' => "o",
        'œ' => "oe",
        'ł' | 'л' | 'λ' => "l",
        'đ' | 'ð' | 'д' | 'δ' => "d",
        'þ' | 'θ' => "th",
        'ı' | 'и' | 'й' | 'і' | 'ї' | 'η' | 'ι' | 'υ' | 'ы' => "i",
        'а' | 'α' => "a",
        'б' => "b",
        'в' | 'β' => "v",
        'г' | 'ґ' | 'γ' => "g",
        'е' | 'э' | 'ё' | 'є' | 'ε' => "e",
        'ж' => "zh",
        'з' | 'ζ' => "z",
        'к' | 'κ' => "k",
        'м' | 'μ' => "m",
        'н' | 'ν' => "n",
        'п' | 'π' => "p",
        'р' | 'ρ' => "r",
        'с' | 'σ' | 'ς' => "s",
        'т' | 'τ' => "t",
        'у' | 'ў' => "u",
        'ф' | 'φ' => "f",
        'х' | 'χ' => "kh",
        'ц' => "ts",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "shch",
        'ю' => "yu",
        'я' => "ya",
        'ξ' => "x",
        'ψ' => "ps",
        'ј' => "j",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_in_several_scripts() {
        for (one, other) in
            [("Лондон", "London"), ("Gdańsku", "Gdanska"), ("Μερκελ", "Merkel"), ("MÜLLER", "Muller")]
        {
            assert_eq!(name(one), name(other), "{one}");
        }
        assert_eq!(name("EU"), None);
        assert_eq!(name("新橋"), None);
    }

    #[test]
    fn numbers_are_the_same_in_several_units() {
        assert_eq!(number("35000"), Some("35"));
        assert_eq!(number("35"), Some("35"));
        assert_eq!(number("9000"), None);
    }
}
