//! An answer that ends before its end.

/// How a connection is ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum End {
    /// Closed in good order.
    Close,
    /// Reset: the client gets an error and not an end.
    Reset,
}

/// Where an answer ends, counted while it is written.
#[derive(Clone, Debug)]
pub(crate) struct Cut {
    /// How much of the empty line after the headers was seen.
    matched: usize,
    /// How many bytes of the body are still to be written.
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

    /// After the headers and so many bytes of the body.
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

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\na: b\r\n\r\n{\"c\": 1}";

    #[test]
    fn an_answer_ends_where_it_is_to_end_however_it_is_cut_into_writes() {
        for body in 0..=8 {
            for piece in 1..ANSWER.len() {
                let mut cut = Cut::after_body_bytes(body, End::Reset);
                let mut written = Vec::new();
                for data in ANSWER.chunks(piece) {
                    let allowed = cut.allows(data);
                    cut.wrote(&data[..allowed]);
                    written.extend_from_slice(&data[..allowed]);
                }
                assert_eq!(written, ANSWER[..ANSWER.len() - 8 + body]);
                assert!(cut.is_due());
            }
        }
    }

    #[test]
    fn nothing_is_written_of_an_answer_that_ends_at_once() {
        assert!(Cut::at_once().is_due());
        assert_eq!(Cut::at_once().allows(ANSWER), 0);
    }
}
