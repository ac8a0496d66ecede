//! A summary of a generated file, for review.
//!
//! The generated file has thousands of lines, most of which follow from a few facts:
//! the types, fields and values, and each operation's arguments and result. The outline
//! has a line for each of those and none for the rest, so a field that the service adds
//! is one new line. It is made from the file's syntax tree rather than from the
//! document, so that it also shows what a new version of the generator changes.

mod item;
mod spelling;
mod tables;

use std::collections::BTreeMap;

use syn::{
    Fields, File, FnArg, ImplItem, Item, ItemEnum, ItemImpl, ItemMod, ItemStruct, LitStr,
    ReturnType, Token, Type, Visibility, braced,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
};

pub use self::item::Outline;
pub(crate) use self::item::{Detail, Item as Outlined, Signature, line};
use self::spelling::{inner, last_ident, spell};
use crate::polish::wire_name;

/// Summarises generated source: types, fields, variants, values of open enums,
/// operations with their arguments and results, and facts of the tables.
///
/// # Errors
///
/// If `source` isn't Rust.
pub fn outline(source: &str) -> Result<Outline, syn::Error> {
    let file: File = syn::parse_file(source)?;
    let mut outline = Outline::default();
    for module in file.items.iter().filter_map(|item| match item {
        Item::Mod(module) => Some(module),
        _ => None,
    }) {
        match module.ident.to_string().as_str() {
            "types" | "open_enums" => types(module, &mut outline)?,
            "tables" => tables::facts(module, &mut outline),
            _ => {}
        }
    }
    client(&file, &mut outline);
    Ok(outline)
}

fn types(module: &ItemMod, outline: &mut Outline) -> Result<(), syn::Error> {
    let items = items_of(module);
    let mut on_wire = BTreeMap::new();
    for item in items {
        if let Item::Macro(item) = item
            && item
                .mac
                .path
                .segments
                .last()
                .is_some_and(|segment| segment.ident == "open_enum_impls")
        {
            let list: OpenEnumImpls = item.mac.parse_body()?;
            on_wire.insert(list.name, list.values);
        }
    }
    for item in items {
        match item {
            Item::Struct(item) => structure(item, outline),
            Item::Enum(item) => {
                let values = on_wire.get(&item.ident.to_string());
                enumeration(item, values.unwrap_or(&BTreeMap::new()), outline);
            }
            Item::Type(item) => {
                let alias = Outlined::Alias(item.ident.to_string());
                outline.add(alias, Detail::Text(spell(&item.ty)));
            }
            _ => {}
        }
    }
    Ok(())
}

fn structure(item: &ItemStruct, outline: &mut Outline) {
    let name = item.ident.to_string();
    match &item.fields {
        Fields::Named(fields) => {
            outline.add(Outlined::Type(name.clone()), Detail::Text(String::new()));
            for field in &fields.named {
                let ident = field.ident.as_ref().map(ToString::to_string);
                let ident = ident.unwrap_or_default();
                let detail = Detail::Field {
                    ty: spell(&field.ty),
                    wire: wire_name(field),
                };
                outline.add(Outlined::Field(name.clone(), ident), detail);
            }
        }
        fields => outline.add(Outlined::Type(name), Detail::Text(unnamed(fields))),
    }
}

fn enumeration(item: &ItemEnum, on_wire: &BTreeMap<String, String>, outline: &mut Outline) {
    let name = item.ident.to_string();
    let mut add = |variant: String, detail| {
        outline.add(
            Outlined::Variant(name.clone(), variant),
            Detail::Text(detail),
        );
    };
    for variant in &item.variants {
        let ident = &variant.ident;
        let value = on_wire.get(&ident.to_string());
        let value = value
            .map(|value| format!(" = {value:?}"))
            .unwrap_or_default();
        match &variant.fields {
            Fields::Named(fields) => {
                add(ident.to_string(), String::new());
                for field in &fields.named {
                    let field_name = field.ident.as_ref().map(ToString::to_string);
                    let variant = format!("{ident}.{}", field_name.unwrap_or_default());
                    add(variant, format!(": {}", spell(&field.ty)));
                }
            }
            fields => add(ident.to_string(), format!("{}{value}", unnamed(fields))),
        }
    }
    outline.add(Outlined::Enum(name), Detail::Text(String::new()));
}

/// The types of a tuple in brackets; empty if there are no fields.
fn unnamed(fields: &Fields) -> String {
    let types: Vec<String> = fields.iter().map(|field| spell(&field.ty)).collect();
    if types.is_empty() {
        String::new()
    } else {
        format!("({})", types.join(", "))
    }
}

/// The operations, each combined from the client's method, the fields of the builder
/// that it returns, and the result of the builder's `send`; and the client's other
/// methods.
fn client(file: &File, outline: &mut Outline) {
    let builders = Builders::of(file);
    for item in &file.items {
        let Item::Impl(item) = item else { continue };
        if item.trait_.is_some() || last_ident(&item.self_ty).is_none_or(|name| name != "Client") {
            continue;
        }
        for method in public_methods(item) {
            let name = &method.sig.ident;
            let operation = match &method.sig.output {
                ReturnType::Type(_, ty) => last_ident(ty).and_then(|name| builders.get(&name)),
                ReturnType::Default => None,
            };
            match operation {
                Some(signature) => outline.add(
                    Outlined::Operation(name.to_string()),
                    Detail::Signature(signature),
                ),
                None => {
                    let arguments: Vec<String> = method.sig.inputs.iter().map(argument).collect();
                    let result = match &method.sig.output {
                        ReturnType::Type(_, ty) => format!(" -> {}", spell(ty)),
                        ReturnType::Default => String::new(),
                    };
                    outline.add(
                        Outlined::Client(name.to_string()),
                        Detail::Text(format!("({}){result}", arguments.join(", "))),
                    );
                }
            }
        }
    }
}

fn argument(argument: &FnArg) -> String {
    match argument {
        FnArg::Receiver(_) => "self".to_owned(),
        FnArg::Typed(typed) => match &*typed.pat {
            syn::Pat::Ident(name) => format!("{}: {}", name.ident, spell(&typed.ty)),
            _ => spell(&typed.ty),
        },
    }
}

/// The request builders by name, with their arguments and their results.
#[derive(Default)]
struct Builders {
    arguments: BTreeMap<String, Vec<(String, String)>>,
    results: BTreeMap<String, String>,
}

impl Builders {
    fn of(file: &File) -> Self {
        let mut builders = Self::default();
        let modules = file.items.iter().filter_map(|item| match item {
            Item::Mod(module) if module.ident == "builder" => Some(module),
            _ => None,
        });
        for item in modules.flat_map(items_of) {
            match item {
                Item::Struct(item) => {
                    let arguments = builder_arguments(item);
                    builders.arguments.insert(item.ident.to_string(), arguments);
                }
                Item::Impl(item) if item.trait_.is_none() => {
                    let send = public_methods(item).find(|method| method.sig.ident == "send");
                    if let Some(name) = last_ident(&item.self_ty)
                        && let Some(send) = send
                        && let ReturnType::Type(_, ty) = &send.sig.output
                    {
                        builders.results.insert(name, result(ty));
                    }
                }
                _ => {}
            }
        }
        builders
    }

    fn get(&self, name: &str) -> Option<Signature> {
        Some(Signature {
            arguments: self.arguments.get(name)?.clone(),
            result: self.results.get(name)?.clone(),
        })
    }
}

/// A builder holds each argument as `Result<T, String>` until it sends.
fn builder_arguments(item: &ItemStruct) -> Vec<(String, String)> {
    let arguments = item.fields.iter().filter_map(|field| {
        let name = field.ident.as_ref().filter(|name| *name != "client")?;
        let ty = inner(&field.ty, "Result", "String").unwrap_or(&field.ty);
        Some((name.to_string(), spell(ty)))
    });
    arguments.collect()
}

/// `T` of `Result<ResponseValue<T>, Error<()>>`, which every operation returns;
/// anything else in full.
fn result(ty: &Type) -> String {
    inner(ty, "Result", "Error<()>")
        .and_then(|ty| inner(ty, "ResponseValue", ""))
        .map_or_else(|| spell(ty), spell)
}

fn items_of(module: &ItemMod) -> &[Item] {
    module
        .content
        .as_ref()
        .map_or(&[], |(_, items)| items.as_slice())
}

fn public_methods(item: &ItemImpl) -> impl Iterator<Item = &syn::ImplItemFn> {
    item.items.iter().filter_map(|item| match item {
        ImplItem::Fn(method) if matches!(method.vis, Visibility::Public(_)) => Some(method),
        _ => None,
    })
}

/// The body of `open_enum_impls!`, which has each value's text beside its variant.
struct OpenEnumImpls {
    name: String,
    values: BTreeMap<String, String>,
}

impl Parse for OpenEnumImpls {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name: syn::Ident = input.parse()?;
        input.parse::<Token![,]>()?;
        // The description is the type's documentation, too.
        input.parse::<LitStr>()?;
        let body;
        braced!(body in input);
        let value = |input: ParseStream<'_>| {
            let variant: syn::Ident = input.parse()?;
            input.parse::<Token![=]>()?;
            let text: LitStr = input.parse()?;
            Ok((variant.to_string(), text.value()))
        };
        let values = Punctuated::<_, Token![,]>::parse_terminated_with(&body, value)?;
        Ok(Self {
            name: name.to_string(),
            values: values.into_iter().collect(),
        })
    }
}

#[cfg(test)]
mod tests;
