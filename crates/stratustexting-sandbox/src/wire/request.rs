//! As much of HTTP as has to be understood of a request before the server gets it.

use crate::settings::LONGEST_URL;

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

/// The first line, if it is whole.
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

/// The most of a target that the HTTP server can read, and less.
const LONGEST_TARGET: usize = LONGEST_URL + 1_000;

/// Cuts a target down to what the HTTP server can read: still too long for the gateway,
/// which is to be the one that refuses it.
pub(super) fn shorten(held: &mut Vec<u8>) {
    let is_space = |byte: &u8| *byte == b' ';
    let Some(start) = held.iter().position(is_space) else {
        return;
    };
    let start = start + 1;
    let length = held[start..].iter().position(is_space);
    if let Some(length) = length.filter(|length| *length > LONGEST_TARGET) {
        held.drain(start + LONGEST_TARGET..start + length);
    }
}

/// Whether a request is whole, as far as its head says how long it is.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
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
    use super::{first_line, is_whole};

    #[test]
    fn a_first_line_is_taken_apart_once_it_is_whole() {
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
    fn a_request_is_whole_with_the_last_byte_that_its_head_announces() {
        for request in [
            "GET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
            "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        ] {
            for length in 0..request.len() {
                assert!(!is_whole(&request.as_bytes()[..length]), "{length}");
            }
            assert!(is_whole(request.as_bytes()));
        }
    }
}
