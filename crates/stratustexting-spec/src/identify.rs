//! Finds the operation of each page, and turns the page into our form.

use anyhow::Context;
use openapi_diff::template::shape;
use serde_json::{Map, Value, json};

use super::{
    OWN_BRAND,
    adopt::{self, BasisChange, Known, Source},
    facts::{Facts, derived_id, id_of_path},
    page::Fragment,
    problem::Problems,
};

/// The pages in our form.
#[derive(Debug)]
pub(crate) struct Owned {
    pub(crate) basis_changes: Vec<BasisChange>,
    /// By page.
    pub(crate) notes: Vec<(String, Vec<String>)>,
}

/// Gives each page its operation's id, and the vendor's pages our descriptions, which
/// come from the `known` pages.
pub(crate) fn own_form(
    fragments: &mut [Fragment],
    brand: &str,
    facts: &Facts,
    known: &[&Fragment],
) -> anyhow::Result<Owned> {
    let words = Known::of(known.iter().copied());
    let basis = if brand == OWN_BRAND {
        "documented"
    } else {
        "sibling-brand"
    };
    let site = fragments.iter().find_map(|fragment| fragment.url.clone());
    let mut site = site.context("no page has a URL")?;
    site.set_path("");
    let source = Source { basis, site: &site };
    let mut taken: Vec<Identified> = Vec::new();
    let mut basis_changes = Vec::new();
    let mut notes = Vec::new();
    let mut problems = Vec::new();
    for fragment in fragments {
        let operation = (fragment.method.clone(), shape(&fragment.path));
        let earlier = taken.iter().find(|other| other.operation == operation);
        let is_free = |id: &str| {
            let clash = |other: &Identified| other.id == *id && other.operation != operation;
            !taken.iter().any(clash)
        };
        let id = match id_of(fragment, facts, known) {
            Id::Known(id) => id,
            Id::Derived(id) => match earlier {
                Some(earlier) => earlier.id.clone(),
                // A title that several pages share doesn't identify one of them.
                None if !is_free(&id) => id_of_path(fragment),
                None => id,
            },
        };
        if !is_free(&id)
            && let Some(other) = taken.iter().find(|other| other.id == id)
        {
            let text = format!(
                "it would be {id}, as {} is; give one of them a row of its own in \
                 operations.yaml, by its title ({})",
                other.page, fragment.title
            );
            problems.push(fragment.problem(&fragment.path, text));
            continue;
        }
        taken.push(Identified {
            id: id.clone(),
            page: fragment.page.clone(),
            operation,
        });
        if !adopt::is_kept(fragment) {
            let adopted = adopt::adopt(fragment, &id, &source, &words);
            basis_changes.extend(adopted.basis_change);
            notes.push((fragment.page.clone(), adopted.notes));
        }
    }
    Problems::none(problems)?;
    Ok(Owned {
        basis_changes,
        notes,
    })
}

/// A page whose operation is identified.
struct Identified {
    id: String,
    page: String,
    /// Its method, and its path without the names of its parameters.
    operation: (String, String),
}

/// An operation's id, either certain or only suggested by its page.
enum Id {
    Known(String),
    Derived(String),
}

/// The id of a page's operation: its own from an earlier run, the id for its title,
/// that of the page with the same method and path, or one made from its title.
fn id_of(fragment: &Fragment, facts: &Facts, known: &[&Fragment]) -> Id {
    if adopt::is_kept(fragment)
        && let Some(id) = adopt::operation_id(fragment)
    {
        return Id::Known(id.to_owned());
    }
    if let Some(fact) = facts.of_title(&fragment.title) {
        return Id::Known(fact.id.clone());
    }
    let same = |other: &&&Fragment| {
        other.method == fragment.method && shape(&other.path) == shape(&fragment.path)
    };
    let renamed = known.iter().find(same);
    let renamed = renamed.and_then(|other| adopt::operation_id(other));
    match renamed {
        Some(id) => Id::Known(id.to_owned()),
        None => Id::Derived(derived_id(fragment)),
    }
}

/// Gives all pages the components of the preferred pages; the first of those wins.
pub(crate) fn prefer(
    listed: &mut [Fragment],
    unlisted: &mut [Fragment],
    pages: &[&str],
) -> anyhow::Result<()> {
    let mut right: Map<String, Value> = Map::new();
    for page in pages {
        let name = page.strip_suffix(".md").unwrap_or(page);
        let preferred = listed
            .iter()
            .chain(unlisted.iter())
            .find(|fragment| fragment.page.strip_suffix(".md") == Some(name))
            .with_context(|| format!("no page is called {page}"))?;
        for (group, members) in &preferred.components {
            let known = right.entry(group.clone()).or_insert_with(|| json!({}));
            for (name, component) in members.as_object().into_iter().flatten() {
                if known.get(name).is_none() {
                    known[name.as_str()] = component.clone();
                }
            }
        }
    }
    for fragment in listed.iter_mut().chain(unlisted) {
        for (group, members) in &mut fragment.components {
            for (name, component) in members.as_object_mut().into_iter().flatten() {
                if let Some(better) = right.get(group).and_then(|members| members.get(name)) {
                    *component = better.clone();
                }
            }
        }
    }
    Ok(())
}
