//! Queries and forms: names and values, decoded.

use std::borrow::Cow;

use percent_encoding::percent_decode;

/// The names and values, in order.
///
/// # Errors
///
/// When a name or a value isn't UTF-8: which one. With replacement characters, another
/// text would be sent than the client meant.
pub(crate) fn pairs(text: &[u8]) -> Result<Vec<(String, String)>, String> {
    let parts = text.split(|byte| *byte == b'&');
    let parts = parts.filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let mut halves = part.splitn(2, |byte| *byte == b'=');
            let name = decoded(halves.next().unwrap_or_default());
            let name = name.ok_or_else(|| "A parameter's name isn't UTF-8".to_owned())?;
            match decoded(halves.next().unwrap_or_default()) {
                Some(value) => Ok((name, value)),
                None => Err(format!("Parameter '{name}' isn't UTF-8")),
            }
        })
        .collect()
}

fn decoded(text: &[u8]) -> Option<String> {
    let spaced: Vec<u8> = text
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    let decoded: Cow<'_, [u8]> = percent_decode(&spaced).into();
    String::from_utf8(decoded.into_owned()).ok()
}

#[cfg(test)]
mod tests {
    use super::pairs;

    #[test]
    fn utf_8_is_read_as_the_url_standard_says() {
        for text in [
            "",
            "a",
            "a=",
            "=b",
            "a=b&&c=d&",
            "a=b=c",
            "a+b=c%20d+%2B",
            "a=%F0%9F%98%80&a=%zz%4",
            "%E2%9C%93=ü",
        ] {
            let expected: Vec<_> = url::form_urlencoded::parse(text.as_bytes())
                .into_owned()
                .collect();
            assert_eq!(pairs(text.as_bytes()), Ok(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_an_error_that_names_the_parameter() {
        for (text, named) in [("text=%FF%FE", "'text'"), ("a=b&%C3=c", "name")] {
            let error = pairs(text.as_bytes()).unwrap_err();
            assert!(error.contains(named), "{error}");
        }
    }
}
