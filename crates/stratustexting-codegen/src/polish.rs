//! Changes of the generator's output for which it has no setting.

mod lenient;
mod names;
mod one_builder;
mod requests;
mod responses;
mod schemas;

use std::collections::BTreeSet;

use proc_macro2::Span;
use quote::quote;
use syn::{
    Attribute, Fields, File, Item, ItemMod, ItemStruct, Meta, Token, parse_quote,
    punctuated::Punctuated, visit_mut::VisitMut,
};

use crate::{
    normalise::Normalised,
    sensitive::SensitiveFields,
    setters::{option_inner, setters},
};

/// Rewrites the generated file:
///
/// - properties and parameters get their names on the wire back, if a stand-in gave the name
///   in Rust;
/// - types become `#[non_exhaustive]`, so that a field that the service adds isn't a breaking
///   change of the crate, and get `Default` if all is optional;
/// - types get a constructor and setters;
/// - path parameters are percent-encoded in full, `+` and `@` too;
/// - requests lose the document's version, and texts that only an error would need;
/// - types have no second builder, and operations hold their body as the model itself;
/// - `Debug` of types and builders is our own, so that it prints neither personal values nor
///   fields that the document doesn't list;
/// - models that the service sends are read leniently, and sending and reading are separate;
/// - JSON Schemas are behind a feature;
/// - the prelude is removed, since it only names the client a second time.
pub(crate) fn polish(
    file: &mut File,
    normalised: &Normalised,
    sensitive: &SensitiveFields,
    posted: &BTreeSet<String>,
) {
    names::put_names_back(file, normalised);
    rewrite(file, sensitive, posted);
}

fn rewrite(file: &mut File, sensitive: &SensitiveFields, posted: &BTreeSet<String>) {
    let models = lenient::lenient_models(file, posted);
    file.items
        .retain(|item| !matches!(item, Item::Mod(module) if module.ident == "prelude"));
    for item in &mut file.items {
        if let Item::Mod(module) = item {
            match module.ident.to_string().as_str() {
                "types" => polish_types(module, sensitive, &models),
                "builder" => {
                    one_builder::hold_models(module);
                    polish_builders(module);
                    StrictSegments.visit_item_mod_mut(module);
                    requests::polish_requests(module);
                    responses::split_sends(module, &models);
                }
                _ => {}
            }
        }
    }
}

fn polish_types(module: &mut ItemMod, sensitive: &SensitiveFields, models: &BTreeSet<String>) {
    one_builder::remove_from_types(module);
    let Some((_, items)) = &mut module.content else {
        return;
    };
    let mut additions = Vec::new();
    for item in items.iter_mut() {
        match item {
            Item::Struct(item) => {
                item.attrs.push(parse_quote!(#[non_exhaustive]));
                if is_all_optional(item) && !derives(&item.attrs, "Default") {
                    item.attrs.push(parse_quote!(#[derive(Default)]));
                }
                if remove_derive(&mut item.attrs, "Debug") {
                    additions.push(debug_of_type(item, sensitive));
                }
                let is_lenient = models.contains(&item.ident.to_string());
                additions.extend(setters(item, !is_lenient));
                if is_lenient {
                    additions.extend(lenient::read_and_write(item, models));
                }
            }
            Item::Enum(item) => item.attrs.push(parse_quote!(#[non_exhaustive])),
            _ => {}
        }
    }
    schemas::behind_feature(items);
    items.extend(additions);
}

fn polish_builders(module: &mut ItemMod) {
    let Some((_, items)) = &mut module.content else {
        return;
    };
    let mut debugs: Vec<Item> = Vec::new();
    for item in items.iter_mut() {
        if let Item::Struct(item) = item
            && remove_derive(&mut item.attrs, "Debug")
        {
            let name = &item.ident;
            let (impl_generics, type_generics, bounds) = item.generics.split_for_impl();
            let text = name.to_string();
            debugs.push(parse_quote! {
                impl #impl_generics ::std::fmt::Debug for #name #type_generics #bounds {
                    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        f.debug_struct(#text).finish_non_exhaustive()
                    }
                }
            });
        }
    }
    items.extend(debugs);
}

/// Whether a struct can be made without any input: its fields are options and the map
/// of unlisted fields.
fn is_all_optional(item: &ItemStruct) -> bool {
    let Fields::Named(fields) = &item.fields else {
        return false;
    };
    fields.named.iter().all(|field| {
        option_inner(&field.ty).is_some() || field.ident.as_ref().is_some_and(|i| i == "extra")
    })
}

/// Encodes path parameters by our own function.
///
/// The generator's function leaves `+` and `@` as they are. That is legal, but a
/// gateway that decodes a path like a form turns the plus sign of every phone number
/// into a space.
struct StrictSegments;

impl VisitMut for StrictSegments {
    fn visit_expr_path_mut(&mut self, expression: &mut syn::ExprPath) {
        if expression.path.is_ident("encode_path") {
            expression.path = parse_quote!(crate::transport::encode_segment);
        }
    }

    fn visit_macro_mut(&mut self, call: &mut syn::Macro) {
        // The generator encodes inside of `format!`.
        let parser = Punctuated::<syn::Expr, Token![,]>::parse_terminated;
        if let Ok(mut arguments) = call.parse_body_with(parser) {
            for argument in &mut arguments {
                self.visit_expr_mut(argument);
            }
            call.tokens = quote!(#arguments);
        }
    }
}

/// Whether a trait is among the derived ones.
fn derives(attributes: &[Attribute], name: &str) -> bool {
    let parser = Punctuated::<syn::Path, Token![,]>::parse_terminated;
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("derive"))
        .filter_map(|attribute| attribute.parse_args_with(parser).ok())
        .flatten()
        .any(|path| path.segments.last().is_some_and(|last| last.ident == name))
}

/// Removes a trait from the derived ones; true if it was there.
fn remove_derive(attributes: &mut [Attribute], name: &str) -> bool {
    let mut found = false;
    for attribute in attributes {
        let Meta::List(list) = &mut attribute.meta else {
            continue;
        };
        if !list.path.is_ident("derive") {
            continue;
        }
        let parser = Punctuated::<syn::Path, Token![,]>::parse_terminated;
        let Ok(traits) = list.parse_args_with(parser) else {
            continue;
        };
        let is_it = |path: &syn::Path| path.segments.last().is_some_and(|s| s.ident == name);
        found |= traits.iter().any(is_it);
        let kept = traits.iter().filter(|path| !is_it(path));
        list.tokens = quote!(#(#kept),*);
    }
    found
}

fn debug_of_type(item: &ItemStruct, sensitive: &SensitiveFields) -> Item {
    let name = &item.ident;
    let text = name.to_string();
    let body = match &item.fields {
        Fields::Named(fields) => {
            let shown = fields.named.iter().filter_map(|field| {
                let ident = field.ident.as_ref()?;
                let label = ident.to_string();
                let wire = wire_name(field).unwrap_or_else(|| label.clone());
                Some(if label == "extra" {
                    quote!(.field(#label, &crate::redact::Keys(&self.#ident)))
                } else if sensitive.contains(&(text.clone(), wire)) {
                    if option_inner(&field.ty).is_some() {
                        quote!(.field(#label, &crate::redact::Hidden::of(&self.#ident)))
                    } else {
                        quote!(.field(#label, &crate::redact::Hidden::THERE))
                    }
                } else {
                    quote!(.field(#label, &self.#ident))
                })
            });
            quote!(f.debug_struct(#text)#(#shown)*.finish())
        }
        Fields::Unnamed(fields) => {
            let shown = fields.unnamed.iter().enumerate().map(|(index, _)| {
                let index = syn::Index {
                    index: u32::try_from(index).unwrap_or(u32::MAX),
                    span: Span::call_site(),
                };
                quote!(.field(&self.#index))
            });
            quote!(f.debug_tuple(#text)#(#shown)*.finish())
        }
        Fields::Unit => quote!(f.write_str(#text)),
    };
    parse_quote! {
        impl ::std::fmt::Debug for #name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                #body
            }
        }
    }
}

/// The attributes of serde, those behind a feature too.
fn serde_attributes(field: &syn::Field) -> Vec<Attribute> {
    let mut found = Vec::new();
    for attribute in &field.attrs {
        if attribute.path().is_ident("serde") {
            found.push(attribute.clone());
        } else if attribute.path().is_ident("cfg_attr") {
            let parser = Punctuated::<Meta, Token![,]>::parse_terminated;
            let metas = attribute.parse_args_with(parser).unwrap_or_default();
            let serde = metas
                .into_iter()
                .filter(|meta| meta.path().is_ident("serde"));
            found.extend(serde.map(|meta| -> Attribute { parse_quote!(#[#meta]) }));
        }
    }
    found
}

/// The field's name on the wire, if `serde` renames it.
pub(crate) fn wire_name(field: &syn::Field) -> Option<String> {
    let mut name = None;
    for attribute in serde_attributes(field) {
        // Other keys of the attribute, with or without a value, are skipped.
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("rename") {
                name = Some(meta.value()?.parse::<syn::LitStr>()?.value());
            } else if meta.input.peek(Token![=]) {
                meta.value()?.parse::<syn::Expr>()?;
            }
            Ok(())
        });
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_sensitive_values_and_unlisted_fields() {
        let mut file: File = parse_quote! {
            pub mod types {
                #[derive(Clone, Debug)]
                pub struct Contact {
                    #[serde(default, rename = "mobileNumber", skip_serializing_if = "Option::is_none")]
                    pub mobile_number: Option<String>,
                    pub pin: i64,
                    pub id: Option<String>,
                    #[serde(flatten)]
                    pub extra: Map,
                }
            }
            pub mod builder {
                #[derive(Debug, Clone)]
                pub struct SendSms<'a> {
                    text: &'a str,
                }
            }
        };
        let sensitive =
            ["mobileNumber", "pin"].map(|field| ("Contact".to_owned(), field.to_owned()));

        rewrite(&mut file, &sensitive.into(), &BTreeSet::new());

        let text = prettyplease::unparse(&file);
        assert!(
            text.contains("#[derive(Clone)]\n    #[non_exhaustive]"),
            "{text}"
        );
        assert!(text.contains("Hidden::of(&self.mobile_number)"));
        assert!(text.contains(".field(\"pin\", &crate::redact::Hidden::THERE)"));
        assert!(text.contains(".field(\"id\", &self.id)"));
        assert!(text.contains("Keys(&self.extra)"));
        assert!(text.contains("impl<'a> ::std::fmt::Debug for SendSms<'a>"));
        assert!(!text.contains("Debug,") && !text.contains("derive(Debug"));
    }
}
