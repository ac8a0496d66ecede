//! Types as a person would write them.
//!
//! The generator writes absolute paths, so that no name of the document can shadow its
//! own. In an outline they only get in the way. The paths are shortened in the syntax
//! tree, and `prettyplease`, which prints the generated file too, does the printing, so
//! nothing here guesses where a space belongs.

use syn::{
    GenericArgument, Item, Path, PathArguments, Type, parse_quote,
    visit_mut::{VisitMut, visit_path_mut},
};

/// The modules whose paths are cut down to the last name. All other paths stay whole,
/// so that two types with one name stay apart.
const SHORTENED: &[&[&str]] = &[
    &["std", "boxed"],
    &["std", "option"],
    &["std", "string"],
    &["std", "vec"],
    &["std", "collections"],
    &["crate"],
    &["crate", "open_enums"],
    &["crate", "transport"],
    &["types"],
    &["types", "builder"],
    &["super"],
    &["super", "types"],
    &["super", "open_enums"],
    &["builder"],
];

/// The type on one line.
pub(super) fn spell(ty: &Type) -> String {
    let mut ty = ty.clone();
    Shorten.visit_type_mut(&mut ty);
    let item: Item = parse_quote!(type T = #ty;);
    let file = syn::File {
        shebang: None,
        frontmatter: None,
        attrs: Vec::new(),
        items: vec![item],
    };
    let text = prettyplease::unparse(&file);
    let text = text.trim().trim_start_matches("type T =").trim();
    one_line(text.trim_end_matches(';'))
}

/// Undoes the printer's line breaks: it puts each argument of a long type on its own
/// line, with a comma after the last.
fn one_line(text: &str) -> String {
    let mut joined = String::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with(['>', ')', ']']) {
            joined.truncate(joined.trim_end_matches([',', ' ']).len());
        } else if !joined.is_empty() && !joined.ends_with(['<', '(', '[']) {
            joined.push(' ');
        }
        joined.push_str(line);
    }
    joined
}

/// `T` of `outer<T>` or `outer<T, second>`, if `ty` is that.
pub(super) fn inner<'a>(ty: &'a Type, outer: &str, second: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else {
        return None;
    };
    let last = path.path.segments.last().filter(|s| s.ident == outer)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    let mut types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    let first = types.next()?;
    let others = types.map(spell).collect::<Vec<_>>().join(", ");
    (others == second).then_some(first)
}

/// The last name of a path.
pub(super) fn last_ident(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        _ => None,
    }
}

struct Shorten;

impl VisitMut for Shorten {
    fn visit_path_mut(&mut self, path: &mut Path) {
        visit_path_mut(self, path);
        path.leading_colon = None;
        let names: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        let Some((_, modules)) = names.split_last() else {
            return;
        };
        if SHORTENED.contains(
            &modules
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .as_slice(),
        ) && let Some(last) = path.segments.pop()
        {
            path.segments = std::iter::once(last).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(text: &str) -> String {
        spell(&syn::parse_str(text).unwrap())
    }

    #[test]
    fn absolute_paths_are_shortened() {
        for (from, to) in [
            ("::std::string::String", "String"),
            (
                "::std::option::Option<::std::vec::Vec<crate::open_enums::Kind>>",
                "Option<Vec<Kind>>",
            ),
            ("types::builder::Contact", "Contact"),
            ("&'a super::Client", "&'a Client"),
            ("[u8; 4usize]", "[u8; 4usize]"),
        ] {
            assert_eq!(spelled(from), to);
        }
    }

    #[test]
    fn an_ambiguous_name_keeps_its_path() {
        assert_eq!(spelled("::serde_json::Value"), "serde_json::Value");
        assert_eq!(
            spelled("::chrono::DateTime<::chrono::offset::Utc>"),
            "chrono::DateTime<chrono::offset::Utc>"
        );
    }

    #[test]
    fn a_long_type_stays_on_one_line() {
        let long = "a".repeat(60);

        assert_eq!(
            spelled(&format!("Result<Vec<{long}>, (Vec<{long}>, Error<()>)>")),
            format!("Result<Vec<{long}>, (Vec<{long}>, Error<()>)>")
        );
    }

    #[test]
    fn looks_into_the_known_wrappers_only() {
        let ty: Type = parse_quote!(Result<ResponseValue<types::Thing>, Error<()>>);

        assert_eq!(
            inner(&ty, "Result", "Error<()>").map(spell).as_deref(),
            Some("ResponseValue<Thing>")
        );
        assert!(inner(&ty, "Result", "String").is_none());
        assert!(inner(&ty, "Option", "").is_none());
    }
}
