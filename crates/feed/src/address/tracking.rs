//! Query parameters for tracking.
//!
//! One parameter too many merges two articles. One too few stores an article twice, and a
//! comparison of the texts may still find that. So a name is listed only if it is a product's own
//! word for tracking; common words (`ref`, `source`) also need a value for tracking.

/// Prefixes of Google Analytics, Matomo and Piwik, AT Internet, Webtrends, `HubSpot`, `WebTrekk`
/// and Mailchimp.
const PREFIXES: &[&str] = &[
    "utm_", "mtm_", "pk_", "piwik_", "at_", "wt.", "wt_", "hsa_", "ns_", "mc_", "__hs", "_hs",
    "oly_", "vero_", "ga_",
];

/// Whole names, sorted for the binary search.
const NAMES: &[&str] = &[
    "__s",
    "__twitter_impression",
    "_ga",
    "_gl",
    "_openstat",
    "action_object_map",
    "action_ref_map",
    "action_type_map",
    "cmp",
    "cmpid",
    "cx_cid",
    "dclid",
    "dgcid",
    "echobox",
    "ef_id",
    "emc",
    "epik",
    "fb_action_ids",
    "fb_action_types",
    "fb_ref",
    "fb_source",
    "fbclid",
    "feedname",
    "feedtype",
    "ftag",
    "gad_source",
    "gbraid",
    "gclid",
    "gclsrc",
    "guccounter",
    "guce_referrer",
    "guce_referrer_sig",
    "hsctatracking",
    "icid",
    "igsh",
    "igshid",
    "intcid",
    "ito",
    "li_fat_id",
    "maca",
    "mkt_tok",
    "ml_subscriber",
    "ml_subscriber_hash",
    "msclkid",
    "ncid",
    "ocid",
    "rb_clickid",
    "ref_src",
    "ref_url",
    "s_cid",
    "s_kwcid",
    "sc_cid",
    "share_id",
    "smid",
    "smtyp",
    "soc_src",
    "soc_trk",
    "sr_share",
    "srsltid",
    "trk",
    "ttclid",
    "twclid",
    "wbraid",
    "wickedid",
    "xtor",
    "yclid",
    "ysclid",
];

/// Common words that are tracking only with one of [`SOURCES`] as the value.
const WORDS: &[&str] = &["from", "origin", "partner", "ref", "referrer", "source", "src", "via"];

/// Values that name a feed, a newsletter or a network.
const SOURCES: &[&str] = &[
    "atom",
    "email",
    "facebook",
    "feed",
    "feeds",
    "newsletter",
    "rss",
    "rss-feed",
    "rss_feed",
    "rssfeed",
    "twitter",
];

/// Whether `pair` (`name=value`, as written in a query) is tracking, ignoring case.
pub(super) fn is_tracking(pair: &str) -> bool {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let name = name.to_ascii_lowercase();
    PREFIXES.iter().any(|prefix| name.len() > prefix.len() && name.starts_with(prefix))
        || NAMES.binary_search(&name.as_str()).is_ok()
        || (WORDS.contains(&name.as_str())
            && SOURCES.contains(&value.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_sorted() {
        assert!(NAMES.is_sorted());
    }

    #[test]
    fn prefixes_alone_are_not_tracking() {
        assert!(is_tracking("utm_id=1"));
        assert!(!is_tracking("utm_=1") && !is_tracking("utm=1"));
        assert!(!is_tracking("p=1") && !is_tracking("id=rss") && !is_tracking("source=guardian"));
    }
}
