use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;

const HEADLINES: [&str; 8] = [
    "Harbour board opens second hall",
    "School closes after the flood",
    "Bus company counts its drivers",
    "Library lends out telescopes",
    "Rowing club wins a lawsuit",
    "Night ferry sails in daylight",
    "Beekeepers meet the minister",
    "Quarry road stays one-way",
];

/// An entry with every field.
fn fields(number: usize) -> EntryFields {
    let date = DateTime::UNIX_EPOCH + TimeDelta::hours(number as i64);
    let link = format!("paper.example/news/{number}");
    EntryFields {
        key: EntryKey::from_stored(format!("id-{number}")),
        guid: Some(format!("id-{number}")),
        link: Some(link),
        title: Some(
            HEADLINES.get(number % 8).unwrap_or(&"").to_string() + &" again".repeat(number / 8),
        ),
        published: Some(date),
        seen_at: date,
        is_filed: true,
    }
}

fn entries(numbers: std::ops::Range<usize>) -> Vec<EntryFields> {
    numbers.map(fields).collect()
}

fn changed(
    numbers: std::ops::Range<usize>,
    change: impl Fn(usize, &mut EntryFields),
) -> Vec<EntryFields> {
    numbers
        .map(|number| {
            let mut fields = fields(number);
            change(number, &mut fields);
            fields
        })
        .collect()
}

fn with_id(fields: &mut EntryFields, id: &str) {
    fields.guid = Some(id.to_owned());
    fields.key = EntryKey::from_stored(id.to_owned());
}

/// The entries as they are stored afterwards.
fn stored(shown: &[EntryFields], recognition: &Recognition) -> Vec<EntryFields> {
    shown
        .iter()
        .zip(&recognition.keys)
        .map(|(fields, key)| EntryFields { key: key.clone(), ..fields.clone() })
        .collect()
}

fn all_known(recognition: &Recognition) -> bool {
    recognition.known.iter().enumerate().all(|(place, known)| *known == Some(place))
}

#[test]
fn the_same_document_again_is_known() {
    let recognition = recognise(KeyPolicy::Id, &entries(0..8), &entries(0..8));
    assert!(all_known(&recognition));
    assert_eq!(
        (recognition.policy, recognition.id_fault, recognition.mass_change),
        (KeyPolicy::Id, None, None)
    );
}

#[test]
fn new_entries_are_new_however_many() {
    let recognition = recognise(KeyPolicy::Id, &entries(8..16), &entries(0..8));
    assert!(recognition.known.iter().all(Option::is_none));
    assert_eq!(recognition.mass_change, None);
    let some = recognise(KeyPolicy::Id, &entries(4..12), &entries(0..8));
    assert_eq!(some.known, [Some(4), Some(5), Some(6), Some(7), None, None, None, None]);
}

#[test]
fn ids_that_change_under_their_links_are_not_believed_again() {
    let shown = changed(0..8, |number, fields| with_id(fields, &format!("new-{number}")));
    let recognition = recognise(KeyPolicy::Id, &shown, &entries(0..8));
    assert!(all_known(&recognition));
    assert_eq!(
        (recognition.policy, recognition.id_fault),
        (KeyPolicy::Link, Some(IdFault::Changed))
    );
    let revisit = changed(0..8, |number, fields| with_id(fields, &format!("newer-{number}")));
    let next = recognise(recognition.policy, &revisit, &stored(&shown, &recognition));
    assert!(all_known(&next));
    assert_eq!((next.policy, next.id_fault, next.keys), (KeyPolicy::Link, None, recognition.keys));
}

/// As a sitemap lists it, without an id.
fn listed(number: usize) -> EntryFields {
    let fields = fields(number);
    let key = EntryKey::of_link(fields.link.as_deref().unwrap_or_default());
    EntryFields { guid: None, key, ..fields }
}

#[test]
fn what_a_sitemap_lists_says_nothing_of_ids() {
    let sitemap: Vec<EntryFields> = (4..14).map(listed).collect();
    let recognition = recognise_listed(KeyPolicy::Id, &sitemap, &entries(0..8));
    assert_eq!(recognition.known[..5], [Some(4), Some(5), Some(6), Some(7), None]);
    assert_eq!(
        (recognition.policy, recognition.id_fault, recognition.mass_change),
        (KeyPolicy::Id, None, None)
    );
    // New entries with the dates of known ones are no mass change.
    let others: Vec<EntryFields> = (20..28)
        .map(|number| EntryFields { published: fields(number - 20).published, ..listed(number) })
        .collect();
    assert!(
        recognise_listed(KeyPolicy::Id, &others, &entries(0..8)).known.iter().all(Option::is_none)
    );
}

#[test]
fn an_entry_that_had_no_id_has_not_changed_it() {
    let known: Vec<EntryFields> = (0..8).map(listed).collect();
    let recognition = recognise(KeyPolicy::Id, &entries(0..8), &known);
    assert!(all_known(&recognition));
    assert_eq!((recognition.policy, recognition.id_fault), (KeyPolicy::Id, None));
    let mut keys = recognition.keys.iter().map(EntryKey::as_str);
    assert_eq!(keys.next(), Some("id-0"), "from now on it is known by its id");
}

#[test]
fn ids_that_count_positions_are_not_believed() {
    let known = changed(0..6, |number, fields| with_id(fields, &format!("{number}")));
    let shown: Vec<EntryFields> =
        changed(1..7, |number, fields| with_id(fields, &format!("{}", number - 1)));
    let recognition = recognise(KeyPolicy::Id, &shown, &known);
    assert_eq!(recognition.known, [Some(1), Some(2), Some(3), Some(4), Some(5), None]);
    assert_eq!(
        (recognition.policy, recognition.id_fault),
        (KeyPolicy::Link, Some(IdFault::Reused))
    );
}

#[test]
fn one_id_for_each_days_article_is_reused() {
    let known = changed(0..1, |_, fields| with_id(fields, "today"));
    let shown = changed(3..4, |_, fields| with_id(fields, "today"));
    assert_eq!(recognise(KeyPolicy::Id, &shown, &known).known, [None]);
}

#[test]
fn an_edited_headline_and_address_keep_their_id() {
    let shown = changed(0..8, |number, fields| {
        if number == 2 {
            fields.title = Some("Bus company counts its passengers".to_owned());
            fields.link = Some("paper.example/news/bus-company-passengers".to_owned());
        }
    });
    let recognition = recognise(KeyPolicy::Id, &shown, &entries(0..8));
    assert!(all_known(&recognition));
    assert_eq!(recognition.policy, KeyPolicy::Id);
}

#[test]
fn shared_and_missing_ids_take_the_policy_down() {
    let shared = changed(0..8, |_, fields| fields.guid = Some("same".to_owned()));
    assert_eq!(recognise(KeyPolicy::Id, &shared, &[]).policy, KeyPolicy::Link);
    let to_one_page = changed(0..8, |_, fields| {
        fields.guid = None;
        fields.link = Some("paper.example".to_owned());
    });
    assert_eq!(recognise(KeyPolicy::Id, &to_one_page, &[]).policy, KeyPolicy::LinkDate);
    let undated = changed(0..8, |_, fields| {
        (fields.guid, fields.published) = (None, None);
        fields.link = Some("paper.example".to_owned());
    });
    let recognition = recognise(KeyPolicy::Id, &undated, &[]);
    assert_eq!(
        (recognition.policy, recognition.id_fault),
        (KeyPolicy::Title, Some(IdFault::Shared))
    );
    // One shared id in forty is tolerated, and both entries keep different keys.
    let one_twin = changed(0..40, |number, fields| {
        if number == 7 {
            with_id(fields, "id-8");
        }
    });
    let recognition = recognise(KeyPolicy::Id, &one_twin, &[]);
    assert_eq!(recognition.policy, KeyPolicy::Id);
    assert_eq!(recognition.keys.iter().collect::<HashSet<_>>().len(), 40);
}

#[test]
fn a_move_to_another_host_repeats_nothing() {
    let at = |host: &'static str| {
        move |number: usize, fields: &mut EntryFields| {
            with_id(fields, &format!("https://{host}/news/{number}"));
            fields.link = Some(format!("{host}/news/{number}"));
        }
    };
    let known = changed(0..8, at("old.example"));
    let recognition = recognise(KeyPolicy::Id, &changed(0..8, at("new.example")), &known);
    assert!(all_known(&recognition));
    // The first entry after the move is new, the others are known.
    let shown: Vec<EntryFields> = changed(2..9, at("new.example"));
    let recognition = recognise(KeyPolicy::Id, &shown, &known);
    assert_eq!(recognition.known, [Some(2), Some(3), Some(4), Some(5), Some(6), Some(7), None]);
}

#[test]
fn a_new_publishing_system_is_a_mass_change() {
    let shown = changed(0..8, |number, fields| {
        with_id(fields, &format!("uuid-{number}"));
        fields.link = Some(format!("paper.example/story/{}", 1000 + number));
        fields.published = None;
    });
    let recognition = recognise(KeyPolicy::Id, &shown, &entries(0..8));
    assert!(all_known(&recognition));
    assert_eq!(recognition.mass_change, Some(8));
}

#[test]
fn entries_of_two_sites_with_like_paths_stay_apart() {
    let known =
        changed(0..4, |number, fields| fields.link = Some(format!("one.example/{number}/a")));
    let shown =
        changed(4..8, |number, fields| fields.link = Some(format!("two.example/{}/a", number - 4)));
    assert!(recognise(KeyPolicy::Id, &shown, &known).known.iter().all(Option::is_none));
}

#[test]
fn stamped_dates_and_rotating_summaries_are_no_claims() {
    let (date, text) =
        (Claim { by_date: true, by_text: false }, Claim { by_date: false, by_text: true });
    let none = Claim::default();
    assert_eq!(believed(&[date; 8]), [false; 8]);
    assert_eq!(believed(&[text; 8]), [false; 8]);
    assert_eq!(
        believed(&[date, none, none, text, none, none]),
        [true, false, false, true, false, false]
    );
    let both = Claim { by_date: true, by_text: true };
    assert!(believed(&[date, date, date, date, both, date])[4]);
    assert_eq!(believed(&[date; 3]), [true; 3]);
}

#[test]
fn a_claim_about_what_was_read_just_now_waits() {
    let now = DateTime::UNIX_EPOCH + TimeDelta::days(8);
    assert_eq!(revisit_due(DateTime::UNIX_EPOCH, now - TimeDelta::days(3), now), now);
    assert_eq!(revisit_due(DateTime::UNIX_EPOCH, now, now), now + TimeDelta::days(2));
}

/// An entry under a rewritten headline, with the id and the link that follow it.
fn rewritten(fields: &mut EntryFields) {
    with_id(fields, "mayor-drops-the-plan");
    fields.link = Some("paper.example/news/mayor-drops-the-plan".into());
    fields.title = Some("Mayor drops the plan after all".into());
}

#[test]
fn a_rewritten_headline_takes_the_place_of_the_old_one() {
    let known: Vec<EntryFields> = entries(1..9);
    let shown = changed(1..9, |number, fields| {
        if number == 5 {
            rewritten(fields);
        }
    });
    let recognition = recognise(KeyPolicy::Id, &shown, &known);
    assert!(all_known(&recognition));
    assert_eq!(recognition.is_weak.iter().filter(|is_weak| **is_weak).count(), 1);
    assert!(recognition.missing.is_empty());
}

#[test]
fn a_story_number_tells_where_a_rewritten_headline_was() {
    let number = |fields: &mut EntryFields, slug: &str, story: usize| {
        fields.link = Some(format!("paper.example/2026/{slug}/a-{story}"));
    };
    let known = changed(1..9, |at, fields| number(fields, "council", 70_000 + at));
    let shown = changed(1..9, |at, fields| {
        if at == 5 {
            rewritten(fields);
            fields.published = fields.published.map(|date| date + TimeDelta::minutes(40));
        }
        number(fields, if at == 5 { "mayor" } else { "council" }, 70_000 + at);
    });
    assert!(all_known(&recognise(KeyPolicy::Id, &shown, &known)));
    // Without the number nothing says that the two are one story.
    let shown = changed(1..9, |at, fields| {
        if at == 5 {
            rewritten(fields);
            fields.published = fields.published.map(|date| date + TimeDelta::minutes(40));
        }
    });
    let recognition = recognise(KeyPolicy::Id, &shown, &entries(1..9));
    assert_eq!((recognition.known[4], recognition.missing.as_slice()), (None, &[4][..]));
}

#[test]
fn an_entry_that_left_at_the_end_of_its_feed_is_not_missing() {
    let recognition = recognise(KeyPolicy::Id, &entries(4..12), &entries(0..8));
    assert!(recognition.missing.is_empty());
    assert_eq!(recognition.known.iter().flatten().count(), 4);
}

/// Three entries with one link, without ids, dated with the time of the request.
fn stamped(at: DateTime<Utc>) -> Vec<EntryFields> {
    let one = |number: usize| {
        let published = at - TimeDelta::seconds(number as i64);
        EntryFields {
            key: EntryKey::from_stored(format!("{number} {published}")),
            guid: None,
            link: Some("paper.example/".into()),
            published: Some(published),
            seen_at: at,
            ..fields(number)
        }
    };
    (0..3).map(one).collect()
}

#[test]
fn entries_with_stamped_dates_are_known_by_their_headlines() {
    let first = DateTime::UNIX_EPOCH + TimeDelta::days(3);
    let later = stamped(first + TimeDelta::minutes(10));
    let recognition = recognise(KeyPolicy::Id, &later, &stamped(first));
    assert!(all_known(&recognition));
    let found = (recognition.policy, recognition.id_fault);
    assert_eq!(found, (KeyPolicy::Title, Some(IdFault::Stamped)));
    let known = stored(&later, &recognition);
    let again = recognise(recognition.policy, &stamped(first + TimeDelta::days(9)), &known);
    assert!(all_known(&again) && again.id_fault.is_none());
}

#[test]
fn entries_of_two_days_under_one_headline_are_two() {
    let first = DateTime::UNIX_EPOCH + TimeDelta::days(3);
    let recognition =
        recognise(KeyPolicy::Id, &stamped(first + TimeDelta::days(1)), &stamped(first));
    assert!(recognition.known.iter().all(Option::is_none));
}

fn any_fields() -> impl Strategy<Value = EntryFields> {
    let text = || proptest::option::of("[a-c]{1,2}");
    (text(), text(), text(), proptest::option::of(0_i64..3), "[a-c]{1,2}").prop_map(
        |(guid, link, title, date, key)| EntryFields {
            key: EntryKey::from_stored(key),
            guid,
            link: link.map(|link| format!("x.example/{link}")),
            title,
            published: date.map(|at| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::hours(at)),
            seen_at: DateTime::UNIX_EPOCH,
            is_filed: true,
        },
    )
}

proptest! {
    /// For any document: no known entry matches twice, keys differ, and the policy never moves up.
    #[test]
    fn one_to_one(
        shown in prop::collection::vec(any_fields(), 0..12),
        known in prop::collection::vec(any_fields(), 0..12),
    ) {
        for policy in [KeyPolicy::Id, KeyPolicy::Link, KeyPolicy::LinkDate, KeyPolicy::Title] {
            let recognition = recognise(policy, &shown, &known);
            let taken: Vec<usize> = recognition.known.iter().flatten().copied().collect();
            prop_assert_eq!(taken.iter().collect::<HashSet<_>>().len(), taken.len());
            prop_assert_eq!(recognition.keys.iter().collect::<HashSet<_>>().len(), shown.len());
            prop_assert!(recognition.policy >= policy);
        }
    }

    /// What is stored after a poll is known at the next, if the document is the same.
    #[test]
    fn what_was_stored_is_known(shown in prop::collection::vec(any_fields(), 0..12)) {
        let mut seen = HashSet::new();
        let shown: Vec<EntryFields> =
            shown.into_iter().filter(|fields| seen.insert(fields.key.clone())).collect();
        let first = recognise(KeyPolicy::Id, &shown, &[]);
        let second = recognise(first.policy, &shown, &stored(&shown, &first));
        prop_assert!(all_known(&second), "{:?} {:?}", first, second);
        prop_assert_eq!(first.keys, second.keys);
    }
}

#[test]
fn a_whole_archive_with_other_ids_is_known_by_its_links() {
    const COUNT: usize = 20_000;
    let archive = |generation: usize| -> Vec<EntryFields> {
        let one = |number: usize| {
            let id = format!("{generation}-{number}");
            EntryFields {
                key: EntryKey::from_stored(id.clone()),
                guid: Some(id),
                link: Some(format!("paper.example/news/{number}")),
                title: Some(format!("Harbour board opens hall number {number}")),
                published: None,
                seen_at: DateTime::UNIX_EPOCH,
                is_filed: true,
            }
        };
        (0..COUNT).map(one).collect()
    };
    let known = archive(1);
    let recognition = recognise(KeyPolicy::Id, &archive(2), &known);
    let expected: Vec<Option<usize>> = (0..COUNT).map(Some).collect();
    assert_eq!(recognition.known, expected);
    assert_eq!(recognition.policy, KeyPolicy::Link);
    assert_eq!(recognition.id_fault, Some(IdFault::Changed));
}
