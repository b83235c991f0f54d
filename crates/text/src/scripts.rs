//! Scripts that are written without blanks between words.
//!
//! The ranges stand here once; the functions say which scripts a purpose counts. Two of them are part of stored or
//! trained numbers and must not change: [`is_unspaced`] (fingerprints) and [`is_cjk`] (columns of the block model).

use std::ops::RangeInclusive;

type Range = RangeInclusive<char>;

/// Hiragana and Katakana.
const KANA: Range = '\u{3040}'..='\u{30ff}';
/// Han with extension A.
const HAN: Range = '\u{3400}'..='\u{9fff}';
/// Han for compatibility with older character sets.
const HAN_COMPATIBILITY: Range = '\u{f900}'..='\u{faff}';
/// Planes 2 and 3: the later extensions of Han.
const HAN_SUPPLEMENTARY: Range = '\u{20000}'..='\u{3ffff}';
/// Syllables of Hangul.
const HANGUL: Range = '\u{ac00}'..='\u{d7a3}';
/// The block of Thai, with vowel and tone marks, digits and signs.
const THAI: Range = '\u{e00}'..='\u{e7f}';
/// Consonants and vowels of Thai that are letters.
const THAI_LETTERS: [Range; 2] = ['\u{e01}'..='\u{e33}', '\u{e40}'..='\u{e46}'];
const LAO_LETTERS: [Range; 2] = ['\u{e81}'..='\u{eb0}', '\u{ec0}'..='\u{ec6}'];
const BURMESE_LETTERS: Range = '\u{1000}'..='\u{102a}';
const KHMER_LETTERS: Range = '\u{1780}'..='\u{17b3}';

/// Kana and Han: a character says about as much as a word, and three in a row are seldom met by chance.
#[must_use]
pub fn is_ideographic(letter: char) -> bool {
    KANA.contains(&letter)
        || HAN.contains(&letter)
        || HAN_COMPATIBILITY.contains(&letter)
        || HAN_SUPPLEMENTARY.contains(&letter)
}

/// Letters of scripts without blanks: kana, Han, Thai, Lao, Burmese, Khmer.
///
/// Fingerprints and story fingerprints of stored articles are made with this set. Marks are not in it: the word
/// readers pass over them.
#[must_use]
pub fn is_unspaced(letter: char) -> bool {
    is_ideographic(letter)
        || THAI_LETTERS.iter().any(|range| range.contains(&letter))
        || LAO_LETTERS.iter().any(|range| range.contains(&letter))
        || BURMESE_LETTERS.contains(&letter)
        || KHMER_LETTERS.contains(&letter)
}

/// Kana, Han of the first plane, Hangul.
///
/// The columns of the block model are measured with this set, so it stays until the model is trained anew.
/// Hangul does have blanks; its syllables are counted because they say more than a letter.
#[must_use]
pub fn is_cjk(letter: char) -> bool {
    KANA.contains(&letter) || HAN.contains(&letter) || HANGUL.contains(&letter)
}

/// Scripts in which a phrase may stand in the middle of a row of letters and still be whole: those without blanks,
/// and Korean, where endings are attached to words.
#[must_use]
pub fn joins_words(letter: char) -> bool {
    is_unspaced(letter) || HANGUL.contains(&letter) || THAI.contains(&letter)
}

/// The lower case of the letters beyond ASCII that most texts are made of: Latin, Greek and Cyrillic ones. It is what
/// the tables of Unicode say, without looking it up, and takes a tenth of the time.
#[must_use]
pub fn common_lower(letter: char) -> Option<char> {
    match letter {
        'ß'..='ö' | 'ø'..='ÿ' | 'ά'..='ώ' | 'а'..='џ' => Some(letter),
        'À'..='Ö' | 'Ø'..='Þ' | 'Α'..='Ρ' | 'Σ'..='Ω' | 'А'..='Я' => {
            char::from_u32(u32::from(letter) + 0x20)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_letters_are_as_in_the_tables() {
        let common = ('\0'..=char::MAX).filter_map(|letter| Some((letter, common_lower(letter)?)));
        let mut count = 0;
        for (letter, lower) in common {
            count += 1;
            assert!(letter.is_alphabetic() && !letter.is_numeric(), "{letter}");
            assert!(letter.to_lowercase().eq([lower]), "{letter}");
            assert_eq!(letter.is_uppercase(), lower != letter, "{letter}");
            assert!(!is_cjk(letter) && !is_unspaced(letter), "{letter}");
        }
        assert_eq!(count, 201);
    }

    /// The sets that stored fingerprints and the trained model were made with, by number of letters and a sum that
    /// tells their places.
    #[test]
    fn the_fixed_sets_are_as_they_were() {
        let sum = |is: fn(char) -> bool| {
            let letters = ('\0'..=char::MAX)
                .filter(|letter| is(*letter))
                .map(|letter| u64::from(u32::from(letter)));
            letters.fold((0, 0_u64), |(count, sum), letter| {
                (count + 1, sum.wrapping_mul(31).wrapping_add(letter))
            })
        };
        assert_eq!(sum(is_unspaced), (159_632, 411_698_553_264_017_869));
        assert_eq!(sum(is_cjk), (39_012, 13_914_996_373_173_354_546));
    }

    #[test]
    fn each_purpose_has_its_scripts() {
        for (letter, ideographic, unspaced, cjk, joins) in [
            ('橋', true, true, true, true),
            ('を', true, true, true, true),
            ('\u{20000}', true, true, false, true),
            ('ก', false, true, false, true),
            ('\u{e48}', false, false, false, true),
            ('ម', false, true, false, true),
            ('한', false, false, true, true),
            ('a', false, false, false, false),
            ('ж', false, false, false, false),
        ] {
            assert_eq!(is_ideographic(letter), ideographic, "{letter}");
            assert_eq!(is_unspaced(letter), unspaced, "{letter}");
            assert_eq!(is_cjk(letter), cjk, "{letter}");
            assert_eq!(joins_words(letter), joins, "{letter}");
        }
    }
}
