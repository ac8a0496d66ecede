//! Corrects the requests of the generated builders: removes a header with the
//! document's version, and calls methods by name for which the HTTP client has no
//! function.

use syn::{
    Block, Expr, ExprCall, ExprMethodCall, File, ImplItem, Item, ItemMod, Lit, Local, Member, Pat,
    Stmt, parse_quote,
    visit::Visit,
    visit_mut::{self, VisitMut},
};

use super::responses::{model_name, returned};
use crate::setters::option_inner;

/// Corrects the builders of operations.
pub(super) fn polish_requests(module: &mut ItemMod) {
    let Some((_, items)) = &mut module.content else {
        return;
    };
    for item in items {
        if let syn::Item::Impl(item) = item {
            RemoveVersion.visit_item_impl_mut(item);
            MethodsByName.visit_item_impl_mut(item);
        }
    }
}

/// The last names of the types that operations return.
pub(super) fn returned_types(file: &File) -> Vec<String> {
    let modules = file.items.iter().filter_map(|item| match item {
        Item::Mod(module) if module.ident == "builder" => module.content.as_ref(),
        _ => None,
    });
    modules
        .flat_map(|(_, items)| items)
        .filter_map(|item| match item {
            Item::Impl(item) => Some(&item.items),
            _ => None,
        })
        .flatten()
        .filter_map(|item| match item {
            ImplItem::Fn(method) if method.sig.ident == "send" => {
                let returned = returned(&method.sig.output)?;
                // An optional body is read like a required one.
                model_name(option_inner(&returned).unwrap_or(&returned))
            }
            _ => None,
        })
        .collect()
}

/// Removes the header `api-version`, and the map of headers if nothing else is in it.
///
/// The service never asked for it, and a hook that removes it would run before every
/// request.
struct RemoveVersion;

impl VisitMut for RemoveVersion {
    fn visit_block_mut(&mut self, block: &mut Block) {
        block.stmts.retain(|statement| !appends_version(statement));
        let mut appends = AppendedHeaders(0);
        appends.visit_block(block);
        if appends.0 == 0 {
            block
                .stmts
                .retain(|statement| !declares_header_map(statement));
            RemoveHeaderMap.visit_block_mut(block);
        }
        visit_mut::visit_block_mut(self, block);
    }
}

/// Calls methods by name for which the HTTP client has no function.
struct MethodsByName;

impl VisitMut for MethodsByName {
    fn visit_expr_method_call_mut(&mut self, call: &mut ExprMethodCall) {
        visit_mut::visit_expr_method_call_mut(self, call);
        let is_client = matches!(&*call.receiver, Expr::Field(field)
            if matches!(&field.member, Member::Named(name) if name == "client"));
        let method = match call.method.to_string().as_str() {
            "options" => quote::format_ident!("OPTIONS"),
            "trace" => quote::format_ident!("TRACE"),
            _ => return,
        };
        if is_client {
            call.method = quote::format_ident!("request");
            call.args
                .insert(0, parse_quote!(::reqwest::Method::#method));
        }
    }
}

fn is_header_map(expression: &Expr) -> bool {
    matches!(expression, Expr::Path(path) if path.path.is_ident("header_map"))
}

fn appends_version(statement: &Stmt) -> bool {
    let Stmt::Expr(Expr::MethodCall(call), _) = statement else {
        return false;
    };
    let named = |argument: &Expr| {
        let Expr::Call(ExprCall { args, .. }) = argument else {
            return false;
        };
        matches!(args.first(), Some(Expr::Lit(lit))
            if matches!(&lit.lit, Lit::Str(name) if name.value() == "api-version"))
    };
    is_header_map(&call.receiver) && call.args.first().is_some_and(named)
}

fn declares_header_map(statement: &Stmt) -> bool {
    matches!(statement, Stmt::Local(Local { pat: Pat::Ident(name), .. }) if name.ident == "header_map")
}

/// Counts the headers that are appended to the map.
struct AppendedHeaders(usize);

impl Visit<'_> for AppendedHeaders {
    fn visit_expr_method_call(&mut self, call: &ExprMethodCall) {
        self.0 += usize::from(is_header_map(&call.receiver));
        syn::visit::visit_expr_method_call(self, call);
    }
}

/// Removes `.headers(header_map)` from the chain that makes the request.
struct RemoveHeaderMap;

impl VisitMut for RemoveHeaderMap {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        visit_mut::visit_expr_mut(self, expression);
        if let Expr::MethodCall(call) = expression
            && call.method == "headers"
            && call.args.first().is_some_and(is_header_map)
        {
            *expression = (*call.receiver).clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polished(mut module: ItemMod) -> String {
        polish_requests(&mut module);
        let file: syn::File = parse_quote!(#module);
        prettyplease::unparse(&file)
    }

    fn builder(more: &Stmt) -> ItemMod {
        parse_quote! {
            pub mod builder {
                impl<'a> Send<'a> {
                    fn new(client: &'a Client) -> Self {
                        Self { client, from: Err("from was not initialized".to_string()), size: Ok(None) }
                    }
                    async fn send(self) -> R {
                        let Self { client, from, size } = self;
                        let from = from.and_then(convert).map_err(Error::InvalidRequest)?;
                        let size = size.map_err(Error::InvalidRequest)?;
                        let mut header_map = HeaderMap::with_capacity(1usize);
                        header_map.append(
                            HeaderName::from_static("api-version"),
                            HeaderValue::from_static("1"),
                        );
                        #more
                        let request = client.get(url).headers(header_map).query(&from).build()?;
                        request
                    }
                }
            }
        }
    }

    #[test]
    fn the_version_is_removed_and_with_it_the_map() {
        let text = polished(builder(&parse_quote!(let _ = 1;)));

        assert!(
            !text.contains("header_map") && !text.contains("api-version"),
            "{text}"
        );
        assert!(
            text.contains("client.get(url).query(&from).build()?"),
            "{text}"
        );
    }

    #[test]
    fn other_headers_stay() {
        let text = polished(builder(&parse_quote!(header_map.append("x-other", value);)));

        assert!(!text.contains("api-version"), "{text}");
        assert!(
            text.contains("header_map.append(\"x-other\", value)"),
            "{text}"
        );
        assert!(text.contains(".headers(header_map)"), "{text}");
    }

    #[test]
    fn a_method_without_a_function_is_called_by_name() {
        let text = polished(builder(&parse_quote!(client.client.options(url);)));

        assert!(
            text.contains("client.client.request(::reqwest::Method::OPTIONS, url)"),
            "{text}"
        );
    }
}
