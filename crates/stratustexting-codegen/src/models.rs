//! The client's models: every type that a caller can name.
//!
//! The list comes from the generated code rather than from the document's components:
//! an inline schema becomes a type as well, and a component that isn't generated has
//! none.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Span};
use syn::{File, Item, Path, Visibility, parse_quote};

use crate::{normalise::OpenEnum, settings::ByHand};

/// The models by name, each with its path from a module beside `types`.
///
/// # Errors
///
/// If the path of a handwritten type is invalid.
pub(crate) fn models(
    file: &File,
    enums: &[OpenEnum],
    by_hand: &[ByHand],
) -> Result<BTreeMap<String, Path>, syn::Error> {
    let mut models = BTreeMap::new();
    let modules = file.items.iter().filter_map(|item| match item {
        Item::Mod(module) if module.ident == "types" => module.content.as_ref(),
        _ => None,
    });
    for item in modules.flat_map(|(_, items)| items) {
        let (ident, visibility) = match item {
            Item::Struct(item) => (&item.ident, &item.vis),
            Item::Enum(item) => (&item.ident, &item.vis),
            Item::Type(item) => (&item.ident, &item.vis),
            _ => continue,
        };
        if matches!(visibility, Visibility::Public(_)) {
            models.insert(ident.to_string(), parse_quote!(super::types::#ident));
        }
    }
    for list in enums {
        let ident = Ident::new(&list.name, Span::call_site());
        models.insert(list.name.clone(), parse_quote!(super::open_enums::#ident));
    }
    for replacement in by_hand {
        let path = syn::parse_str(replacement.rust)?;
        models.insert(replacement.schema.to_owned(), path);
    }
    Ok(models)
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;

    use super::*;

    #[test]
    fn every_type_that_a_caller_can_name_is_a_model() {
        let file: File = parse_quote! {
            pub mod types {
                pub struct Contact { pub id: String }
                pub enum Either { Left, Right }
                pub type Contacts = Vec<Contact>;
                struct Private;
                impl Contact { pub fn new() -> Self { unimplemented!() } }
                pub mod builder { pub struct ContactBuilder; }
            }
            pub mod builder { pub struct ListContacts; }
        };
        let kind = OpenEnum {
            name: "Kind".to_owned(),
            description: String::new(),
            values: Vec::new(),
        };
        let by_hand = ByHand {
            schema: "Recipients",
            rust: "crate::Recipients",
        };

        let models = models(&file, &[kind], &[by_hand]).unwrap();

        let models: Vec<(&str, String)> = models
            .iter()
            .map(|(name, path)| (name.as_str(), path.to_token_stream().to_string()))
            .collect();
        assert_eq!(
            models,
            [
                ("Contact", "super :: types :: Contact".to_owned()),
                ("Contacts", "super :: types :: Contacts".to_owned()),
                ("Either", "super :: types :: Either".to_owned()),
                ("Kind", "super :: open_enums :: Kind".to_owned()),
                ("Recipients", "crate :: Recipients".to_owned()),
            ]
        );
    }

    #[test]
    fn an_invalid_path_is_an_error() {
        let by_hand = ByHand {
            schema: "Recipients",
            rust: "a type",
        };

        assert!(models(&parse_quote!(), &[], &[by_hand]).is_err());
    }
}
