//! Phone numbers.

#[cfg(feature = "parse-numbers")]
mod parsed;

use std::{borrow::Cow, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

#[cfg(feature = "parse-numbers")]
pub use self::parsed::ParsedNumber;
use crate::{Result, error::Error, invisible::shows_nothing};

/// A phone number in E.164 form: `+`, then 7 to 15 digits of which the first is
/// not 0, such as `+12025550123`. The shortest numbers with a country's code, such as Niue's
/// and Tokelau's, have 7.
///
/// Only the form is checked. It can't tell whether a number exists or may be texted, and
/// libraries that try also reject the fictional numbers that tests need.
///
/// ```
/// use stratustexting::PhoneNumber;
///
/// let number: PhoneNumber = "+12025550123".parse()?;
/// assert_eq!(number.as_str(), "+12025550123");
///
/// let error = "202-555-0123".parse::<PhoneNumber>().unwrap_err();
/// assert!(error.is_input());
/// # Ok::<(), stratustexting::Error>(())
/// ```
///
/// With the feature `parse-numbers`, `PhoneNumber::parse_in` reads a number as a person
/// writes it, such as `(202) 555-0123` in the United States.
///
/// # Short codes and names
///
/// Whether the service sends to short codes, such as `72975`, or from names, is UNKNOWN.
/// Neither is a phone number in E.164 form, nor is `+72975`. The generated client takes any
/// text, so with it they can be tried, and the outcome is told as of every send:
///
/// ```
/// # use stratustexting_sandbox::Sandbox;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use stratustexting::Client;
/// use stratustexting::{Error, SendOutcome};
///
/// # let sandbox = Sandbox::start().await?;
/// # let client = Client::from_variables(sandbox.variables())?;
/// # let number = sandbox.number();
/// let request = client.api().send_sms().from(number).to("72975").text("HELP");
///
/// let outcome = match request.send().await {
///     Ok(_) => SendOutcome::Accepted,
///     Err(error) => Error::from(error).send_outcome(),
/// };
/// // The sandbox takes none; the service may.
/// assert_eq!(outcome, SendOutcome::Rejected);
/// # Ok(())
/// # }
/// ```
///
/// # In logs and settings
///
/// It is read from text, and written as text, by serde, too, so that it can stand in
/// settings and queues; there it is a number in the clear.
///
/// `Debug` doesn't show the number, and there is no `Display`: a number gets into
/// a log only by [`as_str`](Self::as_str).
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

impl PhoneNumber {
    pub(crate) const FORM: &str =
        "must be in E.164 form, `+` and 7 to 15 digits, such as +12025550123";

    /// Checks a number.
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] when it isn't in E.164 form.
    pub fn new(number: impl Into<String>) -> Result<Self> {
        Self::of_field("phone number", number.into())
    }

    pub(crate) fn of_field(field: &'static str, number: String) -> Result<Self> {
        match Self::problem(&number) {
            None => Ok(Self(number)),
            Some(problem) => Err(Error::input(field, problem)),
        }
    }

    /// Why a text isn't a number; it shows nothing of the text but a hidden character's name.
    pub(crate) fn problem(number: &str) -> Option<Cow<'static, str>> {
        let digits = number.strip_prefix('+').unwrap_or_default();
        let valid = (7..=15).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_digit())
            && !digits.starts_with('0');
        if valid {
            return None;
        }
        let allowed = Self::FORM;
        Some(match number.chars().find(|&c| shows_nothing(c)) {
            // Pasted along with the number, and not to be found by looking at it.
            Some(hidden) => format!("{allowed}; it has U+{:04X} in it", u32::from(hidden)).into(),
            None => allowed.into(),
        })
    }

    /// The number, beginning with `+`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber([hidden])")
    }
}

impl FromStr for PhoneNumber {
    type Err = Error;

    fn from_str(number: &str) -> Result<Self> {
        Self::new(number)
    }
}

/// From every kind of text.
macro_rules! try_from_text {
    ($($text:ty),*) => {$(
        impl TryFrom<$text> for PhoneNumber {
            type Error = Error;

            fn try_from(number: $text) -> Result<Self> {
                Self::new(number)
            }
        }
    )*};
}
try_from_text!(&str, String, Cow<'_, str>, Box<str>);

impl TryFrom<&String> for PhoneNumber {
    type Error = Error;

    fn try_from(number: &String) -> Result<Self> {
        Self::new(number)
    }
}

impl TryFrom<Arc<str>> for PhoneNumber {
    type Error = Error;

    fn try_from(number: Arc<str>) -> Result<Self> {
        Self::new(&*number)
    }
}

impl AsRef<str> for PhoneNumber {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}

impl From<&PhoneNumber> for PhoneNumber {
    fn from(number: &PhoneNumber) -> Self {
        number.clone()
    }
}

/// Why a value isn't a phone number: the error of its conversion.
pub type Unreadable = Box<dyn std::error::Error + Send + Sync>;

/// Converts a caller's value into a number; the error names the field.
pub(crate) fn named<N>(field: &'static str, number: N) -> Result<PhoneNumber>
where
    N: TryInto<PhoneNumber, Error: Into<Unreadable>>,
{
    number.try_into().map_err(|error| {
        let error: Unreadable = error.into();
        match error.downcast::<Error>() {
            Ok(own) => own.of_field(field),
            Err(other) => Error::input(field, PhoneNumber::FORM).with_source(Foreign(other)),
        }
    })
}

/// The error of a type that isn't ours, whose text may show the number: `Debug` shows none
/// of it.
struct Foreign(Unreadable);

impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it could not be converted into a phone number")
    }
}

impl std::error::Error for Foreign {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.0.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_e164_and_nothing_else() {
        for number in ["+6834000", "+12025550123", "+123456789012345"] {
            assert_eq!(PhoneNumber::new(number).unwrap().as_str(), number);
        }
        for text in [
            "",
            "+",
            "+1",
            "+72975",
            "+202555",
            "12025550123",
            "+02025550123",
            "+1234567890123456",
            "+1 202 555 0123",
            "+1202555012x",
            "+1202555\r\n123",
            "＋12025550123",
            "+１２025550123",
        ] {
            let error = PhoneNumber::new(text).unwrap_err();

            assert!(error.is_input(), "{text:?}");
            assert_eq!(error.field(), Some("phone number"));
        }
    }

    #[test]
    fn stands_in_settings_and_messages_and_is_checked_there() {
        let number: PhoneNumber = serde_json::from_str("\"+12025550123\"").unwrap();
        assert_eq!(serde_json::to_string(&number).unwrap(), "\"+12025550123\"");
        assert_eq!(PhoneNumber::try_from("+12025550123").unwrap(), number);
        assert_eq!(
            PhoneNumber::try_from(number.as_str().to_owned()).unwrap(),
            number
        );

        let error = serde_json::from_str::<PhoneNumber>("\"3035550177\"").unwrap_err();
        assert!(error.to_string().contains("E.164") && !error.to_string().contains("3035550177"));
    }

    #[test]
    fn a_character_that_can_not_be_seen_is_named() {
        for (text, name) in [
            ("\u{202a}+12025550123\u{202c}", "U+202A"),
            ("+12025550123 ", "U+0020"),
            ("+12025550123\u{200b}", "U+200B"),
            ("+12025550123\n", "U+000A"),
        ] {
            let error = PhoneNumber::new(text).unwrap_err();

            assert!(
                error.to_string().ends_with(&format!("it has {name} in it")),
                "{error}"
            );
        }
    }

    #[test]
    fn neither_debug_nor_errors_show_the_number() {
        let number = PhoneNumber::new("+12025550123").unwrap();
        let error = PhoneNumber::new("3035550177").unwrap_err();

        assert!(!format!("{number:?}").contains("555"));
        assert!(!format!("{error:?} {error}").contains("3035550177"));
    }
}
