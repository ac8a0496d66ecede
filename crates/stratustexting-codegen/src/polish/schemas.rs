//! JSON Schemas of the models, for those who ask for them by the feature `schemas`.
//!
//! A program that doesn't need them doesn't build `schemars`. Where the derive of a schema is
//! the only one that reads serde's attributes, they go behind the feature, too: without a
//! derive nobody knows them.

use syn::{Attribute, Item, Meta, parse_quote};

use super::{derives, remove_derive};

/// Puts the derive of `JsonSchema` behind the feature.
pub(super) fn behind_feature(items: &mut [Item]) {
    for item in items {
        match item {
            Item::Struct(item) => {
                let is_alone = gate(&mut item.attrs);
                for field in item.fields.iter_mut().filter(|_| is_alone) {
                    gate_serde(&mut field.attrs);
                }
            }
            Item::Enum(item) => {
                let is_alone = gate(&mut item.attrs);
                for variant in item.variants.iter_mut().filter(|_| is_alone) {
                    gate_serde(&mut variant.attrs);
                    for field in &mut variant.fields {
                        gate_serde(&mut field.attrs);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Gates the attributes of a type, and says whether serde's of its parts are to be, too.
fn gate(attributes: &mut Vec<Attribute>) -> bool {
    if !remove_derive(attributes, "JsonSchema") {
        return false;
    }
    attributes.push(parse_quote!(#[cfg_attr(feature = "schemas", derive(::schemars::JsonSchema))]));
    let is_alone = !derives(attributes, "Serialize") && !derives(attributes, "Deserialize");
    if is_alone {
        gate_serde(attributes);
    }
    is_alone
}

fn gate_serde(attributes: &mut [Attribute]) {
    for attribute in attributes {
        if attribute.path().is_ident("serde") {
            let meta = &attribute.meta;
            attribute.meta = Meta::List(parse_quote!(cfg_attr(feature = "schemas", #meta)));
        }
    }
}

#[cfg(test)]
mod tests {
    use syn::File;

    use super::*;
    use crate::polish::wire_name;

    fn gated(mut file: File) -> File {
        behind_feature(&mut file.items);
        file
    }

    #[test]
    fn a_type_that_serde_derives_keeps_its_attributes() {
        let file = gated(parse_quote! {
            #[derive(::schemars::JsonSchema, ::serde::Serialize, Clone)]
            pub struct Request {
                #[serde(rename = "firstName")]
                pub first_name: Option<String>,
            }
        });

        let text = prettyplease::unparse(&file);
        assert!(
            text.contains("#[derive(::serde::Serialize, Clone)]"),
            "{text}"
        );
        assert!(
            text.contains("#[cfg_attr(feature = \"schemas\", derive(::schemars::JsonSchema))]"),
            "{text}"
        );
        assert!(
            text.contains("    #[serde(rename = \"firstName\")]"),
            "{text}"
        );
    }

    #[test]
    fn attributes_that_only_the_schema_reads_go_with_it() {
        let file = gated(parse_quote! {
            #[derive(::schemars::JsonSchema, Clone)]
            pub struct Contact {
                /// Kept.
                #[serde(rename = "firstName", skip_serializing_if = "Option::is_none")]
                pub first_name: Option<String>,
            }
            #[derive(::schemars::JsonSchema)]
            #[serde(untagged)]
            pub enum Either {
                #[serde(rename = "a")]
                A,
            }
        });

        let text = prettyplease::unparse(&file);
        assert!(!text.contains("#[serde"), "{text}");
        assert!(
            text.contains("#[cfg_attr(feature = \"schemas\", serde(untagged))]"),
            "{text}"
        );
        assert!(text.contains("/// Kept."), "{text}");
        // The name on the wire is read all the same, as for the outline.
        let Item::Struct(contact) = &file.items[0] else {
            unreachable!()
        };
        let field = contact.fields.iter().next().unwrap();
        assert_eq!(wire_name(field).as_deref(), Some("firstName"));
    }
}
