//! JSON Pointers (RFC 6901).

/// Escapes one segment of a pointer.
pub fn escape(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

/// Undoes [`escape`].
pub fn unescape(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_comes_back_as_it_was() {
        for segment in ["/a/{b}", "~1", "a~/b~0", ""] {
            assert_eq!(unescape(&escape(segment)), segment);
            assert!(!escape(segment).contains('/'));
        }
    }
}
