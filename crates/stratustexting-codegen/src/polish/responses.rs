//! How the generated builders read a response.
//!
//! The generator expects exactly the status and the type in the document. The service
//! may respond with 201 where we wrote 200, and with a field of another type. So
//! sending and reading are separate: `exchange` returns any success unread, for callers
//! who read it more carefully than a type can; `send` reads it leniently.

use std::collections::BTreeSet;

use quote::ToTokens;
use syn::{
    Block, Expr, GenericArgument, ImplItem, ImplItemFn, Item, ItemMod, PathArguments, ReturnType,
    Stmt, Type, parse_quote,
};

use crate::setters::option_inner;

/// Splits the `send` of every builder.
pub(super) fn split_sends(module: &mut ItemMod, models: &BTreeSet<String>) {
    let Some((_, items)) = &mut module.content else {
        return;
    };
    for item in items {
        let Item::Impl(item) = item else { continue };
        let Some(index) = item.items.iter().position(is_send) else {
            continue;
        };
        let ImplItem::Fn(send) = &mut item.items[index] else {
            continue;
        };
        if let Some(exchange) = split(send, models) {
            item.items.insert(index + 1, ImplItem::Fn(exchange));
        }
    }
}

fn is_send(item: &ImplItem) -> bool {
    matches!(item, ImplItem::Fn(method) if method.sig.ident == "send")
}

/// Moves everything but the reading from `send` into the returned method. A `send` that
/// doesn't end like the generator's is left alone.
fn split(send: &mut ImplItemFn, models: &BTreeSet<String>) -> Option<ImplItemFn> {
    let returned = returned(&send.sig.output)?;
    let read: Expr = if returned == parse_quote!(()) {
        parse_quote!(crate::transport::empty(self.exchange().await?))
    } else if let Some(inner) = option_inner(&returned) {
        if is_model(inner, models) {
            parse_quote!(crate::transport::read_if_any(self.exchange().await?).await)
        } else {
            parse_quote!(crate::transport::read_strictly_if_any(self.exchange().await?).await)
        }
    } else if is_model(&returned, models) {
        parse_quote!(crate::transport::read(self.exchange().await?).await)
    } else if returned == parse_quote!(ByteStream) {
        return None;
    } else {
        parse_quote!(crate::transport::read_strictly(self.exchange().await?).await)
    };
    let mut block: Block = send.block.clone();
    let last = block.stmts.last_mut()?;
    let Stmt::Expr(Expr::Match(judged), None) = last else {
        return None;
    };
    if !judged.expr.to_token_stream().to_string().contains("as_u16") {
        return None;
    }
    *last = Stmt::Expr(parse_quote!(crate::transport::success(response)), None);
    send.block = parse_quote!({ #read });
    Some(parse_quote! {
        /// Sends the request and returns any success unread.
        pub async fn exchange(self) -> Result<::reqwest::Response, Error<()>> #block
    })
}

/// `T` of `Result<ResponseValue<T>, Error<()>>`.
pub(super) fn returned(output: &ReturnType) -> Option<Type> {
    let ReturnType::Type(_, ty) = output else {
        return None;
    };
    argument(&argument(ty)?)
}

fn argument(ty: &Type) -> Option<Type> {
    let Type::Path(path) = ty else { return None };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(inner) => Some(inner.clone()),
        _ => None,
    }
}

fn is_model(ty: &Type, models: &BTreeSet<String>) -> bool {
    model_name(ty).is_some_and(|name| models.contains(&name))
}

/// The name of a generated type as operations see it, `types::Thing`. A component may
/// have the same name as any other type.
pub(super) fn model_name(ty: &Type) -> Option<String> {
    let Type::Path(path) = ty else { return None };
    let mut segments = path.path.segments.iter();
    match (segments.next(), segments.next(), segments.next()) {
        (Some(module), Some(name), None) if module.ident == "types" => Some(name.ident.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split_of(returned: &Type) -> String {
        let mut module: ItemMod = parse_quote! {
            pub mod builder {
                impl<'a> Get<'a> {
                    ///Sends a `GET` request.
                    pub async fn send(self) -> Result<ResponseValue<#returned>, Error<()>> {
                        let Self { client } = self;
                        let response = result?;
                        match response.status().as_u16() {
                            200u16 => ResponseValue::from_response(response).await,
                            _ => Err(Error::UnexpectedResponse(response)),
                        }
                    }
                }
            }
        };
        let models = ["Thing", "Vec", "ByteStream"].map(str::to_owned);
        split_sends(&mut module, &models.into());
        let file: syn::File = parse_quote!(#module);
        prettyplease::unparse(&file)
    }

    #[test]
    fn any_success_is_returned_and_then_read() {
        for (returned, read) in [
            (
                parse_quote!(types::Thing),
                "crate::transport::read(self.exchange().await?).await",
            ),
            (
                parse_quote!(::std::vec::Vec<types::Thing>),
                "crate::transport::read_strictly(self.exchange().await?).await",
            ),
            (
                parse_quote!(()),
                "crate::transport::empty(self.exchange().await?)",
            ),
            (
                parse_quote!(::std::option::Option<types::Thing>),
                "crate::transport::read_if_any(self.exchange().await?).await",
            ),
            (
                parse_quote!(::std::option::Option<types::Other>),
                "crate::transport::read_strictly_if_any(self.exchange().await?).await",
            ),
            (
                parse_quote!(types::Other),
                "crate::transport::read_strictly(self.exchange().await?).await",
            ),
        ] {
            let text = split_of(&returned);

            assert!(text.contains(read), "{text}");
            assert!(
                text.contains("crate::transport::success(response)"),
                "{text}"
            );
            assert!(!text.contains("200u16"), "{text}");
        }
    }
}
