//! Puts names on the wire back where a stand-in gave the name in Rust.

use std::collections::BTreeMap;

use syn::{
    File, Lit, LitStr, Macro, Token, parse_quote,
    punctuated::Punctuated,
    visit_mut::{self, VisitMut},
};

use crate::normalise::Normalised;

/// Puts back the service's names of properties and parameters, and the ids of
/// operations that their methods don't identify.
pub(super) fn put_names_back(file: &mut File, normalised: &Normalised) {
    if !normalised.wires.is_empty() {
        WireNames(&normalised.wires).visit_file_mut(file);
    }
    if !normalised.operations.is_empty() {
        OperationIds(&normalised.operations).visit_file_mut(file);
    }
}

struct WireNames<'a>(&'a BTreeMap<String, String>);

impl VisitMut for WireNames<'_> {
    fn visit_lit_str_mut(&mut self, literal: &mut LitStr) {
        if let Some(wire) = self.0.get(&literal.value()) {
            *literal = LitStr::new(wire, literal.span());
        }
    }

    fn visit_attribute_mut(&mut self, attribute: &mut syn::Attribute) {
        // A visitor doesn't visit the lists of attributes.
        if attribute.path().is_ident("serde")
            && let syn::Meta::List(list) = &mut attribute.meta
        {
            let parser = Punctuated::<syn::Meta, Token![,]>::parse_terminated;
            if let Ok(mut settings) = list.parse_args_with(parser) {
                for setting in &mut settings {
                    self.visit_meta_mut(setting);
                }
                list.tokens = quote::quote!(#settings);
            }
        }
        visit_mut::visit_attribute_mut(self, attribute);
    }

    fn visit_macro_mut(&mut self, call: &mut Macro) {
        let parser = Punctuated::<syn::Expr, Token![,]>::parse_terminated;
        if let Ok(mut arguments) = call.parse_body_with(parser) {
            for argument in &mut arguments {
                self.visit_expr_mut(argument);
            }
            call.tokens = quote::quote!(#arguments);
        }
    }
}

/// Replaces the method's name by the document's id.
struct OperationIds<'a>(&'a BTreeMap<String, String>);

impl VisitMut for OperationIds<'_> {
    fn visit_field_value_mut(&mut self, field: &mut syn::FieldValue) {
        visit_mut::visit_field_value_mut(self, field);
        let is_id = matches!(&field.member, syn::Member::Named(name) if name == "operation_id");
        let syn::Expr::Lit(literal) = &field.expr else {
            return;
        };
        let Lit::Str(method) = &literal.lit else {
            return;
        };
        if let Some(id) = self.0.get(&method.value()).filter(|_| is_id) {
            field.expr = parse_quote!(#id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_on_the_wire_are_put_back() {
        let mut file: File = parse_quote! {
            pub struct Thing {
                #[serde(rename = "a_b2*", skip_serializing_if = "Option::is_none")]
                pub a_b2: Option<String>,
            }
            fn send() {
                let request = client.get(url).query(&QueryParam::new("a_b2*", &a_b2));
                let info = OperationInfo { operation_id: "get_x" };
            }
        };
        let wires = BTreeMap::from([("a_b2*".to_owned(), "a-b".to_owned())]);
        let ids = BTreeMap::from([("get_x".to_owned(), "getX".to_owned())]);

        WireNames(&wires).visit_file_mut(&mut file);
        OperationIds(&ids).visit_file_mut(&mut file);

        let text = prettyplease::unparse(&file);
        for expected in [
            "rename = \"a-b\"",
            "QueryParam::new(\"a-b\", &a_b2)",
            "operation_id: \"getX\"",
        ] {
            assert!(text.contains(expected), "{text}");
        }
    }
}
