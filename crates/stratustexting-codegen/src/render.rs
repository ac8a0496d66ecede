//! The modules beside the generator's output: open enums and tables.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::parse_quote;

use crate::{
    brands::Brand,
    normalise::OpenEnum,
    operations::{Basis, Operation},
};

/// `mod open_enums`: one type per value list.
pub(crate) fn open_enums(enums: &[OpenEnum]) -> syn::Item {
    let enums = enums.iter().map(open_enum);
    parse_quote! {
        /// Value lists of the document, open to values it doesn't list.
        pub mod open_enums {
            #(#enums)*
        }
    }
}

fn open_enum(list: &OpenEnum) -> TokenStream {
    let name = Ident::new(&list.name, Span::call_site());
    let doc = &list.description;
    let variants: Vec<Ident> = list
        .values
        .iter()
        .map(|(variant, _)| Ident::new(variant, Span::call_site()))
        .collect();
    let texts: Vec<&String> = list.values.iter().map(|(_, text)| text).collect();
    let docs = texts.iter().map(|text| format!("`{}`", in_code(text)));
    quote! {
        #[doc = #doc]
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum #name {
            #(#[doc = #docs] #variants,)*
            /// A value that the document doesn't list, as it came.
            Unknown(::std::string::String),
        }

        impl #name {
            /// The values that the document lists.
            pub const KNOWN: &'static [Self] = &[#(Self::#variants),*];

            /// The value as it is on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    #(Self::#variants => #texts,)*
                    Self::Unknown(text) => text,
                }
            }
        }

        crate::open_enum_impls!(#name, #doc { #(#variants = #texts),* });
    }
}

/// A value for a line of documentation: one that isn't plain text could begin a code
/// block.
fn in_code(text: &str) -> String {
    if text.contains(|c: char| c == '`' || c.is_control()) {
        text.escape_default().to_string().replace('`', "'")
    } else {
        text.to_owned()
    }
}

/// `mod tables`: the operations, the brands and the models.
pub(crate) fn tables(
    operations: &[Operation],
    brands: &[Brand],
    models: &BTreeMap<String, syn::Path>,
) -> syn::Item {
    let rows = operations.iter().map(operation);
    let brands = brands.iter().map(brand);
    let models = models
        .iter()
        .map(|(name, path)| quote!(Model::of::<#path>(#name)));
    parse_quote! {
        /// Tables made from the document's extensions, and its models.
        pub mod tables {
            #[cfg(feature = "schemas")]
            use crate::model::Model;
            use crate::operation::{Basis, Brand, Operation, Pagination, Provenance, Sensitive};

            /// Every operation of the document, ordered by path and method.
            pub static OPERATIONS: &[Operation] = &[#(#rows),*];

            /// Every brand of the document.
            pub static BRANDS: &[Brand] = &[#(#brands),*];

            /// Every model of the client, ordered by name.
            #[cfg(feature = "schemas")]
            pub static MODELS: &[Model] = &[#(#models),*];
        }
    }
}

fn operation(operation: &Operation) -> TokenStream {
    let Operation {
        id,
        method,
        path,
        tag,
        scopes,
        idempotent,
        promise,
        pagination,
        sensitive,
        provenance,
        multipart,
    } = operation;
    let pagination = match pagination {
        None => quote!(None),
        Some(paging) => {
            let (items, page, size) = (&paging.items, &paging.page, &paging.size);
            let first_page = paging.first_page;
            quote! {
                Some(Pagination { items: #items, page: #page, size: #size, first_page: #first_page })
            }
        }
    };
    let (in_path, in_query) = (&sensitive.path, &sensitive.query);
    let (in_request, in_response) = (&sensitive.request, &sensitive.response);
    let basis = match provenance.basis {
        Basis::Documented => quote!(Documented),
        Basis::SiblingBrand => quote!(SiblingBrand),
        Basis::ClientCode => quote!(ClientCode),
        Basis::Inferred => quote!(Inferred),
    };
    let sources = &provenance.sources;
    let note = optional(provenance.note.as_ref());
    let generated = !multipart;
    quote! {
        Operation {
            id: #id,
            method: #method,
            path: #path,
            tag: #tag,
            scopes: &[#(#scopes),*],
            idempotent: #idempotent,
            promise: &[#(#promise),*],
            pagination: #pagination,
            sensitive: Sensitive {
                path: &[#(#in_path),*],
                query: &[#(#in_query),*],
                request: &[#(#in_request),*],
                response: &[#(#in_response),*],
            },
            provenance: Provenance {
                basis: Basis::#basis,
                sources: &[#(#sources),*],
                note: #note,
            },
            generated: #generated,
        }
    }
}

fn brand(brand: &Brand) -> TokenStream {
    let Brand {
        id,
        name,
        server,
        authorization_url,
        token_url,
    } = brand;
    let authorization_url = optional(authorization_url.as_ref());
    let token_url = optional(token_url.as_ref());
    quote! {
        Brand {
            id: #id,
            name: #name,
            server: #server,
            authorization_url: #authorization_url,
            token_url: #token_url,
        }
    }
}

fn optional(text: Option<&String>) -> TokenStream {
    match text {
        Some(text) => quote!(Some(#text)),
        None => quote!(None),
    }
}
