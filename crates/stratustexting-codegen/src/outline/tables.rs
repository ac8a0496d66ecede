//! The facts of the static tables.
//!
//! Whether an operation may be retried and how it pages is part of the client like its
//! types, and a change must be visible in review.

use syn::{Expr, GenericArgument, Item, ItemMod, Lit, Member, PathArguments, Type};

use super::{Detail, Outline, Outlined, items_of, spelling::spell};

/// Empty values are no facts. A row that names a type is one: `MODELS Contact`.
pub(super) fn facts(module: &ItemMod, outline: &mut Outline) {
    for item in items_of(module) {
        let Item::Static(item) = item else { continue };
        let table = item.ident.to_string();
        for row in list(&item.expr).unwrap_or_default() {
            if let Some((name, ty)) = named_type(row) {
                let row = Outlined::Row(table.clone(), name);
                outline.add(row, Detail::Text(spell(ty)));
                continue;
            }
            let Expr::Struct(fields) = row else { continue };
            let id = fields
                .fields
                .iter()
                .find(|field| is_named(&field.member, "id"));
            let id = id.and_then(|field| text(&field.expr)).unwrap_or_default();
            let mut add = |name: &str, detail: String| {
                let fact = Outlined::Fact(table.clone(), id.clone(), name.to_owned());
                outline.add(fact, Detail::Text(detail));
            };
            fact("", row, &mut add);
        }
    }
}

/// Adds the facts of a value, each with its name: `pagination.page`.
fn fact(name: &str, value: &Expr, add: &mut impl FnMut(&str, String)) {
    match value {
        Expr::Struct(value) => {
            for field in &value.fields {
                if let Member::Named(member) = &field.member
                    && member != "id"
                {
                    let name = if name.is_empty() {
                        member.to_string()
                    } else {
                        format!("{name}.{member}")
                    };
                    fact(&name, &field.expr, add);
                }
            }
        }
        // `Some(…)` only says that the fact is there.
        Expr::Call(call) => call.args.iter().for_each(|value| fact(name, value, add)),
        Expr::Lit(_) => {
            if let Some(value) = literal(value) {
                add(name, value);
            }
        }
        Expr::Path(path) => match path.path.segments.last() {
            Some(last) if last.ident == "None" => {}
            Some(last) => add(name, last.ident.to_string()),
            None => {}
        },
        other => {
            let values: Vec<String> = list(other)
                .unwrap_or_default()
                .into_iter()
                .filter_map(literal)
                .collect();
            if !values.is_empty() {
                add(name, format!("[{}]", values.join(", ")));
            }
        }
    }
}

/// Name and type of `of::<Type>("name")`.
fn named_type(row: &Expr) -> Option<(String, &Type)> {
    let Expr::Call(call) = row else { return None };
    let Expr::Path(function) = &*call.func else {
        return None;
    };
    let PathArguments::AngleBracketed(types) = &function.path.segments.last()?.arguments else {
        return None;
    };
    match types.args.first()? {
        GenericArgument::Type(ty) => Some((text(call.args.first()?)?, ty)),
        _ => None,
    }
}

/// The items of `&[…]`.
fn list(expression: &Expr) -> Option<Vec<&Expr>> {
    let Expr::Reference(reference) = expression else {
        return None;
    };
    match &*reference.expr {
        Expr::Array(array) => Some(array.elems.iter().collect()),
        _ => None,
    }
}

fn literal(expression: &Expr) -> Option<String> {
    let Expr::Lit(literal) = expression else {
        return None;
    };
    match &literal.lit {
        Lit::Str(text) => Some(format!("{:?}", text.value())),
        Lit::Bool(value) => Some(value.value.to_string()),
        Lit::Int(number) => Some(number.base10_digits().to_owned()),
        _ => None,
    }
}

fn text(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

fn is_named(member: &Member, name: &str) -> bool {
    matches!(member, Member::Named(ident) if ident == name)
}
