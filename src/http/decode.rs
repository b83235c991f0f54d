//! Decompresses a response body (RFC 9110, 8.4).
//!
//! A pure function over a received body replaces the client's own decompression, which hides how
//! much came over the wire and trusts the header. Here the limits are exact. The wire is limited
//! while it is read. Each layer is decompressed to at most `max_bytes`, and beyond a first megabyte
//! to at most `max_ratio` times the bytes on the wire. There are at most [`MAX_LAYERS`] layers. So
//! a body costs bounded memory and time.
//!
//! `Content-Encoding` is often wrong, and the first bytes are not. Plain text that is labelled gzip
//! stays as it is, and gzip without a label (a `.xml.gz` sitemap, or a body compressed twice) is
//! decompressed.

use std::io::{BufRead, Read};

/// A proxy may compress what is already compressed. More layers are an attack.
const MAX_LAYERS: usize = 2;

/// Below this size the ratio is not checked: a page of blanks is no bomb.
const RATIO_FLOOR: u64 = 1 << 20;

/// gzip files may be concatenated (RFC 1952, 2.2); millions of empty ones only waste time.
const MAX_GZIP_MEMBERS: usize = 1_000;

/// HTTP does not allow larger windows (RFC 9659): 2^23 is 8 MiB.
const ZSTD_WINDOW_LOG: u32 = 23;

/// Bytes that are examined to distinguish text from compressed data.
const SNIFF_BYTES: usize = 512;

/// The limits of decompression.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DecodeLimits {
    /// Decompressed bytes.
    pub(crate) max_bytes: u64,
    /// Decompressed bytes for each byte on the wire, beyond the first megabyte.
    pub(crate) max_ratio: u64,
}

/// A decompressed body.
#[derive(Debug, PartialEq)]
pub(crate) struct Decoded {
    pub(crate) body: Vec<u8>,
    /// Whether the compressed stream ended properly.
    pub(crate) complete: bool,
    /// The limit that cut it off, if one did.
    pub(crate) cut: Option<Cut>,
}

/// The limit that a body exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    Size,
    Ratio,
}

/// The body cannot be decompressed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Damaged;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Gzip,
    Zlib,
    Deflate,
    Brotli,
    Zstd,
}

impl Coding {
    /// The coding by the first bytes if they are unambiguous, else by the label.
    fn of(body: &[u8], name: Option<&str>) -> Option<Coding> {
        match body {
            [0x1f, 0x8b, 8, ..] => Some(Coding::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Coding::Zstd),
            [] => None,
            _ => match name? {
                "br" => Some(Coding::Brotli),
                // The label means zlib (RFC 1950), but some servers send the bare stream (RFC
                // 1951).
                "deflate" if is_zlib(body) => Some(Coding::Zlib),
                "deflate" => Some(Coding::Deflate),
                _ => None,
            },
        }
    }
}

fn is_zlib(body: &[u8]) -> bool {
    match body {
        [method, check, ..] => method & 15 == 8 && u16::from_be_bytes([*method, *check]) % 31 == 0,
        _ => false,
    }
}

/// The codings that `Content-Encoding` names, in the order in which they were applied.
pub(crate) fn codings(header: &str) -> Vec<String> {
    let names = header.split(',').map(|name| name.trim().to_ascii_lowercase());
    names.filter(|name| !name.is_empty() && name != "identity").collect()
}

/// Whether there is nothing to decompress.
pub(crate) fn is_plain(body: &[u8], codings: &[String]) -> bool {
    codings.is_empty() && Coding::of(body, None).is_none()
}

/// Decompresses a body. A body that exceeds a limit is kept up to the limit.
pub(crate) fn decode(
    wire: Vec<u8>,
    codings: &[String],
    limits: DecodeLimits,
) -> Result<Decoded, Damaged> {
    let by_ratio = (wire.len() as u64).saturating_mul(limits.max_ratio).max(RATIO_FLOOR);
    let max_bytes = limits.max_bytes.min(by_ratio);
    let mut names = codings.iter().rev().map(String::as_str);
    let mut decoded = Decoded { body: wire, complete: true, cut: None };
    for _ in 0..MAX_LAYERS {
        let Some(coding) = Coding::of(&decoded.body, names.next()) else { continue };
        let (bytes, intact) = unpack(coding, &decoded.body, max_bytes.saturating_add(1));
        let over = bytes.len() as u64 > max_bytes;
        if !over && !intact && looks_like_text(&decoded.body) {
            continue;
        }
        if bytes.is_empty() && !intact {
            return Err(Damaged);
        }
        decoded.body = bytes;
        decoded.complete &= intact;
        if over {
            decoded.cut = (by_ratio < limits.max_bytes).then_some(Cut::Ratio);
            break;
        }
    }
    if decoded.body.len() as u64 > max_bytes {
        decoded.cut = decoded.cut.or(Some(Cut::Size));
        decoded.complete = false;
        decoded.body.truncate(max_bytes as usize);
    }
    Ok(decoded)
}

/// Returns at most `at_most` bytes, and whether the stream was valid as far as it was read.
fn unpack(coding: Coding, packed: &[u8], at_most: u64) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    let intact = match coding {
        Coding::Gzip => return gunzip(packed, at_most),
        Coding::Zlib => read(flate2::bufread::ZlibDecoder::new(packed), at_most, &mut bytes),
        Coding::Deflate => read(flate2::bufread::DeflateDecoder::new(packed), at_most, &mut bytes),
        Coding::Brotli => {
            read(brotli_decompressor::Decompressor::new(packed, 4096), at_most, &mut bytes)
        }
        Coding::Zstd => match zstd_reader(packed) {
            Ok(reader) => read(reader, at_most, &mut bytes),
            Err(_) => false,
        },
    };
    (bytes, intact)
}

fn zstd_reader(packed: &[u8]) -> std::io::Result<impl Read> {
    let mut reader = zstd::stream::read::Decoder::with_buffer(packed)?;
    reader.window_log_max(ZSTD_WINDOW_LOG)?;
    Ok(reader)
}

/// Bytes that were read before an error stay in `into`.
fn read(reader: impl Read, at_most: u64, into: &mut Vec<u8>) -> bool {
    let room = at_most.saturating_sub(into.len() as u64);
    reader.take(room).read_to_end(into).is_ok()
}

/// Decompresses all members. Bytes after the last one are ignored, as gzip itself does.
fn gunzip(packed: &[u8], at_most: u64) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    let mut rest = packed;
    for _ in 0..MAX_GZIP_MEMBERS {
        let mut member = flate2::bufread::GzDecoder::new(rest);
        if !read(&mut member, at_most, &mut bytes) {
            return (bytes, false);
        }
        rest = member.into_inner();
        let more = rest.fill_buf().is_ok_and(|ahead| ahead.starts_with(&[0x1f, 0x8b, 8]));
        if !more || bytes.len() as u64 >= at_most {
            break;
        }
    }
    (bytes, true)
}

/// Compressed data soon contains a control character that no text has.
fn looks_like_text(body: &[u8]) -> bool {
    body.iter().take(SNIFF_BYTES).all(|byte| *byte >= 0x20 || b"\t\n\r\x0c\x1b".contains(byte))
}

#[cfg(test)]
mod tests;
