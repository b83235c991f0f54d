//! Articles by number: each a headline and paragraphs of its own, as unlike the others as news is.

/// Draws words; the same seed draws the same ones.
struct Draw(u64);

impl Draw {
    /// One step of `SplitMix64` (Steele, Lea and Flood, 2014).
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn of<'a>(&mut self, words: &'a str) -> &'a str {
        let words: Vec<&str> = words.split('/').collect();
        words[usize::try_from(self.next() % words.len() as u64).unwrap()]
    }

    /// Fills the slots of a pattern.
    fn fill(&mut self, pattern: &str) -> String {
        let mut text = String::new();
        for word in pattern.split(' ') {
            let (slot, end) = word.split_at(word.trim_end_matches([',', '.']).len());
            let filled = match slot {
                "WHO" | "WHAT" => format!("{} {}", self.of(KINDS), self.of(THINGS)),
                "DID" => self.of(DID).to_owned(),
                "WHERE" => {
                    format!("{} the {} {}", self.of(PLACED), self.of(KINDS), self.of(PLACES))
                }
                "WHEN" => self.of(WHEN).to_owned(),
                "NUMBER" => (self.next() % 900 + 12).to_string(),
                other => other.to_owned(),
            };
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&filled);
            text.push_str(end);
        }
        let mut letters = text.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect())
            .unwrap_or_default()
    }
}

const KINDS: &str = "northern/southern/former/municipal/private/wooden/disused/crowded/quiet/royal/rural/coastal/\
    electric/yearly/medieval/modern/temporary/leaking/famous/unpaid/striking/voluntary/regional/narrow/frozen/painted/\
    rented/neighbouring/bankrupt/restored";
const THINGS: &str = "harbour/school/library/orchestra/ferry/hospital/beekeepers/brigade/court/publisher/bakery/\
    cinema/pipeline/archive/tramway/greenhouse/quarry/lighthouse/choir/market/windmill/dockers/teachers/bell/canoe/\
    plough/bridge/timetable/aquarium/telescope/cathedral/laundry/kennel/vineyard/sawmill/glaciers/swimmers/carpenters";
const PLACES: &str = "shore/valley/station/viaduct/border/garden/ring/island/square/tunnel/pier/meadow/crossroads/dam/\
    airfield/cemetery/cliff/canal";
const PLACED: &str = "beside/behind/near/under/across/along/above/inside/opposite/beyond";
const DID: &str = "opened/closed/rebuilt/sold/measured/insured/repainted/counted/defended/postponed/doubled/\
    inspected/borrowed/returned/renamed/drained/photographed/flooded/auctioned/weighed/fenced/heated";
const WHEN: &str = "on Monday/after the flood/before harvest/during the night/last winter/at short notice/again/\
    in early spring/within weeks/despite frost/at dawn/twice";

const SENTENCES: &[&str] = &[
    "WHO DID WHAT WHERE, and WHO DID WHAT WHEN.",
    "WHERE, WHO DID WHAT WHEN.",
    "NUMBER WHO DID WHAT WHERE WHEN.",
    "WHEN WHO DID WHAT, which WHO DID WHERE.",
    "WHO WHERE DID NUMBER WHAT; WHO DID WHAT.",
    "Because WHO DID WHAT WHERE, WHO DID WHAT.",
];

/// The headline of article `number`.
pub(super) fn headline(number: u32) -> String {
    let mut draw = Draw(u64::from(number) * 7919);
    let pattern =
        draw.of("WHO DID WHAT WHERE/WHAT DID WHEN/NUMBER WHO DID WHAT/WHO DID WHAT").to_owned();
    draw.fill(&pattern)
}

/// Its paragraphs.
pub(super) fn paragraphs(number: u32) -> Vec<String> {
    let mut draw = Draw(u64::from(number));
    (0..5)
        .map(|_| {
            let sentences: Vec<String> = (0..3)
                .map(|_| {
                    let pattern =
                        SENTENCES[usize::try_from(draw.next() % SENTENCES.len() as u64).unwrap()];
                    draw.fill(pattern)
                })
                .collect();
            sentences.join(" ")
        })
        .collect()
}
