//! The little HTTP that must be parsed before the server gets a request.

use crate::settings::MAX_URL;

/// The first line of a request.
pub(super) struct FirstLine {
    /// Method and target.
    pub(super) text: String,
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
}

impl FirstLine {
    pub(super) fn path(&self) -> &str {
        let path = self.target.split('?').next();
        path.unwrap_or_default()
    }
}

/// The first line, if it is complete.
pub(super) fn first_line(bytes: &[u8]) -> Option<FirstLine> {
    // Empty lines before a request are allowed.
    let start = bytes.iter().position(|byte| !b"\r\n".contains(byte))?;
    let bytes = &bytes[start..];
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let line = String::from_utf8_lossy(&bytes[..end]);
    let mut words = line.split_ascii_whitespace();
    let method = words.next().unwrap_or_default().to_owned();
    let target = words.next().unwrap_or_default();
    // A program behind a proxy sends the whole URL.
    let target = match target.split_once("://") {
        Some((scheme, rest)) if !scheme.contains('/') => {
            rest.find('/').map_or("/", |path| &rest[path..])
        }
        _ => target,
    };
    Some(FirstLine {
        text: format!("{method} {target}"),
        target: target.to_owned(),
        method,
    })
}

/// A target of this length can be read by the HTTP server.
const MAX_TARGET: usize = MAX_URL + 1_000;

/// Cuts a target to a length that the HTTP server can read. It is still too long for the
/// gateway, which must be the one that rejects it.
pub(super) fn shorten_target(held: &mut Vec<u8>) {
    let is_space = |byte: &u8| *byte == b' ';
    let Some(start) = held.iter().position(is_space) else {
        return;
    };
    let start = start + 1;
    let length = held[start..].iter().position(is_space);
    if let Some(length) = length.filter(|length| *length > MAX_TARGET) {
        held.drain(start + MAX_TARGET..start + length);
    }
}

/// Whether a request is complete, by what its head says about its length.
pub(super) fn is_complete(bytes: &[u8]) -> bool {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return false;
    };
    let (head, body) = (&bytes[..end], &bytes[end + 4..]);
    let head = String::from_utf8_lossy(head);
    let header = |wanted: &str| {
        let mut lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
        let found = lines.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.trim().to_owned())
    };
    if header("transfer-encoding").is_some() {
        return body.ends_with(b"0\r\n\r\n");
    }
    let length = header("content-length").and_then(|length| length.parse().ok());
    body.len() >= length.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{first_line, is_complete};

    #[test]
    fn a_first_line_is_parsed_once_it_is_complete() {
        assert!(first_line(b"").is_none());
        assert!(first_line(b"\r\nGET /a?b=c HTTP/1.1\r").is_none());
        for start in ["", "\r\n"] {
            for host in ["", "http://127.0.0.1:1"] {
                let bytes = format!("{start}GET {host}/a?b=c HTTP/1.1\r\nx: y");
                let line = first_line(bytes.as_bytes()).unwrap();
                assert_eq!((line.path(), &line.text[..]), ("/a", "GET /a?b=c"));
            }
        }
    }

    #[test]
    fn a_request_is_complete_with_the_last_byte_that_its_head_announces() {
        for request in [
            "GET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
            "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        ] {
            for length in 0..request.len() {
                assert!(!is_complete(&request.as_bytes()[..length]), "{length}");
            }
            assert!(is_complete(request.as_bytes()));
        }
    }
}
