//! Bodies that came compressed, for who looks into them.

use std::{
    cell::OnceCell,
    io::{self, Read},
};

use bytes::Bytes;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::{HeaderMap, header};

use super::{Keep, origin::short};

/// The body of an answer for all who look into it: decoded for the first of them, and for nobody else.
#[derive(Debug)]
pub struct Content<'a> {
    headers: &'a HeaderMap,
    body: &'a [u8],
    /// All bytes of it as it came; more than `body` has where only a part was kept.
    pub(super) size: u64,
    plain: OnceCell<Result<Option<Bytes>, String>>,
}

impl<'a> Content<'a> {
    /// What was kept of a body of `size` bytes, and its headers.
    pub fn of(headers: &'a HeaderMap, body: &'a [u8], size: u64) -> Self {
        Self { headers, body, size, plain: OnceCell::new() }
    }

    /// What was kept of it without its Content-Encoding, and how many bytes all of it has so.
    ///
    /// # Errors
    ///
    /// Why nobody can look into it, as a sentence.
    pub(super) fn plain(&self) -> Result<(&[u8], u64), String> {
        match self.plain.get_or_init(|| decoded(self.headers, self.body, self.size)) {
            Ok(None) => Ok((self.body, self.size)),
            Ok(Some(plain)) => Ok((plain, plain.len() as u64)),
            Err(why) => Err(why.clone()),
        }
    }

    /// As `Self::plain`, for people: what cannot be decoded is as it came.
    pub fn shown(&self) -> &[u8] {
        self.plain().map_or(self.body, |(plain, _)| plain)
    }
}

/// What was kept of a body as it is without its Content-Encoding; `None` where it has none, or is empty. At most
/// [`Keep::BOUND`] bytes are decoded, whatever a small body grows into.
///
/// # Errors
///
/// Why nobody can look into it, as a sentence: another encoding than gzip and deflate, a body that is broken or was cut off
/// (`size` is all of it), or one that is larger than the bound.
fn decoded(headers: &HeaderMap, body: &[u8], size: u64) -> Result<Option<Bytes>, String> {
    let Some(encoding) = headers.get(header::CONTENT_ENCODING).filter(|_| !body.is_empty()) else { return Ok(None) };
    let encoding = String::from_utf8_lossy(encoding.as_bytes()).trim().to_ascii_lowercase();
    let mut plain = Vec::new();
    let read = match encoding.as_str() {
        "" | "identity" => return Ok(None),
        "gzip" | "x-gzip" => bounded(MultiGzDecoder::new(body), &mut plain),
        // Some servers leave out the frame of zlib that the name asks for (RFC 9110 section 8.4.1.2).
        "deflate" if has_zlib_frame(body) => bounded(ZlibDecoder::new(body), &mut plain),
        "deflate" => bounded(DeflateDecoder::new(body), &mut plain),
        other => {
            return Err(format!(
                "the body is encoded as {}, and only gzip and deflate can be looked into",
                short(other)
            ));
        }
    };
    if plain.len() > Keep::BOUND {
        return Err(format!(
            "the body has more than {} MiB once it is decoded, and is not looked into",
            Keep::BOUND >> 20
        ));
    }
    match read {
        Ok(_) => Ok(Some(plain.into())),
        Err(_) if size > body.len() as u64 => Err(format!(
            "the body has {size} bytes of {encoding}, of which only a part was kept, and is not looked into"
        )),
        Err(error) => Err(format!("the body is not the {encoding} that it is said to be: {error}")),
    }
}

/// Reads one byte more than is kept, so that a longer body is told from one that just fits.
fn bounded(decoder: impl Read, plain: &mut Vec<u8>) -> io::Result<usize> {
    decoder.take(Keep::BOUND as u64 + 1).read_to_end(plain)
}

/// Whether a body begins as RFC 1950 section 2.2 says.
fn has_zlib_frame(body: &[u8]) -> bool {
    matches!(body, [method, flags, ..]
        if method & 0x0f == 8 && (u16::from(*method) << 8 | u16::from(*flags)).is_multiple_of(31))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };

    use super::*;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).expect("memory takes it");
        encoder.finish().expect("memory takes it")
    }

    fn of(encoding: &str, body: &[u8]) -> Result<Option<Bytes>, String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_ENCODING, encoding.parse().expect("a header"));
        decoded(&headers, body, body.len() as u64)
    }

    #[test]
    fn each_encoding_gives_the_plain_body() {
        let plain = b"Dashboard of user 7".repeat(100);
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(&plain).expect("memory takes it");
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::fast());
        raw.write_all(&plain).expect("memory takes it");
        let expected = Ok(Some(Bytes::from(plain.clone())));
        assert_eq!(of("gzip", &gzip(&plain)), expected);
        assert_eq!(of("X-GZIP", &[gzip(&plain[..500]), gzip(&plain[500..])].concat()), expected, "in two members");
        assert_eq!(of("deflate", &zlib.finish().expect("memory takes it")), expected);
        assert_eq!(of("deflate", &raw.finish().expect("memory takes it")), expected);
        assert_eq!(of("identity", &plain), Ok(None));
        assert_eq!(of("gzip", b""), Ok(None), "the answer to HEAD");
        assert_eq!(decoded(&HeaderMap::new(), &plain, plain.len() as u64), Ok(None));
    }

    #[test]
    fn what_cannot_be_looked_into_is_a_sentence() {
        let whole = gzip(&(0..100_000_u32).flat_map(u32::to_le_bytes).collect::<Vec<u8>>());
        assert!(of("br", b"whatever").expect_err("unknown").contains("encoded as br"));
        assert!(of("gzip", b"plain text").expect_err("no gzip").contains("is not the gzip"));
        assert!(of("deflate", b"\x78\x9cplain").expect_err("no deflate").contains("is not the deflate"));
        assert!(of("gzip", &whole[..whole.len() / 2]).expect_err("its end is missing").contains("is not the gzip"));
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_ENCODING, "gzip".parse().expect("a header"));
        let part = decoded(&headers, &whole[..whole.len() / 2], whole.len() as u64);
        assert!(part.expect_err("it was cut off").contains("only a part was kept"));
    }

    #[test]
    fn a_body_is_decoded_once_and_shown_as_it_came_where_it_cannot_be() {
        let (mut headers, body) = (HeaderMap::new(), gzip(b"csrf token missing"));
        headers.insert(header::CONTENT_ENCODING, "gzip".parse().expect("a header"));
        let content = Content::of(&headers, &body, body.len() as u64);
        let (first, size) = content.plain().expect("it is gzip");
        assert_eq!((first, size), (&b"csrf token missing"[..], 18));
        let (again, _) = content.plain().expect("it is gzip");
        assert_eq!((first.as_ptr(), content.shown().as_ptr()), (again.as_ptr(), again.as_ptr()), "the same bytes");
        assert_eq!(Content::of(&headers, b"no gzip", 7).shown(), b"no gzip");
    }

    #[test]
    fn a_bomb_is_cut() {
        assert_eq!(
            of("gzip", &gzip(&vec![7; Keep::BOUND])).expect("it fits").map(|body| body.len()),
            Some(Keep::BOUND)
        );
        let bomb = gzip(&vec![7; Keep::BOUND * 4]);
        assert!(bomb.len() < 64 * 1024);
        assert!(of("gzip", &bomb).expect_err("too large").contains("more than 8 MiB once it is decoded"));
    }
}
