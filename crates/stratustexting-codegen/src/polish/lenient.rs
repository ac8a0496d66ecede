//! Models that the service sends are read leniently: field by field, so that a field in
//! another form than the documented one costs nothing but itself.
//!
//! Models that a caller sends are read by the derive, which insists on the form: the
//! sandbox must reject a wrong request.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Attribute, Fields, File, GenericArgument, Ident, Item, ItemStruct, Meta, Path, PathArguments,
    Token, Type, parse_quote, punctuated::Punctuated,
};

use super::{is_all_optional, requests, wire_name};
use crate::setters::option_inner;

/// The names of the models that are read leniently: those that operations return and
/// callbacks bring (`posted`), and their parts. Only models that can be made without
/// any input are included, since a required field can't be left empty.
pub(super) fn lenient_models(file: &File, posted: &BTreeSet<String>) -> BTreeSet<String> {
    let structs = structs(file);
    let mut waiting: Vec<String> = requests::returned_types(file);
    waiting.extend(posted.iter().cloned());
    let mut models = BTreeSet::new();
    while let Some(name) = waiting.pop() {
        let Some(item) = structs.get(&name).filter(|item| is_all_optional(item)) else {
            continue;
        };
        if models.insert(name) {
            for field in &item.fields {
                names_in(&field.ty, &mut waiting);
            }
        }
    }
    models
}

fn structs(file: &File) -> BTreeMap<String, &ItemStruct> {
    let modules = file.items.iter().filter_map(|item| match item {
        Item::Mod(module) if module.ident == "types" => module.content.as_ref(),
        _ => None,
    });
    modules
        .flat_map(|(_, items)| items)
        .filter_map(|item| match item {
            Item::Struct(item) => Some((item.ident.to_string(), item)),
            _ => None,
        })
        .collect()
}

/// The last identifiers of all paths in a type.
fn names_in(ty: &Type, names: &mut Vec<String>) {
    let Type::Path(path) = ty else { return };
    let Some(last) = path.path.segments.last() else {
        return;
    };
    names.push(last.ident.to_string());
    if let PathArguments::AngleBracketed(arguments) = &last.arguments {
        for argument in &arguments.args {
            if let GenericArgument::Type(inner) = argument {
                names_in(inner, names);
            }
        }
    }
}

/// The implementations of a lenient model, instead of those that serde derives.
pub(super) fn read_and_write(item: &mut ItemStruct, models: &BTreeSet<String>) -> Vec<Item> {
    let Fields::Named(named) = &item.fields else {
        return Vec::new();
    };
    let fields: Vec<Field> = named
        .named
        .iter()
        .filter_map(|field| Field::of(field, models))
        .collect();
    let name = item.ident.clone();
    let expected = format!("an object of {name}'s");
    let wires: Vec<&String> = fields.iter().map(|field| &field.wire).collect();
    let idents: Vec<&Ident> = fields.iter().map(|field| &field.ident).collect();
    let numbers: Vec<usize> = (0..fields.len()).collect();
    let reads = fields.iter().map(Field::read);
    let writes = fields.iter().map(Field::write);
    let implementations = vec![
        parse_quote! {
            impl crate::lenient::Lenient for #name {
                const EXPECTED: &'static str = #expected;

                fn read<'de, D: ::serde::Deserializer<'de>>(
                    deserializer: D,
                    reader: &mut crate::lenient::Reader,
                ) -> ::std::result::Result<crate::lenient::Read<Self>, D::Error> {
                    crate::lenient::read_model(deserializer, reader)
                }
            }
        },
        parse_quote! {
            impl crate::lenient::Model for #name {
                const FIELDS: &'static [&'static str] = &[#(#wires),*];

                fn index(name: &str) -> ::std::option::Option<usize> {
                    ::std::option::Option::Some(match name {
                        #(#wires => #numbers,)*
                        _ => return ::std::option::Option::None,
                    })
                }

                fn read_field<'de, A: ::serde::de::MapAccess<'de>>(
                    &mut self,
                    index: usize,
                    map: &mut A,
                    reader: &mut crate::lenient::Reader,
                ) -> ::std::result::Result<(), A::Error> {
                    match index {
                        #(#numbers => #reads,)*
                        _ => Ok(()),
                    }
                }

                fn has(&self, index: usize) -> bool {
                    match index {
                        #(#numbers => self.#idents.is_some(),)*
                        _ => false,
                    }
                }

                fn unlisted(&self) -> &::serde_json::Map<::std::string::String, ::serde_json::Value> {
                    &self.extra
                }

                fn unlisted_mut(
                    &mut self,
                ) -> &mut ::serde_json::Map<::std::string::String, ::serde_json::Value> {
                    &mut self.extra
                }
            }
        },
        parse_quote! {
            impl<'de> ::serde::Deserialize<'de> for #name {
                fn deserialize<D: ::serde::Deserializer<'de>>(
                    deserializer: D,
                ) -> ::std::result::Result<Self, D::Error> {
                    crate::lenient::deserialize(deserializer)
                }
            }
        },
        parse_quote! {
            impl ::serde::Serialize for #name {
                fn serialize<S: ::serde::Serializer>(
                    &self,
                    serializer: S,
                ) -> ::std::result::Result<S::Ok, S::Error> {
                    let mut map = serializer.serialize_map(::std::option::Option::None)?;
                    #(#writes)*
                    crate::lenient::write_unlisted(&mut map, self)?;
                    ::serde::ser::SerializeMap::end(map)
                }
            }
        },
    ];
    remove_serde_derives(&mut item.attrs);
    implementations
}

/// A listed field.
struct Field {
    ident: Ident,
    wire: String,
    /// Whether its type implements `Lenient`.
    lenient: bool,
}

impl Field {
    fn of(field: &syn::Field, models: &BTreeSet<String>) -> Option<Self> {
        let ident = field.ident.clone().filter(|ident| ident != "extra")?;
        let label = ident.to_string();
        let wire = wire_name(field);
        Some(Self {
            wire: wire.unwrap_or_else(|| label.trim_start_matches("r#").to_owned()),
            lenient: option_inner(&field.ty).is_some_and(|ty| is_lenient(ty, models)),
            ident,
        })
    }

    fn read(&self) -> TokenStream {
        let (ident, wire) = (&self.ident, &self.wire);
        let method = if self.lenient {
            quote!(field)
        } else {
            quote!(strict_field)
        };
        quote!(reader.#method(map, #wire, &mut self.#ident, &mut self.extra))
    }

    fn write(&self) -> TokenStream {
        let (ident, wire) = (&self.ident, &self.wire);
        let function = if self.lenient {
            quote!(write_field)
        } else {
            quote!(write_strict_field)
        };
        quote!(crate::lenient::#function(&mut map, #wire, &self.#ident, &self.extra)?;)
    }
}

/// Whether a type implements `Lenient`: one of those in `lenient/value/`, a handwritten
/// one, an open enum, or a model that is read leniently itself.
fn is_lenient(ty: &Type, models: &BTreeSet<String>) -> bool {
    let Type::Path(path) = ty else { return false };
    let Some(last) = path.path.segments.last() else {
        return false;
    };
    let inner: Vec<&Type> = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => arguments
            .args
            .iter()
            .filter_map(|argument| match argument {
                GenericArgument::Type(inner) => Some(inner),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    let parents: Vec<String> = path
        .path
        .segments
        .iter()
        .map(|segment| segment.ident.to_string())
        .collect();
    match (last.ident.to_string().as_str(), inner.as_slice()) {
        // A component may be called `String`, too; the generator writes the path of the standard one.
        ("String", []) => parents.len() > 1 || models.contains("String"),
        ("bool" | "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "f64", []) => true,
        ("Value" | "Number", []) => parents.iter().any(|part| part == "serde_json"),
        ("Vec" | "Box", [item]) => is_lenient(item, models),
        ("Map", [_, _]) => parents.iter().any(|part| part == "serde_json"),
        ("HashMap", [_, value]) => is_lenient(value, models),
        (_, []) if parents.iter().any(|part| part == "open_enums") => true,
        (_, []) if parents.first().is_some_and(|part| part == "crate") => parents.len() == 2,
        (name, []) => parents.len() == 1 && models.contains(name),
        _ => false,
    }
}

fn remove_serde_derives(attributes: &mut [Attribute]) {
    for attribute in attributes.iter_mut() {
        let Meta::List(list) = &mut attribute.meta else {
            continue;
        };
        if !list.path.is_ident("derive") {
            continue;
        }
        let parser = Punctuated::<Path, Token![,]>::parse_terminated;
        let Ok(traits) = list.parse_args_with(parser) else {
            continue;
        };
        let kept = traits.iter().filter(|path| {
            let last = path
                .segments
                .last()
                .map(|segment| segment.ident.to_string());
            !matches!(last.as_deref(), Some("Serialize" | "Deserialize"))
        });
        list.tokens = quote!(#(#kept),*);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> File {
        parse_quote! {
            pub mod types {
                #[derive(::schemars::JsonSchema, ::serde::Deserialize, ::serde::Serialize, Clone)]
                #[derive(Default)]
                pub struct Page {
                    pub content: ::std::option::Option<::std::vec::Vec<Thing>>,
                    #[serde(rename = "isLast")]
                    pub last: ::std::option::Option<bool>,
                    pub odd: ::std::option::Option<Odd>,
                    pub extra: ::serde_json::Map<String, ::serde_json::Value>,
                }
                pub struct Thing {
                    pub at: ::std::option::Option<crate::Timestamp>,
                    pub extra: ::serde_json::Map<String, ::serde_json::Value>,
                }
                pub struct Odd { pub id: String }
                pub struct Request { pub name: ::std::option::Option<String> }
            }
            pub mod builder {
                impl<'a> List<'a> {
                    pub async fn send(self) -> Result<ResponseValue<types::Page>, Error<()>> {}
                }
            }
        }
    }

    #[test]
    fn returned_models_and_their_parts_are_lenient() {
        let models = lenient_models(&file(), &BTreeSet::new());

        assert_eq!(models.into_iter().collect::<Vec<_>>(), ["Page", "Thing"]);
    }

    #[test]
    fn posted_models_are_lenient() {
        let models = lenient_models(&file(), &BTreeSet::from(["Request".to_owned()]));

        assert!(models.contains("Request"));
    }

    #[test]
    fn each_field_is_read_as_its_type_allows() {
        let file = file();
        let models = lenient_models(&file, &BTreeSet::new());
        let mut page = structs(&file)["Page"].clone();

        let implementations = read_and_write(&mut page, &models);

        let file: File = parse_quote!(#(#implementations)*);
        let text: String = prettyplease::unparse(&file).split_whitespace().collect();
        for expected in [
            "reader.field(map,\"content\",&mutself.content,&mutself.extra)",
            "reader.field(map,\"isLast\",&mutself.last,",
            "reader.strict_field(map,\"odd\",",
            "write_field(&mutmap,\"isLast\",&self.last,&self.extra)?",
        ] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
        let derives = quote!(#page).to_string();
        assert!(
            derives.contains("JsonSchema") && !derives.contains("Serialize"),
            "{derives}"
        );
    }
}
