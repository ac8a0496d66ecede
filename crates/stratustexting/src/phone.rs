//! Phone numbers.

use std::{fmt, str::FromStr};

use crate::{Result, error::Error};

/// A phone number in E.164 form: `+`, then 2 to 15 digits of which the first is
/// not 0, such as `+12025550123`.
///
/// Only the form is checked. Whether a number exists, and who may be texted, is
/// not something that a form can tell; libraries that try also refuse the
/// fictional numbers that tests need.
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
/// `Debug` doesn't show the number, and there is no `Display`: a number gets into
/// a log only by [`as_str`](Self::as_str).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Checks a number.
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] when it isn't in E.164 form.
    pub fn new(number: impl Into<String>) -> Result<Self> {
        Self::of_field("phone number", number.into())
    }

    pub(crate) fn of_field(field: &'static str, number: String) -> Result<Self> {
        let digits = number.strip_prefix('+').unwrap_or_default();
        let valid = (2..=15).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_digit())
            && !digits.starts_with('0');
        if valid {
            Ok(Self(number))
        } else {
            Err(Error::input(
                field,
                "has to be in E.164 form, `+` and 2 to 15 digits, such as +12025550123",
            ))
        }
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

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}

/// What can be given where a phone number is wanted: a [`PhoneNumber`], or text
/// that is checked then.
pub trait IntoPhoneNumber: sealed::Sealed {
    /// Checks the number and names the field in the error.
    #[doc(hidden)]
    fn into_phone_number(self, field: &'static str) -> Result<PhoneNumber>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::PhoneNumber {}
    impl Sealed for &super::PhoneNumber {}
    impl Sealed for &str {}
    impl Sealed for String {}
    impl Sealed for &String {}
}

impl IntoPhoneNumber for PhoneNumber {
    fn into_phone_number(self, _: &'static str) -> Result<PhoneNumber> {
        Ok(self)
    }
}

impl IntoPhoneNumber for &PhoneNumber {
    fn into_phone_number(self, _: &'static str) -> Result<PhoneNumber> {
        Ok(self.clone())
    }
}

impl IntoPhoneNumber for &str {
    fn into_phone_number(self, field: &'static str) -> Result<PhoneNumber> {
        PhoneNumber::of_field(field, self.to_owned())
    }
}

impl IntoPhoneNumber for String {
    fn into_phone_number(self, field: &'static str) -> Result<PhoneNumber> {
        PhoneNumber::of_field(field, self)
    }
}

impl IntoPhoneNumber for &String {
    fn into_phone_number(self, field: &'static str) -> Result<PhoneNumber> {
        PhoneNumber::of_field(field, self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_e164_and_nothing_else() {
        for number in ["+12", "+12025550123", "+123456789012345"] {
            assert_eq!(PhoneNumber::new(number).unwrap().as_str(), number);
        }
        for text in [
            "",
            "+",
            "+1",
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
    fn neither_debug_nor_errors_show_the_number() {
        let number = PhoneNumber::new("+12025550123").unwrap();
        let error = PhoneNumber::new("3035550177").unwrap_err();

        assert!(!format!("{number:?}").contains("555"));
        assert!(!format!("{error:?} {error}").contains("3035550177"));
    }
}
