//! A generated file summed up for review.

use quote::ToTokens;
use syn::{Fields, File, ImplItem, Item, ItemImpl, ItemMod, Type, Visibility};

/// One sorted line per type, field, variant, constant, and operation with its
/// arguments and result.
///
/// It is what a caller of the client sees of a change, without the text in
/// between: an added field is one added line.
///
/// # Errors
///
/// When `source` isn't Rust.
pub fn outline(source: &str) -> Result<String, syn::Error> {
    let file: File = syn::parse_file(source)?;
    let mut lines = Vec::new();
    for item in &file.items {
        match item {
            Item::Mod(module) => match module.ident.to_string().as_str() {
                "types" | "open_enums" => types(module, &mut lines),
                "builder" => operations(module, &mut lines),
                "tables" => tables(module, &mut lines),
                _ => {}
            },
            Item::Impl(item) if self_type(item) == "Client" && item.trait_.is_none() => {
                for method in public_methods(item) {
                    let name = &method.sig.ident;
                    let result = tidy(&method.sig.output);
                    lines.push(format!("client method {name}{result}"));
                }
            }
            _ => {}
        }
    }
    lines.sort();
    lines.dedup();
    let mut text = lines.join("\n");
    text.push('\n');
    Ok(text)
}

fn types(module: &ItemMod, lines: &mut Vec<String>) {
    for item in module.content.iter().flat_map(|(_, items)| items) {
        match item {
            Item::Struct(item) => {
                let name = &item.ident;
                match &item.fields {
                    Fields::Named(fields) => {
                        lines.push(format!("type {name}"));
                        for field in &fields.named {
                            if let Some(ident) = &field.ident {
                                lines.push(format!("type {name}.{ident}: {}", tidy(&field.ty)));
                            }
                        }
                    }
                    fields => lines.push(format!("type {name}{}", tidy(fields))),
                }
            }
            Item::Enum(item) => {
                let name = &item.ident;
                lines.push(format!("enum {name}"));
                for variant in &item.variants {
                    lines.push(format!(
                        "enum {name}::{}",
                        tidy(&variant_without_attributes(variant))
                    ));
                }
            }
            Item::Type(item) => lines.push(format!("alias {} = {}", item.ident, tidy(&item.ty))),
            _ => {}
        }
    }
}

fn variant_without_attributes(variant: &syn::Variant) -> syn::Variant {
    let mut variant = variant.clone();
    variant.attrs.clear();
    variant
}

/// The request builders: a line per argument with the type that is sent, and one
/// for the result.
fn operations(module: &ItemMod, lines: &mut Vec<String>) {
    for item in module.content.iter().flat_map(|(_, items)| items) {
        match item {
            Item::Struct(item) => {
                for field in &item.fields {
                    let ident = field.ident.as_ref().map(ToString::to_string);
                    let ident = ident.unwrap_or_default();
                    if ident != "client" {
                        let argument = argument_type(&field.ty);
                        lines.push(format!("operation {}({ident}: {argument})", item.ident));
                    }
                }
            }
            Item::Impl(item) if item.trait_.is_none() => {
                for method in public_methods(item).filter(|method| method.sig.ident == "send") {
                    let result = tidy(&method.sig.output);
                    lines.push(format!("operation {}.send(){result}", self_type(item)));
                }
            }
            _ => {}
        }
    }
}

/// Builders hold each argument as `Result<T, String>` until they send.
fn argument_type(ty: &Type) -> String {
    let text = tidy(ty);
    text.strip_prefix("Result<")
        .and_then(|rest| rest.strip_suffix(", String>"))
        .map_or(text.clone(), str::to_owned)
}

/// The rows of the tables, as they are: a change of what may be repeated is to be
/// seen in review.
fn tables(module: &ItemMod, lines: &mut Vec<String>) {
    for item in module.content.iter().flat_map(|(_, items)| items) {
        if let Item::Static(item) = item {
            let syn::Expr::Reference(rows) = &*item.expr else {
                continue;
            };
            let syn::Expr::Array(rows) = &*rows.expr else {
                continue;
            };
            for row in &rows.elems {
                let name = item.ident.to_string().to_lowercase();
                lines.push(format!("{name} {}", tidy(row)));
            }
        }
    }
}

fn public_methods(item: &ItemImpl) -> impl Iterator<Item = &syn::ImplItemFn> {
    item.items.iter().filter_map(|item| match item {
        ImplItem::Fn(method) if matches!(method.vis, Visibility::Public(_)) => Some(method),
        _ => None,
    })
}

fn self_type(item: &ItemImpl) -> String {
    match &*item.self_ty {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .map(|segment| segment.ident.to_string())
            .unwrap_or_default(),
        _ => String::new(),
    }
}

/// Tokens as a person writes them, without the generator's absolute paths.
fn tidy(tokens: &impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (from, to) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" < ", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ,", ","),
        (", }", " }"),
        ("& ", "&"),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" :", ":"),
        ("->", " -> "),
        ("-  >", " -> "),
        ("::std::option::", ""),
        ("::std::string::", ""),
        ("::std::vec::", ""),
        ("::serde_json::", "serde_json::"),
    ] {
        text = text.replace(from, to);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
