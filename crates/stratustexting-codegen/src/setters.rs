//! Constructors and setters of generated models.
//!
//! Models are `#[non_exhaustive]`, so that a field that the service adds isn't a
//! breaking change. Without constructors nobody outside the crate could make one
//! without a fallible builder.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Field, Fields, GenericArgument, Item, ItemStruct, PathArguments, Type, parse_quote};

use crate::polish::wire_name;

/// `new` with the required fields, and `with_…` for every optional one.
///
/// With `replace_extra`, a setter also removes a value of the same name from `extra`: serde
/// writes both, and a JSON object would have the name twice. Models that are read leniently
/// write each name once by themselves.
pub(crate) fn setters(item: &ItemStruct, replace_extra: bool) -> Option<Item> {
    let Fields::Named(fields) = &item.fields else {
        return None;
    };
    let name = &item.ident;
    let named: Vec<(&Ident, &Field)> = fields
        .named
        .iter()
        .filter_map(|field| Some((field.ident.as_ref()?, field)))
        .collect();
    let required: Vec<&(&Ident, &Field)> = named
        .iter()
        .filter(|(ident, field)| *ident != "extra" && option_inner(&field.ty).is_none())
        .collect();
    let new = (!required.is_empty()).then(|| {
        let arguments = required.iter().map(|(ident, field)| {
            let ty = &field.ty;
            quote!(#ident: impl Into<#ty>)
        });
        let values = named.iter().map(|(ident, field)| {
            if *ident == "extra" || option_inner(&field.ty).is_some() {
                quote!(#ident: Default::default())
            } else {
                quote!(#ident: #ident.into())
            }
        });
        quote! {
            /// Makes one from its required fields.
            pub fn new(#(#arguments),*) -> Self {
                Self { #(#values),* }
            }
        }
    });
    let has_extra = named.iter().any(|(ident, _)| *ident == "extra");
    let replace_extra = replace_extra && has_extra;
    let with = named
        .iter()
        .filter_map(|(ident, field)| with(ident, field, replace_extra));
    Some(parse_quote! {
        impl #name {
            #new
            #(#with)*
        }
    })
}

fn with(ident: &Ident, field: &Field, replace_extra: bool) -> Option<TokenStream> {
    let method = format_ident!("with_{}", ident.to_string().trim_start_matches("r#"));
    let documentation = field.attrs.iter().filter(|a| a.path().is_ident("doc"));
    if ident == "extra" {
        return Some(quote! {
            /// Sets a field that the document doesn't list.
            pub fn with_extra(
                mut self,
                name: impl Into<::std::string::String>,
                value: impl Into<::serde_json::Value>,
            ) -> Self {
                self.extra.insert(name.into(), value.into());
                self
            }
        });
    }
    let inner = option_inner(&field.ty)?;
    let remove = replace_extra.then(|| {
        let name = wire_name(field);
        let name = name.unwrap_or_else(|| ident.to_string().trim_start_matches("r#").to_owned());
        quote!(self.extra.remove(#name);)
    });
    Some(quote! {
        #(#documentation)*
        pub fn #method(mut self, value: impl Into<#inner>) -> Self {
            #remove
            self.#ident = Some(value.into());
            self
        }
    })
}

/// `T` of `Option<T>`.
pub(crate) fn option_inner(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else {
        return None;
    };
    let last = path.path.segments.last().filter(|s| s.ident == "Option")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn required_fields_are_arguments_and_optional_ones_have_setters() {
        let item: ItemStruct = parse_quote! {
            pub struct Request {
                pub uri: ::std::string::String,
                ///Its id.
                pub id: ::std::option::Option<::std::string::String>,
                #[serde(rename = "displayName")]
                pub name: ::std::option::Option<::std::string::String>,
                pub extra: Map,
            }
        };

        let text = |replace_extra| {
            let setters = setters(&item, replace_extra).unwrap();
            prettyplease::unparse(&parse_quote!(#setters))
        };

        assert!(!text(false).contains("remove"));
        let text = text(true);
        assert!(
            text.contains("self.extra.remove(\"displayName\");\n        self.name = Some"),
            "{text}"
        );
        assert!(text.contains("self.extra.remove(\"id\");"), "{text}");
        assert!(
            text.contains("pub fn new(uri: impl Into<::std::string::String>) -> Self"),
            "{text}"
        );
        assert!(
            text.contains("///Its id.\n    pub fn with_id(mut self"),
            "{text}"
        );
        assert!(!text.contains("with_uri"));
        assert!(text.contains("with_extra"));
    }
}
