//! From the bytes of a file to UTF-8.
//!
//! Bytes that are UTF-8 already pass unchanged, and are checked row by row: one bad row must
//! not cost the others. UTF-16 and Windows-1252 are translated.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, WINDOWS_1252};

use super::error::Problem;

pub(super) struct Decode<R> {
    reader: R,
    decoder: Option<Decoder>,
    /// What was read and isn't translated yet.
    raw: Buffer,
    /// What was translated and isn't taken yet.
    text: Buffer,
    is_at_end: bool,
}

struct Buffer {
    bytes: Box<[u8]>,
    taken: usize,
    filled: usize,
}

impl Buffer {
    fn new() -> Self {
        Self {
            bytes: vec![0; 8 * 1024].into(),
            taken: 0,
            filled: 0,
        }
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.taken..self.filled]
    }

    fn is_empty(&self) -> bool {
        self.taken == self.filled
    }
}

impl<R: Read> Decode<R> {
    /// Reads a byte order mark, if there is one.
    pub(super) fn new(mut reader: R, is_windows_1252: bool) -> io::Result<Self> {
        let mut raw = Buffer::new();
        while raw.filled < 3 {
            let read = retry(&mut reader, &mut raw.bytes[raw.filled..3])?;
            if read == 0 {
                break;
            }
            raw.filled += read;
        }
        let encoding = match Encoding::for_bom(raw.rest()) {
            Some((encoding, length)) => {
                raw.taken = length;
                encoding
            }
            None if is_windows_1252 => WINDOWS_1252,
            None => UTF_8,
        };
        let decoder = (encoding != UTF_8).then(|| encoding.new_decoder_without_bom_handling());
        Ok(Self {
            reader,
            decoder,
            raw,
            text: Buffer::new(),
            is_at_end: false,
        })
    }

    fn fill(&mut self) -> io::Result<()> {
        self.raw.taken = 0;
        self.raw.filled = retry(&mut self.reader, &mut self.raw.bytes)?;
        self.is_at_end = self.raw.filled == 0;
        Ok(())
    }
}

impl<R: Read> Read for Decode<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let Some(mut decoder) = self.decoder.take() else {
            if self.raw.is_empty() {
                return retry(&mut self.reader, to);
            }
            return Ok(take(&mut self.raw, to));
        };
        while self.text.is_empty() {
            if self.raw.is_empty() {
                if self.is_at_end {
                    break;
                }
                self.fill()?;
            }
            let (result, read, written) = decoder.decode_to_utf8_without_replacement(
                self.raw.rest(),
                &mut self.text.bytes,
                self.is_at_end,
            );
            self.raw.taken += read;
            self.text.taken = 0;
            self.text.filled = written;
            if let DecoderResult::Malformed(..) = result {
                return Err(Problem::Utf16.into());
            }
            if self.is_at_end && result == DecoderResult::InputEmpty {
                break;
            }
        }
        // A decoder that has had the end can't be asked again.
        if !(self.is_at_end && self.text.is_empty()) {
            self.decoder = Some(decoder);
        }
        Ok(take(&mut self.text, to))
    }
}

fn take(from: &mut Buffer, to: &mut [u8]) -> usize {
    let length = from.rest().len().min(to.len());
    to[..length].copy_from_slice(&from.rest()[..length]);
    from.taken += length;
    length
}

/// A signal is no end.
fn retry(reader: &mut impl Read, to: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(to) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a byte at a time.
    struct Slow<'b>(&'b [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            let length = self.0.len().min(1).min(to.len());
            self.0.read(&mut to[..length])
        }
    }

    fn decode(bytes: &[u8], is_windows_1252: bool) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        Decode::new(Slow(bytes), is_windows_1252)?.read_to_end(&mut text)?;
        let mut at_once = Vec::new();
        Decode::new(bytes, is_windows_1252)?.read_to_end(&mut at_once)?;
        assert_eq!(text, at_once);
        Ok(text)
    }

    fn utf_16(text: &str, bytes: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(bytes).collect()
    }

    #[test]
    fn every_encoding_becomes_utf_8() {
        let text = "Zoë 🙂,1\n";
        let long = text.repeat(5_000);

        for text in ["", text, &long] {
            let with_mark = [b"\xef\xbb\xbf", text.as_bytes()].concat();
            for is_windows_1252 in [false, true] {
                for bytes in [
                    with_mark.clone(),
                    utf_16(text, u16::to_le_bytes),
                    utf_16(text, u16::to_be_bytes),
                ] {
                    let decoded = decode(&bytes, is_windows_1252).unwrap();
                    assert!(decoded == text.as_bytes(), "{}", bytes.len());
                }
            }
            assert!(decode(text.as_bytes(), false).unwrap() == text.as_bytes());
        }
        let latin = decode(b"Zo\xeb \x80\n", true).unwrap();
        assert_eq!(latin, "Zoë €\n".as_bytes());
        // Checked row by row.
        assert_eq!(decode(b"Zo\xeb", false).unwrap(), b"Zo\xeb");
    }

    #[test]
    fn half_a_character_of_utf_16_is_an_error() {
        for rest in [&b"\x00\xd8"[..], b"a", b"\x00\xd8a\x00"] {
            let bytes = [b"\xff\xfea\x00", rest].concat();
            assert!(decode(&bytes, false).is_err(), "{rest:?}");
        }
    }
}
