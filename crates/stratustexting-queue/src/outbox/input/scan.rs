//! What the reader of the rows doesn't say: on which line a row begins, and whether its
//! quotation marks are in order.
//!
//! The csv crate forgives an unclosed quotation mark and reads the rest of the file as one cell;
//! everybody on it would be forgotten. It counts lines by line feeds, which not every file has.
//! So the bytes are looked at on their way to it.

use std::{
    collections::VecDeque,
    io::{self, Read},
};

use super::error::{LONGEST_ROW, Problem};

pub(super) struct Scan<R> {
    reader: R,
    delimiter: u8,
    state: State,
    /// How many bytes were given.
    given: u64,
    /// Where line breaks begin and end that no row has come to yet.
    breaks: VecDeque<(u64, u64)>,
    faults: VecDeque<(u64, Problem)>,
    was_return: bool,
    is_at_end: bool,
    /// The line of the row that is read now, and where it begins.
    line: u64,
    begin: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the beginning of a cell.
    Begin,
    Plain,
    Quoted,
    /// After a quotation mark in a quoted cell: its end, or half of a doubled one.
    Quote,
}

impl<R: Read> Scan<R> {
    /// `line` is the first line that the reader gives.
    pub(super) fn new(reader: R, delimiter: u8, line: u64) -> Self {
        Self {
            reader,
            delimiter,
            state: State::Begin,
            given: 0,
            breaks: VecDeque::new(),
            faults: VecDeque::new(),
            was_return: false,
            is_at_end: false,
            line,
            begin: 0,
        }
    }

    /// A row begins here, or after the blank lines that are here.
    pub(super) fn begin_row(&mut self, at: u64) {
        self.begin = at;
        self.skip_to(at);
    }

    /// The line on which the row begins whose end was read.
    pub(super) fn line(&mut self) -> u64 {
        // Blank lines before it, or the second half of a line break.
        let mut at = self.begin;
        while let Some(&(begin, end)) = self.breaks.front()
            && begin <= at
        {
            self.line += 1;
            self.breaks.pop_front();
            at = end.max(at);
        }
        self.line
    }

    fn skip_to(&mut self, at: u64) {
        while let Some(&(_, end)) = self.breaks.front()
            && end <= at
        {
            self.line += 1;
            self.breaks.pop_front();
        }
    }

    /// What is wrong with the quotation marks of a row that ends here.
    pub(super) fn fault(&mut self, end: u64) -> Option<Problem> {
        let mut first = None;
        while let Some((at, _)) = self.faults.front()
            && *at < end
        {
            let (_, problem) = self.faults.pop_front()?;
            first = first.or(Some(problem));
        }
        if self.is_at_end && end == self.given && self.state == State::Quoted {
            // Said once.
            self.state = State::Begin;
            return Some(Problem::OpenQuote);
        }
        first
    }

    fn look_at(&mut self, byte: u8) {
        let at = self.given;
        self.given += 1;
        match byte {
            b'\n' if self.was_return => {
                if let Some((_, end)) = self.breaks.back_mut() {
                    *end += 1;
                } else {
                    // A row began between the two halves.
                    self.breaks.push_back((at - 1, at + 1));
                    self.line -= 1;
                }
            }
            b'\n' | b'\r' => self.breaks.push_back((at, at + 1)),
            _ => {}
        }
        self.was_return = byte == b'\r';
        let is_break = matches!(byte, b'\n' | b'\r');
        self.state = match self.state {
            State::Begin if byte == b'"' => State::Quoted,
            State::Quoted if byte == b'"' => State::Quote,
            State::Quoted => State::Quoted,
            State::Quote if byte == b'"' => State::Quoted,
            _ if is_break || byte == self.delimiter => State::Begin,
            State::Quote => {
                self.faults.push_back((at, Problem::StrayQuote));
                State::Plain
            }
            State::Begin | State::Plain => State::Plain,
        };
    }
}

impl<R: Read> Read for Scan<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.given - self.begin > LONGEST_ROW {
            return Err(Problem::LongRow.into());
        }
        let read = self.reader.read(to)?;
        self.is_at_end = read == 0 && !to.is_empty();
        for byte in &to[..read] {
            self.look_at(*byte);
        }
        Ok(read)
    }
}
