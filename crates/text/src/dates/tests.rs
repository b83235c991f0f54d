use proptest::prelude::*;

use super::*;

mod world;

fn style(language: &str) -> Style {
    Style::of(Some(language), 1970..=2100)
}

fn utc(text: &str) -> Option<String> {
    read(text, style("")).map(|moment| moment.at.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[test]
fn one_instant_in_many_shapes() {
    for text in [
        "Mon, 02 Nov 2026 10:00:00 GMT",
        "Mon, 02 Nov 2026 10:00:00 +0000",
        "Mon, 2 Nov 26 10:00 UT",
        "Mon,02 Nov 2026 10:00:00 Z",
        "Wed, 02 Nov 2026 10:00:00 GMT",
        "Mon, 02 Nov 2026 05:00:00 EST",
        "Mon, 02 Nov 2026 02:00:00 PST",
        "Mon, 02 Nov 2026 11:00:00 CET",
        "Mon, 02 Nov 2026 11:00:00 MEZ",
        "Mon, 02 Nov 2026 05:00:00 -0500 (EST)",
        "Mon, 02 Nov 2026 12:00:00 GMT+2",
        "Mon, 02 Nov 2026 12:00:00 UTC+02:00",
        "Mon, 02 Nov 2026 10:00:00 +0000GMT",
        "Monday, 02-Nov-26 10:00:00 GMT",
        "Monday, November 2, 2026 10:00 AM",
        "Nov 2, 2026 10:00",
        "Nov. 2nd, 2026 at 10:00",
        "November 2nd, 2026 at 10:00am",
        "Mon Nov  2 10:00:00 2026",
        "Mon Nov  2 10:00:00 UTC 2026",
        "02-Nov-2026 10:00",
        "2-Nov-26 10:00",
        "Nov. 2, 2026 10:00AM",
        "2026-11-02T10:00:00Z",
        "2026-11-02T10:00:00.000Z",
        "2026-11-02t10:00:00z",
        "2026-11-02T12:00:00+02:00",
        "2026-11-02T12:00+0200",
        "2026-11-02T12:00+02",
        "2026-11-02T10:00Z",
        "2026-11-02T10:00:00",
        "2026-11-02 10:00:00",
        "2026-11-02 10:00:00 UTC",
        "2026-11-02 12:00:00 +02:00",
        "2026-11-02 10:00",
        "2026/11/02 10:00",
        "2026-306T10:00:00Z",
        "20261102T100000Z",
        "20261102T120000+0200",
        "20261102100000",
        "202611021000",
        "1793613600",
        "1793613600000",
        "1793613600.25",
        "02/11/2026 10:00",
        "2/11-2026 10:00",
        "02.11.2026 10:00",
        "2. 11. 2026 10:00",
        "2.11.2026, 10:00 Uhr",
        "Montag, 2. November 2026 - 11:00 MEZ",
        "Mon Nov 02 2026 12:00:00 GMT+0200 (CEST)",
        "2026-11-02T12:00:00+02:00[Europe/Berlin]",
        "10:00 - 2 November 2026",
        "10:00:00 Nov 2, 2026",
        "10:00 AM - 2 Nov 2026",
        "Stand des Artikels: 2. November 2026, 10:00 Uhr",
        "Minute 5, November 2, 2026 10:00",
        "urn:x:2026-11-02T10:00:00.817144:2a02-8c1d",
        "2026-11-02-10:00:00",
        "2026-11-02T1200+0200Z",
    ] {
        assert_eq!(utc(text).as_deref(), Some("2026-11-02T10:00:00Z"), "{text}");
    }
}

#[test]
fn one_instant_in_many_languages() {
    for text in [
        "lundi 2 novembre 2026 10h00",
        "lun, 02 nov 2026 10:00:00 +0000",
        "lunes, 2 de noviembre de 2026 10:00",
        "2 de noviembre de 2026 a las 10:00 a. m.",
        "Пн, 02 ноя 2026 13:00:00 +0300",
        "2 ноября 2026, 13:00 MSK",
        "2-го ноября 2026 10:00",
        "2 listopada 2026 10:00",
        "2 листопада 2026 10:00",
        "02 Kas 2026 10:00",
        "02 KASIM 2026 10:00",
        "Δευ, 02 Νοε 2026 12:00:00 +0200",
        "Δευτέρα, 02 Νοεμβρίου 2026, 10:00",
        "2026年11月2日 10:00",
        "2026年11月02日 10時00分",
        "2026年11月2日（月）10時00分",
        "2026年11月2日 星期一上午10:00",
        "２０２６年１１月２日　１０：００",
        "2026년 11월 2일 월요일 오전 10:00",
        "2026. november 2., hétfő 10:00",
        "2026 m. lapkričio 2 d. 10:00",
        "2026. gada 2. novembris 10:00",
        "2. marraskuuta 2026 10:00",
        "ngày 2 tháng 11 năm 2026 10:00",
        "2 נובמבר 2026 10:00",
        "יום שני, 2 בנובמבר 2026 10:00",
        "٢ نوفمبر ٢٠٢٦ ١٠:٠٠",
        "۲ نوامبر ۲۰۲۶ ۱۰:۰۰",
        "2 تشرين الثاني 2026 10:00",
        "2 नवंबर 2026, 10:00",
        "২ নভেম্বর ২০২৬ ১০:০০",
        "2 พฤศจิกายน 2569 10:00",
        "2 พ.ย. 2569 10:00",
        "2 ნოემბერი 2026 10:00",
        "2 նոյեմբերի 2026 10:00",
        "Senin, 2 November 2026 10:00",
        "Δευτέρα 2 Νοέμβρη 2026 10:00",
        "2. новембра 2026. 10:00",
        "2 d’agost de 2026 10:00",
        "2 Ağustos 2026 10:00",
    ] {
        let wanted = if text.contains("gost") || text.contains("ğus") {
            "2026-08-02"
        } else {
            "2026-11-02"
        };
        assert_eq!(utc(text), Some(format!("{wanted}T10:00:00Z")), "{text}");
    }
}

#[test]
fn halves_of_the_day() {
    for (text, hour) in [
        ("12:30 AM, Nov 2, 2026", "00:30"),
        ("Nov 2, 2026 12:30 PM", "12:30"),
        ("Nov 2, 2026 3:30 p.m. ET", "20:30"),
        ("2/11/2026 03:30 م", "15:30"),
        ("2026年11月2日 下午3:30", "15:30"),
        ("2026年11月2日 午後3時30分", "15:30"),
        ("2026년 11월 2일 오후 3:30", "15:30"),
        ("Am 2.11.2026 um 12:30 Uhr am See", "12:30"),
        ("2/11/2026 03:30 μ.μ.", "15:30"),
    ] {
        assert_eq!(utc(text), Some(format!("2026-11-02T{hour}:00Z")), "{text}");
    }
}

#[test]
fn midnights_leap_seconds_and_days_alone() {
    assert_eq!(utc("Tue, 03 Nov 2026 24:00:00 GMT").as_deref(), Some("2026-11-04T00:00:00Z"));
    assert_eq!(utc("31 Dec 2026 23:59:60 GMT").as_deref(), Some("2026-12-31T23:59:59Z"));
    assert_eq!(read("20261231235960", style("")), read("20261231235959", style("")));
    for text in [
        "02 Nov 2026",
        "2026-11-02",
        "2026-11-02Z",
        "2026-11-02+02:00",
        "2026-11-02-05:00",
        "20261102",
        "Nov 2, 2026",
        "02/11/26",
        "2026年11月2日",
        "11 comments, Nov 2, 2026",
    ] {
        let moment = read(text, style(""))
            .map(|moment| (moment.at.to_rfc3339(), moment.precision, moment.zone));
        assert_eq!(
            moment,
            Some(("2026-11-02T00:00:00+00:00".to_owned(), Precision::Day, None)),
            "{text}"
        );
    }
    for text in ["2026-11", "Nov 2026", "2026年11月", "листопад 2026"] {
        let moment = read(text, style("")).map(|moment| (moment.at.to_rfc3339(), moment.precision));
        assert_eq!(
            moment,
            Some(("2026-11-01T00:00:00+00:00".to_owned(), Precision::Month)),
            "{text}"
        );
    }
}

#[test]
fn a_weekday_is_not_taken_for_a_month() {
    assert_eq!(utc("mar, 03 nov 2026 10:00:00 +0100").as_deref(), Some("2026-11-03T09:00:00Z"));
    assert_eq!(utc("mar 3 mar 2026").as_deref(), Some("2026-03-03T00:00:00Z"));
    assert_eq!(utc("Mar 3, 2026").as_deref(), Some("2026-03-03T00:00:00Z"));
    assert_eq!(utc("martes 3 de noviembre de 2026").as_deref(), Some("2026-11-03T00:00:00Z"));
    assert_eq!(utc("середа, 4 листопада 2026").as_deref(), Some("2026-11-04T00:00:00Z"));
}

#[test]
fn the_language_orders_day_and_month() {
    for (text, language, wanted) in [
        ("03/04/2026", "en_US", "03-04"),
        ("03/04/2026", "en-GB", "04-03"),
        ("03/04/2026", "en", "04-03"),
        ("03/25/2026", "en-GB", "03-25"),
        ("25/03/2026", "en-US", "03-25"),
        ("03.04.2026", "en-US", "04-03"),
        ("03-04-2026", "en-US", "03-04"),
        ("3. listopada 2026", "hr", "10-03"),
        ("3. listopada 2026", "pl", "11-03"),
        ("Folha, 3 set 2026 às 9:00", "pt-BR", "09-03"),
        ("3 pro 2026", "", "12-03"),
        ("Ana López on 04-ago-2026 5:11:10", "", "08-04"),
    ] {
        let found = read(text, style(language)).map(|moment| moment.at.format("%m-%d").to_string());
        assert_eq!(found.as_deref(), Some(wanted), "{text} {language}");
    }
    let reversed = read("03/04/2026", style("").reversed()).map(|moment| moment.at.to_rfc3339());
    assert_eq!(reversed.as_deref(), Some("2026-03-04T00:00:00+00:00"));
}

#[test]
fn the_zone_is_kept_where_it_is_written() {
    for (text, minutes) in [
        ("2026-11-02T10:00:00Z", Some(0)),
        ("2026-11-02T10:00:00-06:00", Some(-360)),
        ("2026-11-02 10:00:00 +0930", Some(570)),
        ("2026-11-02 10:00:00 -9999", None),
        ("Nov 2, 2026 10:00 PM EST", Some(-300)),
        ("July 2, 2026 10:00 PM ET", Some(-240)),
        ("2026-11-02 10:00:00", None),
        ("2.11.2026 um 10:00, was das ist", None),
        ("2.11.2026, 10:00 (IST)", Some(330)),
        ("11:00 - 02.11.2026", None),
        ("1793613600", Some(0)),
    ] {
        let zone = read(text, style("")).and_then(|moment| moment.zone);
        assert_eq!(zone.map(|zone| zone.local_minus_utc() / 60), minutes, "{text}");
    }
}

#[test]
fn what_is_no_date_is_none() {
    for text in [
        "",
        "yesterday",
        "0",
        "1970-01-01T00:00:00Z",
        "0001-01-01T00:00:00",
        "2026-13-02",
        "31 Feb 2026",
        "Nov",
        "-",
        "10:00",
        "99:99",
        "2026",
        "2026-11-02T25:00:00Z",
        "12345",
        "13.13.2026",
        "1.2.3",
        "99999999999999",
        "may be 2026 or 5",
        "May 5 - 12",
        "May 5-12",
        "5 comments in May, 12 in June",
        "192.168.10.11.2026",
        "Drucksache 2026-306 vom Freitag",
        "Apple MacBook Pro 16 (early 2026)",
        "2026 was 2 years ago",
        "2026 issue is on newsstands nationwide Nov. 20",
        "11/02 - 11/09",
        "31 Dec 07 | Millbrook Rovers",
    ] {
        assert_eq!(utc(text), None, "{text}");
    }
}

#[test]
fn years_are_those_that_can_be_meant() {
    let years = |years| read("2 Nov 1985", Style::of(None, years)).is_some();
    assert!(years(1970..=2100) && !years(1990..=2100));
}

#[test]
fn other_calendars_are_understood() {
    for text in [
        "令和8年11月2日",
        "令和08年11月02日",
        "民國115年11月2日",
        "2 November 2569",
        "2/11/2569",
        "11 آبان 1405",
        "دوشنبه ۱۱ آبان ۱۴۰۵ - ۰۸:۱۲",
        "1405/08/11",
        "115/11/02",
        "115-11-2",
        "115.11.02",
        "115年11月2日",
        "民國115/11/2",
        "民國 115-11-02",
        "發布日期：115/11/02",
        "中華民國一百一十五年十一月二日",
        "二〇二六年十一月二日",
        "令8.11.2",
    ] {
        let found = read(text, style("")).map(|moment| moment.at.date_naive().to_string());
        assert_eq!(found.as_deref(), Some("2026-11-02"), "{text}");
    }
    for text in [
        "令和元年13月2日",
        "令和年11月2日",
        "31 مهر 1405",
        "1405/13/11",
        "115/13/2",
        "Room 115/11/2",
        "1.115.11.2",
        "115.11.2.4",
    ] {
        assert_eq!(read(text, style("")), None, "{text}");
    }
}

proptest! {
    #[test]
    fn never_panics(text in "\\PC{0,40}", dateish in "[0-9a-zA-Z:+./ ,年月nov-]{0,30}", american: bool) {
        let style = if american { style("en-us") } else { style("hr") };
        let _ = (read(&text, style), read(&dateish, style));
    }

    #[test]
    fn reads_what_chrono_writes(seconds in 100_000i64..4_000_000_000, minutes in -840i32..840) {
        let zone = FixedOffset::east_opt(minutes * 60).unwrap();
        let at = DateTime::from_timestamp(seconds, 0).unwrap();
        let local = at.with_timezone(&zone);
        for text in [at.to_rfc2822(), at.to_rfc3339(), local.to_rfc2822(), local.to_rfc3339()] {
            prop_assert_eq!(read(&text, style("")).map(|moment| moment.at), Some(at), "{}", text);
        }
        for format in ["%a %b %e %T %Y", "%A, %d-%b-%Y %T", "%e %B %Y %H:%M:%S", "%B %e, %Y %I:%M:%S %p"] {
            let text = at.format(format).to_string();
            prop_assert_eq!(read(&text, style("")).map(|moment| moment.at), Some(at), "{}", text);
        }
    }
}

fn all(texts: &[&str], language: &str, now: &str) -> Vec<Option<String>> {
    let style = style(language).of_all(texts.iter().copied(), now.parse().unwrap());
    let day = |text: &&str| Some(read(text, style)?.at.format("%m-%d").to_string());
    texts.iter().map(day).collect()
}

#[test]
fn the_dates_of_one_writer_show_his_order() {
    let now = "2026-11-26T00:00:00Z";
    for (texts, language, first) in [
        (&["11/5/2026", "11/24/2026"][..], "", Some("11-05")),
        (&["11/5/2026", "24/11/2026"], "en-US", Some("05-11")),
        (&["Tue 10/11/2026"], "", Some("11-10")),
        (&["Thu 11/5/2026 10:00", "10/9/2026"], "", Some("11-05")),
        (&["11/12/2026", "11/11/2026", "9/11/2026"], "", Some("11-12")),
        (&["11/6/2026", "11/5/2026", "10/9/2026"], "", Some("11-06")),
        (&["11/5/2026 9:30 PM"], "", Some("11-05")),
        (&["11/5/2026 9:30 p.m."], "en", Some("11-05")),
        (&["11/5/2026 9:30 PM"], "en-GB", Some("05-11")),
        (&["11/5/2026 9:30 p. m."], "es-MX", Some("05-11")),
        (&["11/5/2026 21:30"], "", Some("05-11")),
        (&["11/5/2026", "13/5/2026", "5/13/2026"], "", None),
        (&["11.5.2026", "11/24/2026"], "", Some("05-11")),
    ] {
        assert_eq!(all(texts, language, now)[0].as_deref(), first, "{texts:?} {language}");
    }
}

#[test]
fn a_weekday_decides_between_two_days() {
    for (text, wanted) in [
        ("subota, 3. listopada 2026", "10-03"),
        ("wtorek, 3 listopada 2026", "11-03"),
        ("Mon 11/2/2026 10:00", "11-02"),
        ("Wed 11/2/2026 10:00", "02-11"),
        ("Wed, 02 Nov 2026", "11-02"),
    ] {
        let found = read(text, style("")).map(|moment| moment.at.format("%m-%d").to_string());
        assert_eq!(found.as_deref(), Some(wanted), "{text}");
    }
}

#[test]
fn zones_of_places_and_lost_signs() {
    for text in [
        "2026-11-02 11:00 Europe/Berlin",
        "2 Nov 2026 11:00:00 (Europe/Berlin)",
        "Nov 2, 2026 05:00 America/New_York",
        "2026-11-02T12:00:00 02:00",
        "Mon, 02 Nov 2026 12:00:00 0200",
        "Mon Nov 02 12:00:00 0200 2026",
        "2026-11-02T12:00:00.000 0200",
    ] {
        assert_eq!(utc(text).as_deref(), Some("2026-11-02T10:00:00Z"), "{text}");
    }
    assert_eq!(utc("2 Jul 2026 12:00 Europe/Berlin").as_deref(), Some("2026-07-02T10:00:00Z"));
    assert_eq!(utc("2 Nov 2026 10:00 12:00").as_deref(), Some("2026-11-02T10:00:00Z"));
}

proptest! {
    #[test]
    fn a_feed_in_one_order_is_read_in_that_order(days in prop::collection::vec(0i64..2000, 8..30), american: bool) {
        let first = DateTime::from_timestamp(1_600_000_000, 0).unwrap();
        let dates: Vec<NaiveDate> = days.iter().map(|days| (first + TimeDelta::days(*days)).date_naive()).collect();
        prop_assume!(dates.iter().any(|date| date.day() > 12));
        let format = if american { "%m/%d/%Y" } else { "%d/%m/%Y" };
        let texts: Vec<String> = dates.iter().map(|date| date.format(format).to_string()).collect();
        let now = first + TimeDelta::days(3000);
        for language in ["", "en-US", "de"] {
            let style = style(language).of_all(texts.iter().map(String::as_str), now);
            for (text, date) in texts.iter().zip(&dates) {
                prop_assert_eq!(read(text, style).map(|moment| moment.at.date_naive()), Some(*date), "{}", text);
            }
        }
    }
}
