//! The names of columns and fields, which people write in many ways.

/// Whether two names are the same: without regard to case, spaces, underscores and hyphens.
pub(super) fn same(one: &str, other: &str) -> bool {
    letters(one).eq(letters(other))
}

fn letters(name: &str) -> impl Iterator<Item = char> + '_ {
    let counts = |c: &char| !is_between(*c);
    name.chars().filter(counts).flat_map(char::to_lowercase)
}

fn is_between(c: char) -> bool {
    c.is_whitespace() || c == '_' || c == '-'
}

/// The form in which a row has the name: lower case, with one underscore between the words.
pub(super) fn normal(name: &str) -> String {
    let words = name.split(is_between).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_write_a_name_in_many_ways() {
        for name in [
            "first_name",
            "First Name",
            "FIRST-NAME",
            "firstName",
            " first\u{a0} name ",
        ] {
            assert!(same(name, "first_name"), "{name}");
        }
        assert!(!same("first_name", "last_name"));
        assert!(!same("first_name", "first_name2"));
        assert_eq!(normal(" First -  Name_"), "first_name");
        assert_eq!(normal("firstName"), "firstname");
        assert_eq!(normal("_ -"), "");
    }
}
