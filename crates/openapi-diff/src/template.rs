//! Path templates, such as `/pets/{petId}`.

/// A path without the names of its placeholders, which aren't sent: two templates with
/// the same shape are the same path.
pub fn shape(path: &str) -> String {
    let mut shape = String::new();
    let mut inside = false;
    for letter in path.chars() {
        match letter {
            '{' => {
                shape.push('{');
                inside = true;
            }
            '}' => inside = false,
            _ if inside => {}
            other => shape.push(other),
        }
    }
    shape
}

/// The names of the placeholders, in their order.
pub fn names(path: &str) -> impl Iterator<Item = &str> {
    let rests = path.split('{').skip(1);
    rests.filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_placeholders_are_ignored() {
        assert_eq!(shape("/a/{id}/b/{name}"), shape("/a/{other}/b/{id}"));
        assert_ne!(shape("/a/{id}"), shape("/a/id"));
        assert_eq!(
            names("/a/{id}/b/{name}").collect::<Vec<_>>(),
            ["id", "name"]
        );
    }
}
