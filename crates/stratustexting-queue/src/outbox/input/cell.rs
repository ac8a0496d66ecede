//! What spreadsheets do to a number.

use super::error::Problem;

/// The number that a cell was meant to have.
pub(super) fn number(cell: &str) -> Result<&str, Problem> {
    let cell = trim(cell);
    // A formula that makes it a text: `="0123"`.
    let formula = cell.strip_prefix("=\"");
    let cell = formula
        .and_then(|cell| cell.strip_suffix('"'))
        .map_or(cell, trim);
    // What a person types to make it a text.
    let cell = cell.strip_prefix('\'').map_or(cell, trim);
    if cell.is_empty() {
        return Err(Problem::NoNumber);
    }
    if is_rounded(cell) {
        return Err(Problem::Rounded);
    }
    Ok(without_decimals(cell))
}

/// Without white space around, a no-break space among it, and without what can't be seen.
pub(super) fn trim(cell: &str) -> &str {
    let is_nothing = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'
                    ..='\u{202e}' | '\u{2060}' | '\u{feff}'
            )
    };
    cell.trim_matches(is_nothing)
}

/// `1.20255E+10`: only as many digits as the column was wide.
fn is_rounded(cell: &str) -> bool {
    let Some((digits, exponent)) = cell.split_once(['e', 'E']) else {
        return false;
    };
    let digits = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let (whole, decimals) = digits.split_once(['.', ',']).unwrap_or((digits, "0"));
    [whole, decimals, exponent].into_iter().all(are_digits)
}

/// `2025550123.0`: a whole number that was taken for a decimal one.
fn without_decimals(cell: &str) -> &str {
    let Some((whole, decimals)) = cell.rsplit_once(['.', ',']) else {
        return cell;
    };
    let digits = whole.strip_prefix('+').unwrap_or(whole);
    let is_zero = !decimals.is_empty() && decimals.bytes().all(|digit| digit == b'0');
    if are_digits(digits) && is_zero {
        whole
    } else {
        cell
    }
}

fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_adds_is_taken_off() {
        for (cell, expected) in [
            ("2025550123", "2025550123"),
            ("+1 (202) 555-0123", "+1 (202) 555-0123"),
            ("2025550123.0", "2025550123"),
            ("+12025550123.00", "+12025550123"),
            ("2025550123,0", "2025550123"),
            ("=\"+12025550123\"", "+12025550123"),
            ("=\" 02025550123\"", "02025550123"),
            ("'2025550123", "2025550123"),
            ("' +12025550123", "+12025550123"),
            ("\u{a0}2025550123\u{202f}\t ", "2025550123"),
            ("\u{202a}+12025550123\u{202c}", "+12025550123"),
            ("\u{feff}2025550123", "2025550123"),
            // What isn't of a spreadsheet is for whoever reads the number.
            ("202.555.0123", "202.555.0123"),
            ("202.555.0000", "202.555.0000"),
            ("2025550123.5", "2025550123.5"),
            ("2025550123.", "2025550123."),
            ("=2025550123", "=2025550123"),
            ("one", "one"),
            ("e", "e"),
            ("202E", "202E"),
        ] {
            assert_eq!(number(cell), Ok(expected), "{cell}");
        }
    }

    #[test]
    fn lost_digits_are_an_error() {
        for cell in [
            "1.20255E+10",
            "1,20255E+10",
            "1.20255e10",
            "2E+09",
            " +1.2E+10 ",
            "'1.20255E+10",
            "=\"1.20255E+10\"",
            // It could be whole, but nobody can know that it is.
            "1.2025550123E+10",
        ] {
            assert_eq!(number(cell), Err(Problem::Rounded), "{cell}");
        }
    }

    #[test]
    fn a_cell_with_nothing_is_empty() {
        for cell in ["", " ", "\u{a0}", "'", "=\"\"", "=\" \"", "\u{200b}"] {
            assert_eq!(number(cell), Err(Problem::NoNumber), "{cell:?}");
        }
    }
}
