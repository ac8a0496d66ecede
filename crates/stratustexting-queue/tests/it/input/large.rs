//! A list of any size needs the memory of a row.

use std::{
    fs,
    io::{self, Read},
};

use stratustexting_queue::outbox::input::{CsvRows, CsvSettings};

/// A file that is made while it is read.
struct Generated {
    row: u64,
    rows: u64,
    text: Vec<u8>,
    taken: usize,
}

impl Generated {
    fn new(rows: u64) -> Self {
        Self {
            row: 0,
            rows,
            text: b"phone;first name;text\r\n".to_vec(),
            taken: 0,
        }
    }
}

impl Read for Generated {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.text.len() && self.row < self.rows {
            let row = self.row;
            let text = format!("+1202{row:07};Ada {row};\"two\r\nlines, \"\"{row}\"\"\"\r\n");
            (self.text, self.taken) = (text.into_bytes(), 0);
            self.row += 1;
        }
        let read = (&self.text[self.taken..]).read(to)?;
        self.taken += read;
        Ok(read)
    }
}

/// Reads all rows; what the process has in memory after the first tenth, and at the end.
fn memory(rows: u64) -> [u64; 2] {
    let mut after = [0; 2];
    let mut read = 0;
    for row in CsvRows::new(Generated::new(rows), CsvSettings::new()).unwrap() {
        let row = row.unwrap();
        assert_eq!(row.line, 2 + read * 2);
        assert_eq!(row.fields["text"], format!("two\r\nlines, \"{read}\""));
        read += 1;
        if read == rows / 10 {
            after[0] = resident();
        }
    }
    assert_eq!(read, rows);
    after[1] = resident();
    after
}

/// In kilobytes; 0 where the system doesn't say it like Linux.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[test]
fn a_long_list_is_read_to_its_end() {
    memory(20_000);
}

/// The other tests of the process would be counted: it is run by itself, with
/// `cargo test --workspace --test it -- --ignored --exact input::large::a_million_rows`.
#[test]
#[ignore = "it takes a while, and measures the whole process"]
fn a_million_rows() {
    let [first, last] = memory(1_000_000);

    println!("resident after 100,000 rows: {first} kB, after 1,000,000: {last} kB");
    assert!(last <= first + 1_024, "{first} kB became {last} kB");
}
