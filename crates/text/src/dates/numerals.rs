//! Numbers in Chinese characters, as offices in China and Taiwan and newspapers in Japan write the days of a calendar:
//! `二〇二六年十一月二十四日`.
//!
//! The characters are words too ("一", "十分"), so a number counts only before 年, 月, 日 and the units of time, and only
//! in a text that has a year of this kind.

/// The digits from zero to nine. Zero is written in several ways.
fn digit(c: char) -> Option<u32> {
    Some(match c {
        '〇' | '零' | '○' | 'Ｏ' => 0,
        '一' => 1,
        '二' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

fn is_numeral(c: char) -> bool {
    digit(c).is_some() || matches!(c, '十' | '百' | '廿' | '卅')
}

fn is_unit(c: char) -> bool {
    matches!(c, '年' | '月' | '日' | '号' | '號' | '時' | '时' | '點' | '点' | '分' | '秒')
}

/// The text with its numbers in digits, if it has a year in such characters.
pub(super) fn in_digits(text: &str) -> Option<String> {
    let (before, _) = text.split_once('年')?;
    if !before.ends_with(is_numeral) {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_numeral) {
        let (plain, tail) = rest.split_at(start);
        let end = tail.find(|c| !is_numeral(c)).unwrap_or(tail.len());
        let (numeral, after) = tail.split_at(end);
        out.push_str(plain);
        match value(numeral).filter(|_| after.starts_with(is_unit)) {
            Some(value) => out.push_str(&value.to_string()),
            None => out.push_str(numeral),
        }
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

/// The value of a number below a thousand, or of four digits in a row.
fn value(numeral: &str) -> Option<u32> {
    let is_row = numeral.chars().all(|c| digit(c).is_some());
    if numeral.chars().nth(if is_row { 4 } else { 6 }).is_some() {
        return None;
    }
    if is_row {
        return numeral.chars().try_fold(0, |sum, c| Some(sum * 10 + digit(c)?));
    }
    let (mut sum, mut last) = (0, None);
    for c in numeral.chars() {
        match c {
            '百' => sum += last.take().unwrap_or(1) * 100,
            '十' => sum += last.take().unwrap_or(1) * 10,
            '廿' => sum += 20,
            '卅' => sum += 30,
            _ if last.is_some_and(|last| last > 0) => return None,
            _ => last = digit(c),
        }
    }
    Some(sum + last.unwrap_or(0)).filter(|sum| *sum < 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_before_units_are_digits() {
        for (text, wanted) in [
            ("二〇二六年十一月二十四日", Some("2026年11月24日")),
            ("民國一百一十五年十一月廿四日", Some("民國115年11月24日")),
            ("二零二六年一月三日 十五時三十分", Some("2026年1月3日 15時30分")),
            ("一位二〇二六年", Some("一位2026年")),
            ("2026年十一月", None),
            ("十一月二十四日", None),
        ] {
            assert_eq!(in_digits(text).as_deref(), wanted, "{text}");
        }
        assert_eq!(value("一二三四五"), None);
        assert_eq!(value("二三十"), None);
    }
}
