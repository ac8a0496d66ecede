//! Compressed bodies, which nobody asked for.
//!
//! The client asks for none: the API by no header, the token endpoint by
//! `Accept-Encoding: identity`. A server or a proxy may compress all the same, and that must not
//! cost a login, whose new refresh token may be in there. The bytes decide, not the header: some
//! proxies unpack a body and leave the header, others pack it and set none.

use std::io::Read;

use bytes::Bytes;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::{HeaderMap, header};

use crate::{Error, Result, error::Kind};

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Unpacks a body, up to a limit; one that isn't packed comes back as it is.
///
/// # Errors
///
/// `TooLarge` when it has more bytes unpacked than that, `Decode` when it is cut or broken.
pub(crate) fn unpacked(headers: &HeaderMap, body: Bytes, limit: usize) -> Result<Bytes> {
    if body.starts_with(&GZIP) {
        return read(MultiGzDecoder::new(body.as_ref()), limit);
    }
    let Some(encoding) = headers.get(header::CONTENT_ENCODING) else {
        return Ok(body);
    };
    let encoding = encoding.to_str().unwrap_or_default().trim();
    if !encoding.eq_ignore_ascii_case("deflate") {
        return Ok(body);
    }
    if is_zlib(&body) {
        return read(ZlibDecoder::new(body.as_ref()), limit);
    }
    if std::str::from_utf8(&body).is_ok() {
        return Ok(body);
    }
    // Some servers leave zlib's head out, against RFC 9110 (section 8.4.1.2). Nothing marks
    // such a body, so it must give a text; a body that doesn't stays as it is.
    match read(DeflateDecoder::new(body.as_ref()), limit) {
        Ok(unpacked) if std::str::from_utf8(&unpacked).is_ok() => Ok(unpacked),
        Err(error) if error.is_too_large() => Err(error),
        _ => Ok(body),
    }
}

/// Whether the first two bytes are the head of zlib's format, which no JSON begins with.
fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [first, second, ..]
        if first & 0x0f == 8 && (u16::from(*first) << 8 | u16::from(*second)) % 31 == 0)
}

fn read(packed: impl Read, limit: usize) -> Result<Bytes> {
    let mut body = Vec::new();
    let allowed = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    packed
        .take(allowed)
        .read_to_end(&mut body)
        .map_err(|error| Error::new(Kind::Decode).with_source(error))?;
    if body.len() > limit {
        return Err(Error::new(Kind::TooLarge { limit }));
    }
    Ok(body.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };
    use http::HeaderValue;

    use super::*;

    fn headers(encoding: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::CONTENT_ENCODING, HeaderValue::from_static(encoding))])
    }

    fn gzip(body: &[u8]) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap().into()
    }

    #[test]
    fn what_is_packed_is_unpacked_whatever_the_header_says() {
        for headers in [headers("gzip"), headers("x-gzip"), HeaderMap::new()] {
            assert_eq!(unpacked(&headers, gzip(b"{}"), 10).unwrap(), "{}");
        }
        assert_eq!(unpacked(&headers("gzip"), "{}".into(), 10).unwrap(), "{}");

        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(b"{}").unwrap();
        let zlib = encoder.finish().unwrap().into();
        assert_eq!(unpacked(&headers("deflate"), zlib, 10).unwrap(), "{}");
        assert_eq!(
            unpacked(&headers("deflate"), "{}".into(), 10).unwrap(),
            "{}"
        );
    }

    #[test]
    fn deflate_is_read_without_a_head_too_and_other_bytes_stay_as_they_are() {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(br#"{"access_token":"a"}"#).unwrap();
        let packed = Bytes::from(encoder.finish().unwrap());
        assert!(std::str::from_utf8(&packed).is_err());

        let body = unpacked(&headers("deflate"), packed.clone(), 100).unwrap();
        assert_eq!(body, r#"{"access_token":"a"}"#);
        let error = unpacked(&headers("deflate"), packed, 5).unwrap_err();
        assert_eq!(*error.kind(), Kind::TooLarge { limit: 5 });
        let latin = Bytes::from_static(b"{\"name\":\"Andr\xe9\"}");
        assert_eq!(
            unpacked(&headers("deflate"), latin.clone(), 100_000).unwrap(),
            latin
        );
    }

    #[test]
    fn a_body_that_grows_beyond_the_limit_is_an_error_before_all_of_it_is_unpacked() {
        let bomb = gzip(&vec![0; 10_000_000]);

        let error = unpacked(&headers("gzip"), bomb, 1_000).unwrap_err();

        assert_eq!(*error.kind(), Kind::TooLarge { limit: 1_000 });
    }

    #[test]
    fn a_cut_body_is_an_error() {
        let body = gzip(b"{\"result\":\"Message Processed Successfully\"}");
        let cut = body.slice(..body.len() - 9);

        assert!(
            unpacked(&headers("gzip"), cut, 1_000)
                .unwrap_err()
                .is_decode()
        );
    }
}
