//! The facts of the static tables, a line each.
//!
//! What may be repeated or how an operation pages is no less part of the client
//! than its types, and a change of it has to be seen in review.

use syn::{Expr, GenericArgument, Item, ItemMod, Lit, Member, PathArguments, Type};

use super::{items_of, spelling::spell};

/// A line per fact: `table OPERATIONS sendSms.idempotent = false`. What a table
/// leaves empty has no line. A row that names a type is one fact: `table MODELS Contact =
/// Contact`.
pub(super) fn facts(module: &ItemMod, lines: &mut Vec<String>) {
    for item in items_of(module) {
        let Item::Static(item) = item else { continue };
        for row in list(&item.expr).unwrap_or_default() {
            if let Some((key, ty)) = named_type(row) {
                lines.push(format!("table {} {key} = {}", item.ident, spell(ty)));
                continue;
            }
            let Expr::Struct(fields) = row else { continue };
            let key = fields
                .fields
                .iter()
                .find(|field| is_named(&field.member, "id"));
            let key = key.and_then(|field| text(&field.expr)).unwrap_or_default();
            fact(&format!("table {} {key}", item.ident), row, lines);
        }
    }
}

fn fact(at: &str, value: &Expr, lines: &mut Vec<String>) {
    match value {
        Expr::Struct(value) => {
            for field in &value.fields {
                if let Member::Named(name) = &field.member
                    && name != "id"
                {
                    fact(&format!("{at}.{name}"), &field.expr, lines);
                }
            }
        }
        // `Some(…)` says no more than the line's being there.
        Expr::Call(call) => call.args.iter().for_each(|value| fact(at, value, lines)),
        Expr::Lit(_) => {
            if let Some(value) = literal(value) {
                lines.push(format!("{at} = {value}"));
            }
        }
        Expr::Path(path) => match path.path.segments.last() {
            Some(last) if last.ident == "None" => {}
            Some(last) => lines.push(format!("{at} = {}", last.ident)),
            None => {}
        },
        other => {
            let values: Vec<String> = list(other)
                .unwrap_or_default()
                .into_iter()
                .filter_map(literal)
                .collect();
            if !values.is_empty() {
                lines.push(format!("{at} = [{}]", values.join(", ")));
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
