//! Numbers as people write them. Feature `parse-numbers`.
//!
//! What a number's digits mean depends on where they are dialled, so the caller says where:
//! nothing is guessed. Numbering plans are a library's job. It checks lengths, and area codes
//! of North America, but not whether a range is in use, so that a new range isn't rejected.

use std::fmt;

use phonelib::ParseError;

use super::PhoneNumber;
use crate::{Error, Result, invisible::shows_nothing};

/// A number that a person wrote, and what was made of it; from [`PhoneNumber::parse_in`].
///
/// It can be given wherever a number is taken. One with an extension is refused there, since
/// a message can't be sent to an extension; [`number`](Self::number) is the number without it.
///
/// `Debug` shows neither the number nor the extension.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ParsedNumber {
    number: PhoneNumber,
    region: &'static str,
    extension: Option<String>,
}

impl PhoneNumber {
    /// Reads a number as a person writes it in a region, given by its code of ISO 3166-1, such
    /// as `US`. Feature `parse-numbers`.
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use stratustexting::Client;
    /// use stratustexting::PhoneNumber;
    ///
    /// # let sandbox = Sandbox::start().await?;
    /// # let client = Client::from_variables(sandbox.variables())?;
    /// let written = PhoneNumber::parse_in("(202) 555-0123", "US")?;
    /// assert_eq!(written.number().as_str(), "+12025550123");
    ///
    /// // As dialled from Germany, so it is another country's.
    /// let abroad = PhoneNumber::parse_in("00 1 202 555 0123", "DE")?;
    /// assert_eq!((abroad.number(), abroad.region()), (written.number(), "US"));
    ///
    /// client.messages().send_sms(written, "Your order is ready.").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The region only counts for a number without its country's code. One with `+`, a `tel:`
    /// URI, or the prefix for calls abroad (`00`, or `011` in North America) has one. Characters
    /// that show nothing are ignored, as phones copy them with a number, and so are spaces,
    /// dashes, dots, slashes and brackets.
    ///
    /// Letters aren't taken for digits: in `202-555-O123` one is a slip, and would reach
    /// somebody else. Nor are short codes read; see [`PhoneNumber`]. That a number is read
    /// doesn't mean that it exists or may be texted. Fictional numbers such as
    /// `202-555-0123` are read, if their area code exists.
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] when no number of the region or of another country has these digits,
    /// or no region has this code. The error doesn't show the number.
    pub fn parse_in(written: &str, region: &str) -> Result<ParsedNumber> {
        const FIELD: &str = "phone number";
        let plain = plain(written);
        let parsed =
            phonelib::PhoneNumber::try_parse_with_country(&plain, region).map_err(|error| {
                if error == ParseError::UnknownCountry {
                    let allowed = "must be a country's code of ISO 3166-1, such as US";
                    return Error::input("region", allowed);
                }
                let reason = reason(&error);
                Error::input(FIELD, format!("must be a phone number, but {reason}"))
            })?;
        // The library reads letters as the digits on their keys.
        let digits: String = plain.chars().filter(char::is_ascii_digit).collect();
        if !digits.contains(parsed.national_number()) {
            return Err(Error::input(
                FIELD,
                "must be a phone number in digits, without letters",
            ));
        }
        Ok(ParsedNumber {
            number: Self::of_field(FIELD, parsed.e164().to_owned())?,
            region: parsed.country().code,
            extension: parsed.extension().map(str::to_owned),
        })
    }
}

impl ParsedNumber {
    /// The number in E.164 form, without its extension.
    #[must_use]
    pub fn number(&self) -> &PhoneNumber {
        &self.number
    }

    /// The number alone; its extension is dropped.
    #[must_use]
    pub fn into_number(self) -> PhoneNumber {
        self.number
    }

    /// The code of ISO 3166-1 of the number's own region, such as `US`; `001` if it belongs to
    /// none. It differs from the stated one if the number is another country's.
    #[must_use]
    pub fn region(&self) -> &str {
        self.region
    }

    /// The extension behind the number, such as `42` of `202-555-0123 ext. 42`.
    #[must_use]
    pub fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }
}

impl TryFrom<ParsedNumber> for PhoneNumber {
    type Error = Error;

    fn try_from(parsed: ParsedNumber) -> Result<Self> {
        match parsed.extension {
            None => Ok(parsed.number),
            Some(_) => Err(Error::input(
                "phone number",
                "must have no extension, since a message can't be sent to one",
            )),
        }
    }
}

impl fmt::Debug for ParsedNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParsedNumber")
            .field("number", &self.number)
            .field("region", &self.region)
            .field("has_extension", &self.extension.is_some())
            .finish()
    }
}

/// A number without hidden characters, and with one spelling of space, dash, plus and digits.
fn plain(written: &str) -> String {
    let visible = written
        .chars()
        .filter(|&c| c.is_whitespace() || !shows_nothing(c));
    let spelled = visible.map(|c| match c {
        c if c.is_whitespace() => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{ff0b}' => '+',
        '\u{ff10}'..='\u{ff19}' => char::from(b'0' + (c as u32 - 0xff10) as u8),
        other => other,
    });
    spelled.collect()
}

/// Why no number has these digits.
fn reason(error: &ParseError) -> &'static str {
    match error {
        ParseError::Empty => "has no digits",
        ParseError::InvalidCharacter => "has a character that no phone number has",
        ParseError::TooLong => "has more than 15 digits",
        ParseError::TooShort => "has fewer digits than any",
        ParseError::UnknownCountryCode => "no country has its code",
        ParseError::InvalidLength => "has another number of digits than those of its country",
        ParseError::InvalidAreaCode => "no area of North America has its code",
        ParseError::InvalidExchange => {
            "its second three digits can't be those of a number in North America"
        }
        _ => "it can't be read as one of the region, nor with a country's code",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(written: &str, region: &str) -> Result<(String, String)> {
        let parsed = PhoneNumber::parse_in(written, region)?;
        Ok((
            parsed.number().as_str().to_owned(),
            parsed.region().to_owned(),
        ))
    }

    #[test]
    fn one_number_is_read_in_every_spelling() {
        for (written, region) in [
            ("+12025550123", "DE"),
            ("+1 202 555 0123", "US"),
            ("+1-202-555-0123", "GB"),
            ("(202) 555-0123", "US"),
            ("(202) 555-0123", "us"),
            ("202.555.0123", "US"),
            ("2025550123", "CA"),
            ("1 202 555 0123", "US"),
            ("tel:+12025550123", "FR"),
            ("tel:+1-202-555-0123", "US"),
            ("0012025550123", "US"),
            ("0012025550123", "GB"),
            ("011 1 202 555 0123", "US"),
            ("\u{202a}+12025550123\u{202c}", "US"),
            // As a phone copies it.
            ("\u{202a}+1\u{a0}(202)\u{a0}555\u{2011}0123\u{202c}", "US"),
            ("+12025550123 ", "US"),
            ("+1\u{200b}2025550123\n", "US"),
            ("\u{ff0b}\u{ff11}2025550123", "US"),
        ] {
            let number = ("+12025550123".to_owned(), "US".to_owned());
            assert_eq!(read(written, region).unwrap(), number, "{written:?}");
        }
    }

    #[test]
    fn the_region_decides_what_national_digits_mean() {
        for (written, region, number) in [
            ("020 7946 0958", "GB", "+442079460958"),
            ("+44 (0)20 7946 0958", "US", "+442079460958"),
            ("030 901820", "DE", "+4930901820"),
            ("06 1 234 5678", "HU", "+3612345678"),
            ("06 698 21234", "IT", "+390669821234"),
        ] {
            assert_eq!(read(written, region).unwrap().0, number, "{written}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused_and_not_shown() {
        for (written, region) in [
            ("", "US"),
            ("\u{202a}\u{202c}", "US"),
            ("STRATUS", "US"),
            ("72975", "US"),
            ("+72975", "US"),
            ("911", "US"),
            ("555-0123", "US"),
            ("020 7946 0958", "US"),
            ("202-555-0123 or 202-555-0124", "US"),
            ("someone2025550123@example.com", "US"),
            ("1-800-FLOWERS", "US"),
            ("202-555-O123", "US"),
            ("+1 2O2 555 0123", "US"),
            ("+999 202 555 0123", "US"),
        ] {
            let error = PhoneNumber::parse_in(written, region).unwrap_err();

            assert!(error.is_input(), "{written:?}");
            assert_eq!(error.field(), Some("phone number"), "{written:?}");
            let text = format!("{error} {error:?}");
            assert!(!text.contains("555") && !text.contains("72975"), "{text}");
        }
        for region in ["", "XX", "USA", "1"] {
            let error = PhoneNumber::parse_in("(202) 555-0123", region).unwrap_err();

            assert_eq!(error.field(), Some("region"), "{region:?}");
        }
    }

    #[test]
    fn an_extension_is_told_and_never_dropped_silently() {
        let parsed = PhoneNumber::parse_in("tel:+1-202-555-0123;ext=42", "US").unwrap();

        assert_eq!(parsed.extension(), Some("42"));
        assert_eq!(parsed.number().as_str(), "+12025550123");
        assert!(!format!("{parsed:?}").contains("42"));
        let error = PhoneNumber::try_from(parsed.clone()).unwrap_err();
        assert!(error.to_string().contains("extension"), "{error}");
        assert_eq!(parsed.into_number().as_str(), "+12025550123");
    }
}
