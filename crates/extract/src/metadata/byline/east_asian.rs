//! Names in Chinese, Japanese and Korean bylines, which have no capitals: the few letters that are
//! left when the words for writers, offices and papers are taken away.

use wiresift_text::scripts::is_ideographic;

use super::name::Name;

/// Words for writers, which stand before or after a name. Longer ones first.
const WRITERS: [&str; 30] = [
    "本报记者",
    "实习记者",
    "特约记者",
    "见习记者",
    "责任编辑",
    "責任編輯",
    "特派記者",
    "特派员",
    "通讯员",
    "取材・文",
    "ライター",
    "特派員",
    "記者",
    "记者",
    "作者",
    "著者",
    "撰文",
    "编辑",
    "編輯",
    "執筆",
    "編集",
    "監訳",
    "文字",
    "기자",
    "특파원",
    "선임기자",
    "글쓴이",
    "文",
    "著",
    "訳",
];

/// Words for the makers of pictures, and for sources.
const OTHERS: [&str; 12] =
    ["写真", "撮影", "摄影", "攝影", "图片", "来源", "來源", "出典", "사진", "图", "圖", "供图"];

/// Ends of the names of papers, agencies and desks.
const OFFICES: [&str; 24] = [
    "編集部",
    "编辑部",
    "編輯部",
    "新聞社",
    "通信社",
    "新聞",
    "新闻",
    "通信",
    "日报",
    "日報",
    "晚报",
    "晚報",
    "社",
    "网",
    "網",
    "台",
    "テレビ",
    "デジタル",
    "オンライン",
    "取材班",
    "新华",
    "뉴스",
    "신문",
    "일보",
];

/// Fewest and most letters of a name.
const LETTERS: std::ops::RangeInclusive<usize> = 2..=5;

/// Most letters of a name in one alphabet of syllables, which has longer names.
const KANA_LETTERS: usize = 12;

pub(super) fn is_hangul(letter: char) -> bool {
    ('\u{ac00}'..='\u{d7a3}').contains(&letter)
}

/// The names in a line.
pub(super) fn names(line: &str) -> Vec<Name> {
    let is_between = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                ',' | '，'
                    | '、'
                    | '・'
                    | '/'
                    | '／'
                    | '|'
                    | '｜'
                    | ';'
                    | '；'
                    | ':'
                    | '：'
                    | '●'
                    | '【'
                    | '】'
                    | '['
                    | ']'
                    | '('
                    | ')'
                    | '（'
                    | '）'
                    | '「'
                    | '」'
                    | '＝'
                    | '='
                    | '·'
                    | '■'
            )
    };
    let mut names: Vec<Name> = Vec::new();
    let (mut is_other, mut parts) = (false, 0);
    for part in line.split(is_between).filter(|part| !part.is_empty()) {
        parts += 1;
        if OTHERS.iter().any(|word| part.starts_with(word)) {
            is_other = true;
            continue;
        }
        let name = without_writers(part);
        if name.len() < part.len() {
            is_other = false;
        }
        if name.is_empty() || is_other || name.chars().any(|c| c.is_ascii_digit()) {
            continue;
        }
        if OFFICES.iter().any(|office| name.ends_with(office)) {
            names.push(Name::organisation(name.to_owned()));
        } else if is_name(name) {
            names.push(Name::person(name.to_owned()));
        }
    }
    // A sentence is no list of names.
    if parts > 12 { Vec::new() } else { names }
}

fn without_writers(part: &str) -> &str {
    let mut name = part;
    while let Some(shorter) =
        WRITERS.iter().find_map(|word| name.strip_prefix(word).or_else(|| name.strip_suffix(word)))
    {
        name = shorter;
    }
    name
}

fn is_name(name: &str) -> bool {
    let letters = name.chars().count();
    let is_kana = |c: char| ('\u{3040}'..='\u{30ff}').contains(&c);
    let is_letter = |c: char| is_ideographic(c) || is_hangul(c);
    let most = if name.chars().all(is_kana) { KANA_LETTERS } else { *LETTERS.end() };
    name.chars().all(is_letter) && (*LETTERS.start()..=most).contains(&letters)
}
