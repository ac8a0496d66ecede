//! One way to make a model: `new` and the setters `with_…`.
//!
//! The generator has a second one, a builder per model that may fail at its end, which would
//! be as much public API again. It goes, and the builders of operations hold their body as the
//! model itself.

use quote::{ToTokens, quote};
use syn::{
    Expr, ImplItem, Item, ItemImpl, ItemMod, Member, Path, parse_quote,
    visit_mut::{self, VisitMut},
};

/// Removes the builders of models from the module `types`, and the error that only they had.
pub(super) fn remove_from_types(module: &mut ItemMod) {
    let Some((_, items)) = &mut module.content else {
        return;
    };
    let is_module =
        |item: &Item, name: &str| matches!(item, Item::Mod(module) if module.ident == name);
    items.retain(|item| {
        !is_module(item, "builder") && !matches!(item, Item::Impl(item) if only_builds(item))
    });
    let is_needed = items
        .iter()
        .filter(|item| !is_module(item, "error"))
        .any(|item| {
            item.to_token_stream()
                .to_string()
                .contains("ConversionError")
        });
    if !is_needed {
        items.retain(|item| !is_module(item, "error"));
    }
}

/// Whether an `impl` has nothing but the function that begins a builder.
fn only_builds(item: &ItemImpl) -> bool {
    let is_builder = |item: &ImplItem| matches!(item, ImplItem::Fn(function) if function.sig.ident == "builder" && function.sig.inputs.is_empty());
    item.trait_.is_none() && item.items.len() == 1 && item.items.iter().all(is_builder)
}

/// Lets the builders of operations, in the module `builder`, hold models.
pub(super) fn hold_models(module: &mut ItemMod) {
    let Some((_, items)) = &mut module.content else {
        return;
    };
    for item in items {
        if let Item::Impl(item) = item {
            item.items.retain(|item| !changes_builder(item));
        }
        Models.visit_item_mut(item);
    }
}

/// Whether a function changes the builder of a body: `body_map`.
fn changes_builder(item: &ImplItem) -> bool {
    let ImplItem::Fn(function) = item else {
        return false;
    };
    let signature = function.sig.to_token_stream().to_string();
    function.sig.ident.to_string().ends_with("_map") && signature.contains("types :: builder ::")
}

/// Names models in the place of their builders, and lets no body be empty unasked.
struct Models;

impl VisitMut for Models {
    fn visit_path_mut(&mut self, path: &mut Path) {
        visit_mut::visit_path_mut(self, path);
        let names: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        if let [first, second, _] = names.as_slice()
            && first == "types"
            && second == "builder"
        {
            let model = &path.segments[2];
            *path = parse_quote!(types::#model);
        }
    }

    fn visit_field_value_mut(&mut self, field: &mut syn::FieldValue) {
        visit_mut::visit_field_value_mut(self, field);
        let default: Expr = parse_quote!(Ok(::std::default::Default::default()));
        if let Member::Named(name) = &field.member
            && field.expr.to_token_stream().to_string() == quote!(#default).to_string()
        {
            // The words of the generator for a parameter.
            let problem = format!("{name} was not initialized");
            field.expr = parse_quote!(Err(#problem.to_string()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(module: &ItemMod) -> String {
        let file: syn::File = parse_quote!(#module);
        prettyplease::unparse(&file)
    }

    #[test]
    fn models_have_no_builder_and_keep_the_rest() {
        let mut module: ItemMod = parse_quote! {
            pub mod types {
                pub struct Contact { pub id: String }
                impl Contact { pub fn builder() -> builder::Contact { Default::default() } }
                impl Contact { pub fn id(&self) -> &str { &self.id } }
                pub mod builder { pub struct Contact { id: Result<String, String> } }
                pub mod error { pub struct ConversionError; }
            }
        };

        remove_from_types(&mut module);

        let left = text(&module);
        assert!(
            left.contains("pub struct Contact") && left.contains("fn id"),
            "{left}"
        );
        assert!(
            !left.contains("builder") && !left.contains("error"),
            "{left}"
        );
    }

    #[test]
    fn an_error_that_another_type_needs_stays() {
        let mut module: ItemMod = parse_quote! {
            pub mod types {
                impl FromStr for Either { type Err = self::error::ConversionError; }
                pub mod error { pub struct ConversionError; }
            }
        };

        remove_from_types(&mut module);

        assert!(text(&module).contains("pub mod error"));
    }

    #[test]
    fn an_operation_holds_its_body_as_a_model() {
        let mut module: ItemMod = parse_quote! {
            pub mod builder {
                pub struct Upsert<'a> {
                    client: &'a super::Client,
                    body: Result<types::builder::Request, String>,
                    page: Result<Option<i32>, String>,
                }
                impl<'a> Upsert<'a> {
                    pub fn new(client: &'a super::Client) -> Self {
                        Self {
                            client: client,
                            body: Ok(::std::default::Default::default()),
                            page: Ok(None),
                        }
                    }
                    pub fn body_map<F>(mut self, f: F) -> Self
                    where
                        F: FnOnce(types::builder::Request) -> types::builder::Request,
                    {
                        self
                    }
                    pub fn color_map(mut self, map: String) -> Self { self }
                }
            }
        };

        hold_models(&mut module);

        let left = text(&module);
        assert!(
            left.contains("body: Result<types::Request, String>"),
            "{left}"
        );
        assert!(
            left.contains(r#"body: Err("body was not initialized".to_string())"#),
            "{left}"
        );
        assert!(
            left.contains("page: Ok(None)") && left.contains("fn color_map"),
            "{left}"
        );
        assert!(
            !left.contains("body_map") && !left.contains("types::builder"),
            "{left}"
        );
    }
}
