//! Files that nobody thought of.

use stratustexting_queue::outbox::input::{CsvRows, CsvSettings};

use super::{read, utf_16};

/// Odd bytes, mostly those that mean something.
#[test]
fn no_file_makes_it_panic() {
    let pieces: [&[u8]; 22] = [
        b"to",
        b"phone",
        b"name",
        b",",
        b",",
        b";",
        b"\t",
        b"\"",
        b"\"",
        b"\"\"",
        b"\n",
        b"\n",
        b"\r",
        b"\r\n",
        b"sep=;\n",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xeb",
        b"\0",
        b" ",
        b"1.2E+10",
        b"'=\"1\"",
    ];
    let mut random = fastrand::Rng::with_seed(7);
    let mut was_read = 0;
    for case in 0..10_000 {
        let mut file = Vec::new();
        if random.bool() {
            file.extend_from_slice(b"to,name\n");
        }
        for _ in 0..random.usize(..24) {
            file.extend_from_slice(random.choice(&pieces).unwrap());
        }
        let mut settings = CsvSettings::new();
        if random.bool() {
            settings = settings.windows_1252();
        }
        if random.u8(..8) == 0 {
            settings = settings.delimiter(random.u8(..));
        }
        let Ok(rows) = read(&file, settings) else {
            continue;
        };
        was_read += 1;
        let breaks = file
            .iter()
            .filter(|byte| matches!(byte, b'\n' | b'\r'))
            .count() as u64;
        let mut last = 0;
        for row in rows {
            let line = match row {
                Ok(row) => row.line,
                Err(error) => error.line().unwrap(),
            };
            assert!(last < line && line <= breaks + 1, "{case}: {file:?}");
            last = line;
        }
    }
    assert!(was_read > 3_000, "{was_read}");
}

/// What is written correctly is read as it was, whatever is in the cells.
#[test]
fn every_correct_file_is_read_as_it_was_written() {
    let pieces = [
        "a", "é", "🙂", "\"", "\"\"", ",", ";", "\t", "\n", "\r\n", "\r", "'", "=", " ",
    ];
    let mut random = fastrand::Rng::with_seed(7);
    for case in 0..3_000 {
        let delimiter = random.choice([',', ';', '\t']).unwrap();
        let end = random.choice(["\n", "\r\n", "\r"]).unwrap();
        let width = random.usize(1..5);
        let mut file = String::new();
        let mut expected = Vec::new();
        let mut line = 1;
        let header: Vec<_> = (0..width).map(|n| format!("field{n}")).collect();
        let mut write = |cells: &[String], random: &mut fastrand::Rng| {
            let begin = line;
            for (place, cell) in cells.iter().enumerate() {
                if place > 0 {
                    file.push(delimiter);
                }
                let must = cell.contains([delimiter, '"', '\n', '\r']);
                if must || random.bool() {
                    file += &format!("\"{}\"", cell.replace('"', "\"\""));
                } else {
                    file += cell;
                }
            }
            file += end;
            let breaks = |text: &str| text.replace("\r\n", "\n").matches(['\n', '\r']).count();
            line += cells.iter().map(|cell| breaks(cell)).sum::<usize>() as u64 + 1;
            if random.u8(..4) == 0 {
                file += end;
                line += 1;
            }
            begin
        };
        let names = [vec!["to".to_owned()], header.clone()].concat();
        write(&names, &mut random);
        for number in 0..random.usize(..12) {
            let cell = |_| {
                let pieces = (0..random.usize(..6)).map(|_| *random.choice(&pieces).unwrap());
                // White space around a cell isn't kept, so there is none.
                format!("<{}>", pieces.collect::<String>())
            };
            let cells: Vec<String> = (0..width).map(cell).collect();
            let cells = [vec![format!("number {number}")], cells].concat();
            expected.push((write(&cells, &mut random), cells));
        }
        let bytes = match random.u8(..3) {
            0 => utf_16(&file),
            1 => format!("\u{feff}{file}").into_bytes(),
            _ => file.clone().into_bytes(),
        };

        let rows = CsvRows::new(bytes.as_slice(), CsvSettings::new()).unwrap();
        let rows = rows.map(Result::unwrap).map(|row| {
            let fields = header.iter().map(|name| row.fields[name].clone());
            (row.line, [vec![row.to.clone()], fields.collect()].concat())
        });
        assert_eq!(rows.collect::<Vec<_>>(), expected, "{case}: {file:?}");
    }
}
