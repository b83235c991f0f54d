//! Generated texts in many scripts. They are always the same, and have many cases in which rules
//! for words may differ.

/// Words, numbers and signs. Each text is a random sequence of them.
const PIECES: [&str; 72] = [
    "The",
    "harbour",
    "wall",
    "of",
    "Millbrook",
    "mayor's",
    "it’s",
    "OVER",
    "co\u{ad}operate",
    "ﬁne",
    "1,234.5",
    "1.234,5",
    "3-1",
    "7m",
    "30km",
    "Covid-19",
    "2nd",
    "12",
    "2026",
    "½",
    "Ⅷ",
    "x²",
    "Häuser",
    "Straße",
    "ΆΝΕΜΟΣ",
    "θάλασσα",
    "Ещё",
    "корабли",
    "МОСКВА",
    "проливе",
    "İstanbul",
    "ığdır",
    "Łódź",
    "cafe\u{301}",
    "naïve",
    "ça",
    "l'eau",
    "d’été",
    "'quoted'",
    "rock'n'roll",
    "新橋",
    "橋",
    "第1話",
    "カタカナ",
    "ひらがな",
    "ｶﾀｶﾅ",
    "𠮷野家",
    "豈",
    "明天",
    "ＡＢＣ１２",
    "대한민국",
    "서울에서",
    "น้ำท่วม",
    "กรุงเทพฯ",
    "ພາສາລາວ",
    "မြန်မာ",
    "ភ្នំពេញ",
    "مدينة",
    "می\u{200c}خواهم",
    "עִבְרִית",
    "नवंबर",
    "பாலம்",
    "a\u{200b}b",
    "…",
    "—",
    "•",
    "“",
    "」",
    "x.y",
    "http://a.b/c?d=1",
    "#tag",
    "\u{10400}z",
];

/// Separators between the pieces.
const GAPS: [&str; 16] = [
    " ", " ", " ", " ", " ", " ", ". ", ", ", "\n\n", "", "-", ": ", "。", "\u{a0}", "\u{3000}",
    "! ",
];

/// The text with a number. It has fewer than 240 pieces.
#[expect(clippy::indexing_slicing, reason = "the index is below the length")]
pub(crate) fn text(number: u32) -> String {
    let mut state = u64::from(number) ^ 0x9e37_79b9_7f4a_7c15;
    let mut next = |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let pieces = next(240);
    (0..pieces)
        .map(|_| format!("{}{}", PIECES[next(PIECES.len())], GAPS[next(GAPS.len())]))
        .collect()
}
