use super::*;

fn h(level: u8, text: &str, blocks_before_body: isize) -> Heading {
    Heading {
        text: text.to_owned(),
        level: Some(level),
        blocks_before_body: Some(blocks_before_body),
        ..Heading::default()
    }
}

fn page(json: &str, graph: &str, title: &str) -> Head {
    let mut head = Head::default();
    head.facts.article.headline = Some(json.to_owned()).filter(|t| !t.is_empty());
    head.title = Some(title.to_owned()).filter(|t| !t.is_empty());
    if !graph.is_empty() {
        head.metas.push(("og:title".to_owned(), graph.to_owned()));
    }
    head
}

/// JSON-LD, Open Graph, title element, headings, and the resulting headline.
#[test]
fn the_headline_is_chosen() {
    let storm = "Storm closes the coast road for a week";
    let cases: &[(&str, &str, &str, &[Heading], &str)] = &[
        // A heading that a claim resembles.
        ("", "", "Storm closes coast road for a week | Herald", &[h(1, storm, 3)], storm),
        // The name of a section is no headline.
        (
            "",
            "",
            "Storm closes the coast road | Herald",
            &[h(1, "Weather and climate", 3)],
            "Storm closes the coast road",
        ),
        // Claims for search engines, the newsroom's words above the text.
        (
            "",
            "Coast road storm: what drivers need to know",
            "Coast road storm: what drivers need to know",
            &[h(1, "What the storm did to our coast road", 2)],
            "What the storm did to our coast road",
        ),
        // The same far above the text is no headline.
        (
            "",
            "Coast road storm: what drivers need to know",
            "Coast road storm: what drivers need to know",
            &[h(1, "What the storm did to our coast road", 90)],
            "Coast road storm: what drivers need to know",
        ),
        // A breadcrumb in an h1, the headline in an h2 that JSON-LD names.
        (
            storm,
            "Storm news: coast road is closed",
            "Storm news: coast road is closed",
            &[h(1, "Storm news: coast road is closed", 4), h(2, storm, 1)],
            storm,
        ),
        // Later headings are parts of the article.
        (
            storm,
            "Storm news: coast road is closed",
            "Storm news: coast road is closed",
            &[h(1, "Storm news: coast road is closed", 4), h(2, storm, -9)],
            "Storm news: coast road is closed",
        ),
        // A date or a label inside the heading.
        ("", storm, "", &[h(1, "1 May 2026 Storm closes the coast road for a week", 1)], storm),
        ("", storm, "", &[h(1, "Storm closes the coast road for a week | Opinion", 1)], storm),
        // The part before a colon belongs to the sentence.
        (
            "",
            storm,
            "",
            &[h(1, "Report: Storm closes the coast road for a week", 1)],
            "Report: Storm closes the coast road for a week",
        ),
        // A label that all claims have and the heading has beside it.
        (
            "Coast: Road closed for a week",
            "Coast: Road closed for a week",
            "",
            &[h(1, "Road closed for a week", 1)],
            "Coast: Road closed for a week",
        ),
        // One claim alone does not outweigh the heading.
        (
            "",
            "Coast: Road closed for a week",
            "",
            &[h(1, "Road closed for a week", 1)],
            "Road closed for a week",
        ),
        // No heading: what most claims say.
        (storm, storm, "Herald - Storm", &[], storm),
    ];
    for (json, graph, page_title, headings, wanted) in cases {
        let head = page(json, graph, page_title);
        let (found, evidence) = title(&head, &Hints::default(), headings, Some("Herald"));
        assert_eq!(&found, wanted);
        assert!(evidence.is_some_and(|e| (0.3..1.0).contains(&e.confidence)));
    }
    assert_eq!(title(&Head::default(), &Hints::default(), &[], None), (String::new(), None));
}

#[test]
fn a_heading_in_two_blocks_is_joined_if_a_claim_has_it_joined() {
    let head = page("Coast road: open again at last", "", "");
    let joined = Heading { is_joined: true, ..h(1, "Coast road open again at last", 2) };
    let headings = [h(1, "open again at last", 1), joined];
    assert_eq!(title(&head, &Hints::default(), &headings, None).0, "Coast road open again at last");
}

#[test]
fn the_feed_may_confirm() {
    let hints = Hints { title: Some("Coast: Road closed for a week".into()), ..Hints::default() };
    let head = page("", "Coast: Road closed for a week", "");
    let headings = [h(1, "Road closed for a week", 1)];
    let (found, evidence) = title(&head, &hints, &headings, None);
    assert_eq!(found, "Coast: Road closed for a week");
    assert_eq!(evidence.map(|e| e.source), Some(Source::OpenGraph));
}

/// The headline of a page with these elements in its head and its body.
fn headline_of(head: &str, body: &str) -> String {
    let prose =
        "<p>The coast road will stay closed for a week after the storm, the county said on \
                 Monday. Waves had washed away the foundations in three places.</p>"
            .repeat(3);
    let page = format!("<head>{head}</head><body>{body}{prose}</body>");
    let page = crate::Page {
        bytes: page.as_bytes(),
        url: None,
        content_type: Some("text/html; charset=utf-8"),
    };
    let model = crate::Model::embedded().unwrap();
    let now = chrono::DateTime::UNIX_EPOCH;
    crate::extract(model, &page, &Hints::default(), now, &crate::Limits::default()).article.title
}

#[test]
fn labels_in_the_markup_of_a_heading_are_left_out() {
    let claim = "<title>Weather: The road is closed again</title>";
    for heading in [
        "<span class=c-kicker>Weather</span>: The road is closed again",
        "<span class=overline>Weather</span>The road is closed again",
        "<div class=topic-label>Weather</div> The road is closed again",
        "The road is closed again <small>What drivers have to know now</small>",
        "<span class=title>The road is closed again</span><span class=sub-title>A week</span>",
    ] {
        let found = headline_of(claim, &format!("<h1>{heading}</h1>"));
        assert_eq!(found, "The road is closed again", "{heading}");
    }
    // Nothing but a label is no label.
    let found = headline_of(claim, "<h1><span class=label>The road is closed again</span></h1>");
    assert_eq!(found, "The road is closed again");
}

#[test]
fn the_name_of_the_site_as_a_heading_is_no_headline() {
    let title = "<title>Coast Diary » Road closed</title>";
    let logo = "<h1><a href=\"https://diary.example/\">Coast Diary</a></h1>";
    assert_eq!(headline_of(title, logo), "Road closed");
    // Nor is a title that is the same on all pages.
    let title = "<title>Walks and tours between coast and hills</title>";
    assert_eq!(headline_of(title, "<h1>Harbour walk</h1>"), "Harbour walk");
    let claims = "<title>Coast road: what drivers need</title>
                  <meta property=og:title content=\"Coast road: what drivers need\">";
    let heading = "<h1 class=entry-title>We waited a whole week</h1>";
    assert_eq!(headline_of(claims, heading), "We waited a whole week");
}

#[test]
fn dates_and_remarks_around_a_heading_are_left_out() {
    let title = "<title>Storm closes the coast road</title>";
    for heading in [
        "Storm closes the coast road [Video]",
        "Storm closes the coast road",
        "23.01.2022 - Storm closes the coast road",
    ] {
        assert_eq!(
            headline_of(title, &format!("<h1>{heading}</h1>")),
            "Storm closes the coast road"
        );
    }
    let copy = "Storm closes the coast road | Travel | The Coast Herald";
    let found = headline_of(&format!("<title>{copy}</title>"), &format!("<h1>{copy}</h1>"));
    assert_eq!(found, "Storm closes the coast road");
}
