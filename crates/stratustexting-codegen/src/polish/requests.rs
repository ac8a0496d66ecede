//! What the generated builders do for each request that nobody asked for: a header with
//! the document's version, a text for each parameter in case it is never set, a URL that
//! grows piece by piece; and a base URL that is copied with each client.

use std::collections::HashMap;

use syn::{
    Block, Expr, ExprCall, ExprLit, ExprMethodCall, FieldValue, File, ImplItem, Item, ItemMod, Lit,
    Local, Member, Pat, Stmt, Token, parse_quote,
    punctuated::Punctuated,
    visit::Visit,
    visit_mut::{self, VisitMut},
};

use super::responses::{model_name, returned};
use crate::setters::option_inner;

/// Takes them out of the builders of operations.
pub(super) fn polish_requests(module: &mut ItemMod) {
    let Some((_, items)) = &mut module.content else {
        return;
    };
    for item in items {
        if let syn::Item::Impl(item) = item {
            NoVersion.visit_item_impl_mut(item);
            RareMethods.visit_item_impl_mut(item);
            let mut late = LateTexts::default();
            late.visit_item_impl_mut(item);
            UseLateTexts(&late.texts).visit_item_impl_mut(item);
            Concat.visit_item_impl_mut(item);
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
                // A body that may be absent is read like one that isn't.
                model_name(option_inner(&returned).unwrap_or(&returned))
            }
            _ => None,
        })
        .collect()
}

/// Lets copies of a client share the base URL.
pub(super) fn share_base_url(item: &mut syn::Item) {
    match item {
        syn::Item::Struct(item) if item.ident == "Client" => {
            for field in &mut item.fields {
                if field.ident.as_ref().is_some_and(|name| name == "baseurl") {
                    field.ty = parse_quote!(::std::sync::Arc<str>);
                }
            }
        }
        syn::Item::Impl(item) => SharedBaseUrl.visit_item_impl_mut(item),
        _ => {}
    }
}

struct SharedBaseUrl;

impl VisitMut for SharedBaseUrl {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        visit_mut::visit_expr_mut(self, expression);
        if *expression == parse_quote!(baseurl.to_string()) {
            *expression = parse_quote!(baseurl.into());
        } else if *expression == parse_quote!(self.baseurl.as_str()) {
            *expression = parse_quote!(&self.baseurl);
        }
    }
}

/// Removes the header `api-version`, and the map of headers where nothing else is in it.
///
/// The service never asked for it, and a hook that removes it again would have to run
/// before every request.
struct NoVersion;

impl VisitMut for NoVersion {
    fn visit_block_mut(&mut self, block: &mut Block) {
        block.stmts.retain(|statement| !appends_version(statement));
        let mut appends = Appends(0);
        appends.visit_block(block);
        if appends.0 == 0 {
            block
                .stmts
                .retain(|statement| !declares_header_map(statement));
            NoHeaderMap.visit_block_mut(block);
        }
        visit_mut::visit_block_mut(self, block);
    }
}

/// Calls by their names the methods for which the HTTP client has no function.
struct RareMethods;

impl VisitMut for RareMethods {
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

/// Counts what is appended to the map of headers.
struct Appends(usize);

impl Visit<'_> for Appends {
    fn visit_expr_method_call(&mut self, call: &ExprMethodCall) {
        self.0 += usize::from(is_header_map(&call.receiver));
        syn::visit::visit_expr_method_call(self, call);
    }
}

/// Takes `.headers(header_map)` out of the chain that makes the request.
struct NoHeaderMap;

impl VisitMut for NoHeaderMap {
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

/// Collects `name: Err("…".to_string())` and leaves `name: Err(String::new())`.
#[derive(Default)]
struct LateTexts {
    texts: HashMap<String, String>,
}

impl VisitMut for LateTexts {
    fn visit_field_value_mut(&mut self, field: &mut FieldValue) {
        let Member::Named(name) = &field.member else {
            return;
        };
        if let Some(text) = error_text(&field.expr) {
            self.texts.insert(name.to_string(), text);
            field.expr = parse_quote!(Err(String::new()));
        }
    }
}

/// The text of `Err("…".to_string())`.
fn error_text(expression: &Expr) -> Option<String> {
    let Expr::Call(call) = expression else {
        return None;
    };
    let is_err = matches!(&*call.func, Expr::Path(path) if path.path.is_ident("Err"));
    let Some(Expr::MethodCall(text)) = call.args.first().filter(|_| is_err) else {
        return None;
    };
    match &*text.receiver {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// Puts the texts where they are needed: `name.map_err(Error::InvalidRequest)`.
struct UseLateTexts<'a>(&'a HashMap<String, String>);

impl VisitMut for UseLateTexts<'_> {
    fn visit_expr_method_call_mut(&mut self, call: &mut ExprMethodCall) {
        visit_mut::visit_expr_method_call_mut(self, call);
        let Expr::Path(name) = leftmost(&call.receiver) else {
            return;
        };
        let invalid: Expr = parse_quote!(Error::InvalidRequest);
        let text = name
            .path
            .get_ident()
            .and_then(|name| self.0.get(&name.to_string()));
        if let Some(text) = text
            && call.method == "map_err"
            && call.args.first() == Some(&invalid)
        {
            call.args = parse_quote!(|reason| crate::transport::invalid(reason, #text));
        }
    }
}

/// Makes `let url = format!("{}/a/{}", base, id)` a concatenation, which knows how long
/// it will be.
struct Concat;

impl VisitMut for Concat {
    fn visit_local_mut(&mut self, local: &mut Local) {
        let is_url = matches!(&local.pat, Pat::Ident(name) if name.ident == "url");
        if let Some(init) = local.init.as_mut().filter(|_| is_url)
            && let Expr::Macro(call) = &*init.expr
            && let Some(pieces) = pieces(&call.mac)
        {
            init.expr = parse_quote!([#(#pieces),*].concat());
        }
    }
}

/// The pieces of a `format!` that has nothing but `{}`, as `&str`.
fn pieces(call: &syn::Macro) -> Option<Vec<Expr>> {
    let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
    let arguments = call
        .path
        .is_ident("format")
        .then(|| call.parse_body_with(parser));
    let mut arguments = arguments?.ok()?.into_iter();
    let Some(Expr::Lit(ExprLit {
        lit: Lit::Str(template),
        ..
    })) = arguments.next()
    else {
        return None;
    };
    let template = template.value();
    let mut pieces = Vec::new();
    for (index, text) in template.split("{}").enumerate() {
        if index > 0 {
            let argument = arguments.next()?;
            pieces.push(parse_quote!(&*#argument));
        }
        if !text.is_empty() {
            pieces.push(parse_quote!(#text));
        }
    }
    let plain = !template.replace("{}", "").contains(['{', '}']);
    (plain && arguments.next().is_none()).then_some(pieces)
}

/// What a chain of calls begins with.
fn leftmost(expression: &Expr) -> &Expr {
    match expression {
        Expr::MethodCall(call) => leftmost(&call.receiver),
        other => other,
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
    fn the_version_goes_and_with_it_the_map() {
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
    fn the_text_for_what_is_missing_is_made_when_it_is_missing() {
        let text = polished(builder(&parse_quote!(let _ = 1;)));

        assert!(text.contains("from: Err(String::new())"), "{text}");
        assert!(text.contains("crate::transport::invalid("), "{text}");
        assert!(text.contains("\"from was not initialized\""), "{text}");
        assert!(
            text.contains("let size = size.map_err(Error::InvalidRequest)?"),
            "{text}"
        );
    }

    #[test]
    fn a_method_without_a_function_is_called_by_its_name() {
        let text = polished(builder(&parse_quote!(client.client.options(url);)));

        assert!(
            text.contains("client.client.request(::reqwest::Method::OPTIONS, url)"),
            "{text}"
        );
    }

    #[test]
    fn urls_are_put_together_in_one_go() {
        let text = polished(builder(&parse_quote! {
            let url = format!("{}/a/{}/b", client.baseurl, encode(&id),);
        }));
        let text: String = text.split_whitespace().collect();

        assert!(
            text.contains(r#"[&*client.baseurl,"/a/",&*encode(&id),"/b"].concat()"#),
            "{text}"
        );
    }

    #[test]
    fn clients_share_the_base_url() {
        let mut file: syn::File = parse_quote! {
            pub struct Client { pub(crate) baseurl: String, other: String }
            impl Client {
                fn new(baseurl: &str) -> Self { Self { baseurl: baseurl.to_string() } }
                fn baseurl(&self) -> &str { self.baseurl.as_str() }
            }
        };
        file.items.iter_mut().for_each(share_base_url);

        let text = prettyplease::unparse(&file);
        for expected in [
            "baseurl: ::std::sync::Arc<str>",
            "other: String",
            "baseurl.into()",
        ] {
            assert!(text.contains(expected), "{text}");
        }
        assert!(
            text.contains("&self.baseurl") && !text.contains("as_str"),
            "{text}"
        );
    }
}
