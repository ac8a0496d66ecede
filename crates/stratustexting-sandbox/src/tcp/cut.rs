//! A response that ends early.

/// How a connection is ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum End {
    /// Closed cleanly.
    Close,
    /// Reset: the client gets an error instead of an end.
    Reset,
}

/// Where a response ends early, counted while it is written.
#[derive(Clone, Debug)]
pub(crate) struct Cut {
    /// How many bytes of the empty line after the headers were seen.
    matched: usize,
    /// How many bytes of the body are left to write.
    body: usize,
    end: End,
}

const EMPTY_LINE: usize = 4;

impl Cut {
    /// Before the first byte.
    pub(crate) fn at_once() -> Self {
        Self {
            matched: EMPTY_LINE,
            body: 0,
            end: End::Reset,
        }
    }

    /// After the headers and this many bytes of the body.
    pub(crate) fn after_body_bytes(body: usize, end: End) -> Self {
        Self {
            matched: 0,
            body,
            end,
        }
    }

    pub(crate) fn is_due(&self) -> bool {
        self.matched == EMPTY_LINE && self.body == 0
    }

    pub(crate) fn end(&self) -> End {
        self.end
    }

    /// How many of these bytes may be written.
    pub(crate) fn allows(&self, data: &[u8]) -> usize {
        let mut ahead = self.clone();
        let fits = |byte: &&u8| {
            let fits = !ahead.is_due();
            ahead.step(**byte);
            fits
        };
        data.iter().take_while(fits).count()
    }

    /// These bytes were written.
    pub(crate) fn wrote(&mut self, data: &[u8]) {
        for byte in data {
            self.step(*byte);
        }
    }

    fn step(&mut self, byte: u8) {
        if self.matched == EMPTY_LINE {
            self.body = self.body.saturating_sub(1);
            return;
        }
        self.matched = match (self.matched, byte) {
            (0 | 2, b'\r') | (1 | 3, b'\n') => self.matched + 1,
            (_, b'\r') => 1,
            _ => 0,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::{Cut, End};

    const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\na: b\r\n\r\n{\"c\": 1}";

    #[test]
    fn a_response_ends_at_the_same_byte_however_it_is_split_into_writes() {
        for body in 0..=8 {
            for size in 1..RESPONSE.len() {
                let mut cut = Cut::after_body_bytes(body, End::Reset);
                let mut written = Vec::new();
                for data in RESPONSE.chunks(size) {
                    let allowed = cut.allows(data);
                    cut.wrote(&data[..allowed]);
                    written.extend_from_slice(&data[..allowed]);
                }
                assert_eq!(written, RESPONSE[..RESPONSE.len() - 8 + body]);
                assert!(cut.is_due());
            }
        }
    }

    #[test]
    fn nothing_is_written_of_a_response_that_ends_at_once() {
        assert!(Cut::at_once().is_due());
        assert_eq!(Cut::at_once().allows(RESPONSE), 0);
    }
}
