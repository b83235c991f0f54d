use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use proptest::prelude::*;

use super::*;

const LIMITS: DecodeLimits = DecodeLimits { max_bytes: 4 << 20, max_ratio: 100 };

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zlib(text: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn deflate(text: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 3).unwrap()
}

/// "hello hello hello hello\n" as the reference encoder writes it.
const BROTLI: &[u8] = &[
    0x1b, 0x17, 0x00, 0xf8, 0x8d, 0x94, 0x6e, 0xde, 0x44, 0x55, 0x86, 0xd6, 0x0a, 0x20, 0x6c, 0x6f,
    0x4a, 0x11, 0x79, 0xe2, 0x80, 0xae, 0x16,
];

#[expect(clippy::unnecessary_wraps, reason = "others have none")]
fn free(_: u64) -> Result<(), Shortage> {
    Ok(())
}

fn named(header: &str, wire: Vec<u8>) -> Result<Decoded, DecodeError> {
    decode(wire, &codings(header), LIMITS, &mut free)
}

#[expect(clippy::unnecessary_wraps, reason = "compared with results")]
fn whole(text: &[u8]) -> Result<Decoded, DecodeError> {
    Ok(Decoded { body: text.to_vec(), complete: true, cut: None })
}

#[test]
fn every_coding_is_unpacked_under_its_names() {
    let text = b"<rss>news news news</rss>";
    for (header, wire) in [
        ("gzip", gzip(text)),
        ("x-gzip", gzip(text)),
        (" GZIP ", gzip(text)),
        ("deflate", zlib(text)),
        ("deflate", deflate(text)),
        ("zstd", zstd(text)),
        ("identity", text.to_vec()),
        ("", text.to_vec()),
        ("utf-8", text.to_vec()),
        ("gzip, zstd", zstd(&gzip(text))),
        ("deflate, gzip", gzip(&zlib(text))),
    ] {
        assert_eq!(named(header, wire), whole(text), "{header:?}");
    }
    assert_eq!(named("br", BROTLI.to_vec()), whole(b"hello hello hello hello\n"));
}

#[test]
fn wrong_labels_do_no_harm() {
    let text = "\n  <html>Grüße aus Köln</html>".as_bytes();
    for header in ["gzip", "br", "deflate", "zstd", "gzip, gzip", "gzip, br", "compress"] {
        assert_eq!(named(header, text.to_vec()), whole(text), "{header}");
    }
    for header in ["", "br", "deflate", "zstd", "gzip, gzip"] {
        assert_eq!(named(header, gzip(text)), whole(text), "gzip called {header:?}");
    }
    assert_eq!(named("gzip", gzip(&gzip(text))), whole(text), "packed twice, said once");
    assert_eq!(named("gzip", Vec::new()), whole(b""));
}

#[test]
fn gzip_members_are_joined_and_trailing_garbage_is_ignored() {
    let joined = [gzip(b"one "), gzip(b"two")].concat();
    assert_eq!(named("gzip", joined.clone()), whole(b"one two"));
    assert_eq!(named("gzip", [joined, b"\0\0\0garbage".to_vec()].concat()), whole(b"one two"));
    let empties = gzip(b"").repeat(5_000);
    assert_eq!(named("gzip", empties), whole(b""));
}

/// Text that does not compress well, so that a truncated stream has content before the cut.
fn prose() -> Vec<u8> {
    (0..20_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_string().into_bytes()).collect()
}

#[test]
fn a_truncated_body_is_kept_as_far_as_it_goes() {
    let text = prose();
    for (header, wire) in
        [("gzip", gzip(&text)), ("deflate", zlib(&text)), ("deflate", deflate(&text))]
    {
        let half = wire.get(..wire.len() / 2).unwrap().to_vec();
        let decoded = named(header, half).unwrap();
        assert!(!decoded.complete && text.starts_with(&decoded.body), "{header}");
        assert!(decoded.body.len() > text.len() / 4, "{header}");
    }
    let half = zstd(&text);
    let decoded = named("zstd", half.get(..half.len() / 2).unwrap().to_vec());
    assert!(decoded.is_err() || decoded.is_ok_and(|d| !d.complete && text.starts_with(&d.body)));
    assert_eq!(named("gzip", vec![0x1f, 0x8b, 8, 0, 1]), Err(DecodeError::Damaged));
    assert_eq!(named("br", BROTLI.get(..5).unwrap().to_vec()), Err(DecodeError::Damaged));
}

#[test]
fn bombs_are_cut_at_the_ratio_and_big_bodies_at_the_size() {
    let zeros = vec![0_u8; 8 << 20];
    for (header, wire) in
        [("gzip", gzip(&zeros)), ("zstd", zstd(&zeros)), ("deflate", zlib(&zeros))]
    {
        let packed = wire.len() as u64;
        let decoded = named(header, wire).unwrap();
        let most = (packed * LIMITS.max_ratio).clamp(RATIO_FLOOR, LIMITS.max_bytes);
        assert_eq!(decoded.body.len() as u64, most, "{header}");
        assert!(decoded.cut.is_some() && !decoded.complete, "{header}");
    }
    let layered = named("gzip", gzip(&gzip(&zeros))).unwrap();
    assert_eq!((layered.cut, layered.body.len() as u64), (Some(Cut::Ratio), RATIO_FLOOR));
    let text = prose();
    let small = DecodeLimits { max_bytes: 1000, max_ratio: 100 };
    let decoded = decode(gzip(&text), &[], small, &mut free).unwrap();
    assert_eq!(
        (decoded.cut, decoded.body.as_slice()),
        (Some(Cut::Size), text.get(..1000).unwrap())
    );
    let exact = DecodeLimits { max_bytes: text.len() as u64, max_ratio: 100 };
    assert_eq!(
        decode(gzip(&text), &[], exact, &mut free),
        whole(&text),
        "a body of exactly the size passes"
    );
}

#[test]
fn a_giant_window_is_refused() {
    let mut encoder = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(27).unwrap();
    encoder.write_all(&prose()).unwrap();
    assert_eq!(named("zstd", encoder.finish().unwrap()), Err(DecodeError::Damaged));
}

proptest! {
    #[test]
    fn any_bytes_are_answered_within_the_caps(
        wire in proptest::collection::vec(any::<u8>(), 0..2000),
        header in "(gzip|br|deflate|zstd|x)?(, ?(gzip|br|deflate|zstd))?",
        head in prop_oneof![
            Just(vec![]), Just(vec![0x1f, 0x8b, 8]), Just(vec![0x28, 0xb5, 0x2f, 0xfd])
        ],
    ) {
        let wire = [head, wire].concat();
        if let Ok(decoded) = named(&header, wire.clone()) {
            prop_assert!(decoded.body.len() as u64 <= LIMITS.max_bytes.max(wire.len() as u64));
        }
    }

    #[test]
    fn compressed_text_is_decompressed(text in proptest::collection::vec(any::<u8>(), 0..2000)) {
        prop_assume!(!text.starts_with(&[0x1f, 0x8b]) && !text.starts_with(&[0x28, 0xb5]));
        prop_assert_eq!(named("gzip", gzip(&text)), whole(&text));
        prop_assert_eq!(named("deflate", zlib(&text)), whole(&text));
        prop_assert_eq!(named("zstd", zstd(&text)), whole(&text));
    }
}

#[test]
fn memory_is_asked_for_before_it_is_used() {
    let text = b"the same line again and again\n".repeat(30_000);
    let packed = gzip(&text);
    let mut asked = Vec::new();
    let mut room = |bytes| {
        asked.push(bytes);
        Ok(())
    };
    let limits = DecodeLimits { max_ratio: 1000, ..LIMITS };
    let decoded = decode(packed.clone(), &[], limits, &mut room).unwrap();
    let last = *asked.last().unwrap();
    assert!(last >= (decoded.body.len() + packed.len()) as u64, "{asked:?}");
    assert!(last < 3 * decoded.body.len() as u64, "{asked:?}");
    let mut room = |bytes: u64| if bytes > 200_000 { Err(Shortage) } else { Ok(()) };
    assert_eq!(decode(packed, &[], limits, &mut room), Err(DecodeError::Memory(Shortage)));
}
