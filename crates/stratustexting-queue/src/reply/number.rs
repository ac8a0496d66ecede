//! One spelling for each number, so that two spellings are the same customer.

/// The digits of a number, with the country's code. Ten digits without a `+` are taken for a
/// number of the North American plan, where the service is at home.
///
/// `None` for a text that isn't a number.
pub(crate) fn digits(number: &str) -> Option<String> {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let is_international = number.trim_start().starts_with('+');
    match digits.len() {
        0 => None,
        10 if !is_international => Some(format!("1{digits}")),
        _ => Some(digits),
    }
}

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn spellings_of_a_number_are_the_same() {
        for number in [
            "+12025550123",
            "12025550123",
            "(202) 555-0123",
            "2025550123",
            "+1 202 555 0123",
        ] {
            assert_eq!(digits(number).as_deref(), Some("12025550123"), "{number}");
        }
        // Ten digits are a whole number in some countries.
        assert_eq!(digits("+4512345678").as_deref(), Some("4512345678"));
        assert_eq!(digits("72975").as_deref(), Some("72975"));
        assert_eq!(digits("BANK"), None);
    }
}
