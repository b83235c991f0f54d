//! The shared secret of one subscription, and the signatures made with it (WebSub, section 7.1).
//!
//! The signature is an HMAC over the bytes of the body, in `X-Hub-Signature: METHOD=HEX`. Knowing
//! the callback's path without the secret is not enough to deliver anything.

use std::fmt;

use ring::hmac;

/// A secret. `Debug` does not show it. It goes to the hub and the database only.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// What is wrong with the signature of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureFault {
    /// There is no signature.
    Missing,
    /// Malformed, or by a method that WebSub does not define.
    Unknown,
    /// Made from other bytes, or with another secret.
    Wrong,
}

impl SignatureFault {
    /// The fixed word, for counters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "unsigned",
            Self::Unknown => "signature-unknown",
            Self::Wrong => "signature-wrong",
        }
    }
}

impl Secret {
    /// Makes a secret of 32 random bytes, which must come from a cryptographic generator. Its text
    /// has 64 bytes; hubs must accept up to 199 (section 5.1).
    #[must_use]
    pub fn of_random(bytes: [u8; 32]) -> Self {
        Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// A secret from the database.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text, for the hub and the database. Never log it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Checks a delivery in constant time.
    pub fn check(&self, signature: Option<&str>, body: &[u8]) -> Result<(), SignatureFault> {
        let signature = signature.map(str::trim).filter(|text| !text.is_empty());
        let (method, tag) = signature
            .ok_or(SignatureFault::Missing)?
            .split_once('=')
            .ok_or(SignatureFault::Unknown)?;
        let tag = unhex(tag.trim()).ok_or(SignatureFault::Unknown)?;
        // The methods of section 7.1.1.
        let algorithm = match method.trim().to_ascii_lowercase().as_str() {
            "sha1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            "sha256" => hmac::HMAC_SHA256,
            "sha384" => hmac::HMAC_SHA384,
            "sha512" => hmac::HMAC_SHA512,
            _ => return Err(SignatureFault::Unknown),
        };
        let key = hmac::Key::new(algorithm, self.0.as_bytes());
        hmac::verify(&key, body, &tag).map_err(|_| SignatureFault::Wrong)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The longest tag, in bytes, is that of SHA-512.
const MAX_TAG: usize = 64;

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || text.len() > 2 * MAX_TAG {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.as_bytes()
        .chunks_exact(2)
        .map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.last()?)?))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 2202 (case 2) and RFC 4231 (test case 2): the key is "Jefe".
    const DATA: &[u8] = b"what do ya want for nothing?";
    const TAGS: [(&str, &str); 4] = [
        ("sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        ("sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (
            "sha384",
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47\
             e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
        ),
        (
            "sha512",
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
             9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        ),
    ];

    fn jefe() -> Secret {
        Secret::from_stored("Jefe".to_owned())
    }

    #[test]
    fn all_four_methods_are_known() {
        for (method, tag) in TAGS {
            assert_eq!(jefe().check(Some(&format!("{method}={tag}")), DATA), Ok(()), "{method}");
            let shouted = format!("{} = {}", method.to_uppercase(), tag.to_uppercase());
            assert_eq!(jefe().check(Some(&shouted), DATA), Ok(()));
            assert_eq!(
                jefe().check(Some(&format!("{method}={tag}")), b"else"),
                Err(SignatureFault::Wrong)
            );
            let short = tag.get(..tag.len() - 2).unwrap();
            assert_eq!(
                jefe().check(Some(&format!("{method}={short}")), DATA),
                Err(SignatureFault::Wrong)
            );
        }
    }

    #[test]
    fn a_missing_or_malformed_signature_differs_from_a_wrong_one() {
        let check = |text| jefe().check(text, DATA);
        assert_eq!(check(None), Err(SignatureFault::Missing));
        assert_eq!(check(Some(" ")), Err(SignatureFault::Missing));
        for text in ["sha256", "md5=00", "sha256=xyz", "sha256=0", "=", "sha1=é"] {
            assert_eq!(check(Some(text)), Err(SignatureFault::Unknown), "{text}");
        }
        assert_eq!(check(Some("sha256=")), Err(SignatureFault::Wrong));
    }

    #[test]
    fn a_secret_is_not_shown() {
        let secret = Secret::of_random([7; 32]);
        assert_eq!(format!("{secret:?}"), "Secret(..)");
        assert_eq!(secret.reveal().len(), 64);
    }

    proptest! {
        #[test]
        fn only_the_right_tag_is_accepted(
            signature in "(sha(1|256|384|512)=)?[0-9a-f]{0,130}|.{0,40}", body in ".{0,40}",
        ) {
            prop_assert!(jefe().check(Some(&signature), body.as_bytes()).is_err());
        }
    }
}
