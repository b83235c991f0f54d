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

use crate::budget::Shortage;

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
pub(crate) enum DecodeError {
    /// Its bytes are no valid stream.
    Damaged,
    /// There is no memory for it.
    Memory(Shortage),
}

/// Asks for memory: so many bytes in all are needed from now on.
pub(crate) type Room<'a> = &'a mut dyn FnMut(u64) -> Result<(), Shortage>;

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
    room: Room<'_>,
) -> Result<Decoded, DecodeError> {
    let by_ratio = (wire.len() as u64).saturating_mul(limits.max_ratio).max(RATIO_FLOOR);
    let max_bytes = limits.max_bytes.min(by_ratio);
    let mut names = codings.iter().rev().map(String::as_str);
    let mut decoded = Decoded { body: wire, complete: true, cut: None };
    for _ in 0..MAX_LAYERS {
        let Some(coding) = Coding::of(&decoded.body, names.next()) else { continue };
        let packed = decoded.body.capacity() as u64;
        let mut unpacked =
            Unpacked { bytes: Vec::new(), at_most: max_bytes.saturating_add(1), packed, room };
        let intact = unpack(coding, &decoded.body, &mut unpacked).map_err(DecodeError::Memory)?;
        let bytes = unpacked.bytes;
        let over = bytes.len() as u64 > max_bytes;
        if !over && !intact && looks_like_text(&decoded.body) {
            continue;
        }
        if bytes.is_empty() && !intact {
            return Err(DecodeError::Damaged);
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

/// The decompressed bytes of one layer.
struct Unpacked<'a> {
    bytes: Vec<u8>,
    at_most: u64,
    /// Memory that the compressed bytes take meanwhile.
    packed: u64,
    room: Room<'a>,
}

/// The least memory that is asked for at once.
const MIN_STEP: usize = 64 * 1024;

impl Unpacked<'_> {
    /// Appends what a reader gives, until it ends or the limit is reached. Bytes before an error
    /// stay. Returns whether there was none.
    fn read(&mut self, mut reader: impl Read) -> Result<bool, Shortage> {
        loop {
            let left = (self.at_most as usize).saturating_sub(self.bytes.len());
            if left == 0 {
                return Ok(true);
            }
            if self.bytes.len() == self.bytes.capacity() {
                let more = self.bytes.capacity().max(MIN_STEP).min(left);
                (self.room)(self.packed.saturating_add((self.bytes.len() + more) as u64))?;
                self.bytes.reserve_exact(more);
            }
            let spare = (self.bytes.capacity() - self.bytes.len()).min(left);
            let part = reader.by_ref().take(spare as u64).read_to_end(&mut self.bytes);
            match part {
                Ok(read) if read == spare => {}
                Ok(_) => return Ok(true),
                Err(_) => return Ok(false),
            }
        }
    }

    fn is_full(&self) -> bool {
        self.bytes.len() as u64 >= self.at_most
    }
}

/// Returns whether the stream was valid as far as it was read.
fn unpack(coding: Coding, packed: &[u8], into: &mut Unpacked<'_>) -> Result<bool, Shortage> {
    match coding {
        Coding::Gzip => gunzip(packed, into),
        Coding::Zlib => into.read(flate2::bufread::ZlibDecoder::new(packed)),
        Coding::Deflate => into.read(flate2::bufread::DeflateDecoder::new(packed)),
        Coding::Brotli => into.read(brotli_decompressor::Decompressor::new(packed, 4096)),
        Coding::Zstd => match zstd_reader(packed) {
            Ok(reader) => into.read(reader),
            Err(_) => Ok(false),
        },
    }
}

fn zstd_reader(packed: &[u8]) -> std::io::Result<impl Read> {
    let mut reader = zstd::stream::read::Decoder::with_buffer(packed)?;
    reader.window_log_max(ZSTD_WINDOW_LOG)?;
    Ok(reader)
}

/// Decompresses all members. Bytes after the last one are ignored, as gzip itself does.
fn gunzip(packed: &[u8], into: &mut Unpacked<'_>) -> Result<bool, Shortage> {
    let mut rest = packed;
    for _ in 0..MAX_GZIP_MEMBERS {
        let mut member = flate2::bufread::GzDecoder::new(rest);
        if !into.read(&mut member)? {
            return Ok(false);
        }
        rest = member.into_inner();
        let more = rest.fill_buf().is_ok_and(|ahead| ahead.starts_with(&[0x1f, 0x8b, 8]));
        if !more || into.is_full() {
            break;
        }
    }
    Ok(true)
}

/// Compressed data soon contains a control character that no text has.
fn looks_like_text(body: &[u8]) -> bool {
    body.iter().take(SNIFF_BYTES).all(|byte| *byte >= 0x20 || b"\t\n\r\x0c\x1b".contains(byte))
}

#[cfg(test)]
mod tests;
