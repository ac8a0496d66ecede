//! Reading a list of recipients: what spreadsheets write, and what is wrong with a file.

mod fuzz;
mod large;

use std::io::{self, Read};

use stratustexting_queue::outbox::input::{CsvRows, CsvSettings, InputError, Row};

/// The rows and the errors of a file.
fn read(file: &[u8], settings: CsvSettings) -> Result<Vec<Result<Row, InputError>>, InputError> {
    Ok(CsvRows::new(file, settings)?.collect())
}

fn rows(file: impl AsRef<[u8]>) -> Vec<Row> {
    let rows = read(file.as_ref(), CsvSettings::new()).unwrap();
    rows.into_iter().map(Result::unwrap).collect()
}

/// The lines and numbers of a file without errors.
fn numbers(file: impl AsRef<[u8]>) -> Vec<(u64, String)> {
    rows(file)
        .into_iter()
        .map(|row| (row.line, row.to))
        .collect()
}

/// A row's line, or a word for its error.
fn outcomes(file: &[u8]) -> Vec<Result<u64, (Option<u64>, &'static str)>> {
    let rows = read(file, CsvSettings::new()).unwrap();
    let outcome = |row: Result<Row, InputError>| match row {
        Ok(row) => Ok(row.line),
        Err(error) => Err((error.line(), error.code())),
    };
    rows.into_iter().map(outcome).collect()
}

fn refused(file: impl AsRef<[u8]>, settings: CsvSettings) -> InputError {
    let error = CsvRows::new(file.as_ref(), settings)
        .map(|_| ())
        .unwrap_err();
    assert!(!error.is_of_one_row());
    error
}

fn utf_16(text: &str) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

#[test]
fn every_spreadsheets_file_is_read() {
    let latin = b"Name;Phone\nZo\xeb;2025550123\n";
    for (what, file) in [
        ("commas", b"Name,Phone\nZo\xc3\xab,2025550123\n".to_vec()),
        (
            "semicolons",
            b"Name;Phone\nZo\xc3\xab;2025550123\n".to_vec(),
        ),
        ("tabs", b"Name\tPhone\nZo\xc3\xab\t2025550123\n".to_vec()),
        (
            "no last line end",
            b"Name,Phone\nZo\xc3\xab,2025550123".to_vec(),
        ),
        ("CRLF", b"Name,Phone\r\nZo\xc3\xab,2025550123\r\n".to_vec()),
        ("CR", b"Name,Phone\rZo\xc3\xab,2025550123\r".to_vec()),
        (
            "a byte order mark",
            b"\xef\xbb\xbfPhone,Name\n2025550123,Zo\xc3\xab\n".to_vec(),
        ),
        (
            "a quoted name after one",
            b"\xef\xbb\xbf\"Phone\",Name\n2025550123,Zo\xc3\xab\n".to_vec(),
        ),
        ("Unicode text", utf_16("Name\tPhone\r\nZoë\t2025550123\r\n")),
        (
            "quotation marks",
            b"\"Name\",\"Phone\"\n\"Zo\xc3\xab\",\"2025550123\"\n".to_vec(),
        ),
        (
            "white space",
            b" Name , Phone \n\xc2\xa0Zo\xc3\xab ,\t2025550123\xc2\xa0\n".to_vec(),
        ),
        (
            "blank columns",
            b"Name,Phone,,\nZo\xc3\xab,2025550123,,\n".to_vec(),
        ),
        (
            "a comma in a name",
            b"Name;Phone;Size, in cm\nZo\xc3\xab;2025550123;1\n".to_vec(),
        ),
    ] {
        let row = rows(file).remove(0);
        assert_eq!((row.line, row.to.as_str()), (2, "2025550123"), "{what}");
        assert_eq!(row.fields["name"], "Zoë", "{what}");
    }
    let settings = CsvSettings::new().windows_1252();
    let row = read(latin, settings).unwrap().remove(0).unwrap();
    assert_eq!(row.fields["name"], "Zoë");
}

#[test]
fn the_first_line_may_say_the_delimiter() {
    for file in [
        "sep=;\nphone;a,b,c\n2025550123;1\n",
        "sep=;\r\nphone;a,b,c\r\n2025550123;1\r\n",
        "SEP=;\rphone;a,b,c\r2025550123;1\r",
        "\"sep=;\"\nphone;a,b,c\n2025550123;1\n",
        "\u{feff}sep=|\nphone|a,b,c\n2025550123|1\n",
        "sep=\t\nphone\ta,b,c\n2025550123\t1\n",
    ] {
        assert_eq!(numbers(file), [(3, "2025550123".to_owned())], "{file:?}");
    }
    // A column may begin like that.
    assert_eq!(rows("sep=a,phone\n1,2\n")[0].fields["sep=a"], "1");
    let settings = CsvSettings::new().delimiter(b'|');
    let row = read(b"a,b|to\n1|2\n", settings).unwrap().remove(0).unwrap();
    assert_eq!((row.to.as_str(), row.fields["a,b"].as_str()), ("2", "1"));
}

#[test]
fn the_numbers_column_is_found_by_its_name() {
    for name in [
        "phone",
        "Phone Number",
        "PHONE_NUMBER",
        "Mobile",
        "mobile-phone",
        "Cell",
        "cell phone",
        "to",
        "number",
        "Tel",
        "telephone",
        "MSISDN",
        "recipient",
        "SMS",
    ] {
        let file = format!("name,{name}\nAda,2025550123\n");
        assert_eq!(numbers(file), [(2, "2025550123".to_owned())], "{name}");
    }

    let error = refused(
        "Name,Mobile,Phone No\n",
        CsvSettings::new().number_column("fax"),
    );
    assert_eq!(
        error.to_string(),
        "line 1: there is no column `fax`, which is to have the number"
    );
    let error = refused("\nMobile,Name,Telephone\n", CsvSettings::new());
    let text = "line 2: the columns `Mobile` and `Telephone` may both have the number; say which";
    assert_eq!(error.to_string(), text);
    let settings = CsvSettings::new().number_column("TELEPHONE");
    let row = read(b"Mobile,Telephone\n1,2\n", settings)
        .unwrap()
        .remove(0);
    assert_eq!(row.unwrap().to, "2");

    // A file without names has a customer in its first row.
    let error = refused("Canary,2025550123\n", CsvSettings::new());
    assert_eq!(error.code(), "no-number-column");
    assert!(
        !format!("{error} {error:?}").contains("2025550123"),
        "{error}"
    );
}

#[test]
fn keys_and_zones_are_read_if_they_are_there() {
    let row = rows("to,Key,Time Zone\n1,a-1,America/New_York\n").remove(0);
    assert_eq!(row.key.as_deref(), Some("a-1"));
    assert_eq!(row.zone.as_deref(), Some("America/New_York"));
    let row = rows("to,key,tz\n1, ,\n").remove(0);
    assert_eq!((row.key, row.zone), (None, None));
    assert_eq!(rows("to\n1\n")[0].key, None);

    let settings = CsvSettings::new().key_column("order").zone_column("where");
    let file = b"to,Order,Where,key\n1,17,Europe/Paris,x\n";
    let row = read(file, settings.clone()).unwrap().remove(0).unwrap();
    assert_eq!(
        (row.key.as_deref(), row.zone.as_deref()),
        (Some("17"), Some("Europe/Paris"))
    );
    let error = refused("to,order\n", settings);
    assert!(error.to_string().contains("no column `where`"), "{error}");
    let error = refused("to,zone,tz\n", CsvSettings::new());
    assert!(error.to_string().contains("`zone` and `tz`"), "{error}");
}

#[test]
fn a_file_that_cant_be_used_is_refused_as_a_whole() {
    for (code, file) in [
        ("empty", &b""[..]),
        ("empty", b"\xef\xbb\xbf\r\n \r\n"),
        ("workbook", b"PK\x03\x04\x14\x00\x06\x00"),
        ("workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("binary", b"p\0h\0o\0n\0e\0\n\0"),
        ("not-utf-16", b"\xff\xfet\0o\0\n\0\x00\xd8"),
        ("not-utf-8", b"phone,Zo\xeb\n"),
        ("same-name", b"phone,First Name,first_name\n"),
        ("same-name", b"phone,Phone\n"),
        ("open-quote", b"phone,\"name\n1,2\n"),
        ("delimiter", b"sep=x\nphonexname\n"),
    ] {
        assert_eq!(refused(file, CsvSettings::new()).code(), code);
    }
    let long = format!("phone,{}\n1,2\n", "x".repeat(100_000));
    assert_eq!(refused(long, CsvSettings::new()).code(), "long-header");
    let error = refused("a,b,A,phone\n", CsvSettings::new());
    assert!(
        error
            .to_string()
            .starts_with("line 1: the columns 1 and 3 "),
        "{error}"
    );
}

#[test]
fn lines_are_those_of_the_file() {
    let file = "\n\nphone,text\n\n1,a\n2,\"b\nb\n\nb\"\n\n,\n \n3,c\n";
    for end in ["\n", "\r\n", "\r"] {
        let file = file.replace('\n', end);
        let lines: Vec<_> = numbers(&file).into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [5, 6, 13], "{end:?}");
        assert_eq!(rows(&file)[1].fields["text"], format!("b{end}b{end}{end}b"));
    }
    // Also where the reader's buffer ends in the middle of a line break.
    for length in 8_150..8_250 {
        let file = format!("to,x\r\n1,{}\r\n2,\r\n\r\n3,\r\n", "x".repeat(length));
        let lines: Vec<_> = numbers(&file).into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [2, 3, 5], "{length}");
    }
}

#[test]
fn a_bad_row_costs_only_itself() {
    for (row, code) in [
        ("2,b,c", "cells"),
        ("2", "cells"),
        (",b", "no-number"),
        ("1.20255E+10,b", "rounded-number"),
        ("\"2\"2,b", "stray-quote"),
        ("2,\"b \"c\" d\"", "stray-quote"),
        ("2,\0", "nul"),
    ] {
        let file = format!("to,name\n1,a\n{row}\n3,c\n");
        let expected = [Ok(2), Err((Some(3), code)), Ok(4)];
        assert_eq!(outcomes(file.as_bytes()), expected, "{row:?}");
    }
    let expected = [Ok(2), Err((Some(3), "not-utf-8")), Ok(4)];
    assert_eq!(outcomes(b"to,name\n1,a\n2,Zo\xeb\n3,c\n"), expected);

    let error = read(b"to,name\n2,b,c\n", CsvSettings::new())
        .unwrap()
        .remove(0)
        .unwrap_err();
    assert!(error.is_of_one_row());
    let text = "line 2: the row has 3 cells, and must have 2 as the row with the names";
    assert_eq!(error.to_string(), text);
    // A quotation mark that isn't at the beginning is one.
    assert_eq!(rows("to,name\n1,5\" pipe\n")[0].fields["name"], "5\" pipe");
    assert_eq!(
        rows("to,name\n1,\"5\"\" pipe\"\n")[0].fields["name"],
        "5\" pipe"
    );
}

/// Whoever stands after it would be forgotten.
#[test]
fn an_unclosed_quotation_mark_is_an_error() {
    let file = b"to,name\n1,a\n2,\"b\n3,c\n4,d\n";
    assert_eq!(outcomes(file), [Ok(2), Err((Some(3), "open-quote"))]);
    // It is closed by the next, which stands elsewhere.
    let file = b"to,name\n1,a\n2,\"b\n3,\"c\"\n4,d\n";
    assert_eq!(
        outcomes(file),
        [Ok(2), Err((Some(3), "stray-quote")), Ok(5)]
    );
    for last in ["\"", "2,\""] {
        let file = format!("to,name\n1,a\n{last}");
        assert_eq!(
            outcomes(file.as_bytes()),
            [Ok(2), Err((Some(3), "open-quote"))]
        );
    }
}

/// Never more than a row is in memory, even if that never ends.
#[test]
fn a_row_has_a_limit() {
    let begin = &b"to,name\n1,a\n2,\""[..];
    let mut rows = CsvRows::new(begin.chain(io::repeat(b'x')), CsvSettings::new()).unwrap();

    assert_eq!(rows.next().unwrap().unwrap().line, 2);
    let error = rows.next().unwrap().unwrap_err();
    assert_eq!((error.line(), error.code()), (Some(3), "long-row"));
    assert!(!error.is_of_one_row());
    assert!(rows.next().is_none());
}

#[test]
fn a_file_that_breaks_off_is_an_error() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let error = CsvRows::new(Broken, CsvSettings::new())
        .map(|_| ())
        .unwrap_err();
    assert_eq!(error.code(), "unreadable");
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "the disk is gone");

    let begin = format!("to\n{}", "12345\n".repeat(20_000));
    let mut rows = CsvRows::new(begin.as_bytes().chain(Broken), CsvSettings::new()).unwrap();
    let error = rows.by_ref().find_map(Result::err).unwrap();
    assert_eq!((error.code(), error.is_of_one_row()), ("unreadable", false));
    assert!(rows.next().is_none());
}

#[test]
fn nothing_of_a_customer_is_shown() {
    let file = b"to,canary name\n2025550123,canary\ncanary 2025550123,\"canary\"2025550123\n";
    let mut rows = CsvRows::new(&file[..], CsvSettings::new()).unwrap();
    assert_eq!(rows.names().collect::<Vec<_>>(), ["to", "canary_name"]);
    let mut shown = format!("{rows:?}");
    for row in rows.by_ref() {
        match row {
            Ok(row) => shown += &format!("{row:?}"),
            Err(error) => shown += &format!("{error} {error:?}"),
        }
    }
    assert!(shown.contains("line 3"), "{shown}");
    for secret in ["canary", "2025550123"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
