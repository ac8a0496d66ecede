//! The requests: good ones, and what random changes make of them.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, HeaderValue, Method, header};
use stratustexting::webhook::VALIDATION_TOKEN;

use super::METHODS;

pub(crate) struct Inputs {
    random: fastrand::Rng,
}

pub(crate) struct Input {
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Where the changes begin.
const SEEDS: [&str; 12] = [
    r#"{"uuid":"5f0c","timestamp":"2026-11-28T00:00:00.000Z","event":"/orgId/o/department/d/message?direction=inbound","subscriptionId":"s","messageInfo":{"messageId":"m-1","lastUpdated":1774915200000}}"#,
    r#"[{"uuid":"1","messageInfo":{"messageId":"a"}},{"uuid":"2"}]"#,
    r#"{"events":[{"messageInfo":{"messageId":"a"}}],"count":1}"#,
    r#"{"contactInfo":{"id":"c","firstName":"Ada"},"event":"/orgId/o/department/d/contact?event=create"}"#,
    r#"{"messageInfo":{"messageId":12,"lastUpdated":"1774915200000"}}"#,
    "/orgId/o-1/department/d_2/message?direction=outbound",
    "/orgId/o/department/d/contact?event=delete",
    "STOP",
    "Liked “See you at noon”",
    "{\"uuid\":\"\\ud83d\"}",
    "\u{feff}{}",
    "null",
];

/// What is inserted: the characters that mean something somewhere.
const PARTS: [&str; 20] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "\\",
    "\\u0000",
    "null",
    "1e999",
    "-",
    "/",
    "?",
    "&",
    "=",
    "\u{202e}",
    "👍 to ",
    "\0",
    "{\"messageInfo\":",
];

impl Inputs {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: fastrand::Rng::with_seed(seed),
        }
    }

    pub(crate) fn next(&mut self) -> Input {
        let random = &mut self.random;
        let mut body = SEEDS[random.usize(..SEEDS.len())].as_bytes().to_vec();
        for _ in 0..random.usize(..6) {
            change(&mut body, random);
        }
        let mut headers = HeaderMap::new();
        if random.u8(..8) == 0 {
            let coding = ["gzip", "deflate", "br", "GZIP", ""][random.usize(..5)];
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        if random.u8(..8) == 0 {
            body = gzip(&body);
            if random.bool() {
                change(&mut body, random);
            }
        }
        if random.u8(..6) == 0 {
            let token: Vec<u8> = (0..random.usize(..64))
                .map(|_| random.u8(32..127))
                .collect();
            if let Ok(token) = HeaderValue::from_bytes(&token) {
                headers.insert(VALIDATION_TOKEN, token);
            }
        }
        Input {
            method: METHODS[random.usize(..METHODS.len())].clone(),
            headers,
            body,
        }
    }
}

fn change(body: &mut Vec<u8>, random: &mut fastrand::Rng) {
    let at = random.usize(..=body.len());
    match random.u8(..7) {
        0 => body.truncate(at),
        1 if at < body.len() => body[at] = random.u8(..),
        2 => {
            let part = PARTS[random.usize(..PARTS.len())].bytes();
            body.splice(at..at, part);
        }
        3 => {
            let end = random.usize(at..=body.len());
            body.drain(at..end);
        }
        4 => {
            let end = random.usize(at..=body.len());
            let doubled = body[at..end].to_vec();
            body.splice(at..at, doubled);
        }
        5 => {
            // Deep nesting, which a reader that calls itself doesn't survive.
            let depth = random.usize(..2_000);
            let opening = if random.bool() {
                "["
            } else {
                "{\"messageInfo\":"
            };
            body.splice(at..at, opening.repeat(depth).bytes());
        }
        _ => body.extend(SEEDS[random.usize(..SEEDS.len())].bytes()),
    }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Into memory nothing can fail.
    let _ = encoder.write_all(body);
    encoder.finish().unwrap_or_default()
}
