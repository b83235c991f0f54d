//! Fingerprints, story fingerprints and digests are stored, and compared with those of later
//! releases. So they must stay the same, for texts in many scripts. A change here needs a new
//! version of the rules that changed.

mod texts;

use sha2::{Digest as _, Sha256};
use texts::text;
use wiresift_dedup::fingerprint::{ExactDigest, Fingerprinted};
use wiresift_dedup::story::StoryFingerprint;
use wiresift_text::similarity::{containment, likeness, share_found};
use wiresift_text::words::normalise;

/// The first eight bytes of a hash, in hexadecimal.
fn hex(sha: Sha256) -> String {
    sha.finalize().iter().take(8).fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

fn title(number: u32) -> String {
    text(number + 1_000_000)
}

#[test]
fn fingerprints() {
    let mut sha = Sha256::new();
    for number in 0..400 {
        if let Some(found) = Fingerprinted::of(&title(number), &text(number)) {
            sha.update(found.fingerprint.to_stored());
            found.keys.iter().for_each(|key| sha.update(key.0.to_le_bytes()));
        }
        sha.update([0]);
    }
    assert_eq!(hex(sha), "6f923bd61ff52d6b");
}

#[test]
fn story_fingerprints() {
    let found = ["en", "de", "ru", "tr", "el", "ar", "ja"].map(|language| {
        let mut sha = Sha256::new();
        for number in 0..100 {
            if let Some(found) = StoryFingerprint::of(&title(number), &text(number), language) {
                sha.update(found.to_stored());
            }
            sha.update([0]);
        }
        format!("{language} {}", hex(sha))
    });
    assert_eq!(
        found,
        [
            "en f9f0b2a647b3e166",
            "de 3da5d33900a71420",
            "ru d8dbb4287c1ecb21",
            "tr 516f5b77af1ddadf",
            "el 8962ca13bdf7943f",
            "ar b6ccaef058c8ba90",
            "ja c1a6d623f956612d",
        ]
    );
}

#[test]
fn digests_and_normalised_texts() {
    let mut sha = Sha256::new();
    for number in 0..400 {
        sha.update(ExactDigest::of(&title(number), &text(number)).as_bytes());
        sha.update(normalise(&text(number)));
    }
    assert_eq!(hex(sha), "7343a3295a5f9448");
}

#[test]
fn shares_that_decide_about_revisions() {
    let mut sha = Sha256::new();
    for number in 0..30 {
        let (one, other) = (text(number), text(number + 1));
        let mixed = format!("{one} {other}");
        for share in [
            likeness(&one, &other),
            share_found(&one, &other),
            containment(&one, &other),
            containment(&one, &mixed),
            likeness(&mixed, &one),
            share_found(&mixed, &one),
        ] {
            sha.update(share.to_bits().to_le_bytes());
        }
    }
    assert_eq!(hex(sha), "49601a9203b20301");
}
