//! Which operation a page is about, and the page in the form in which it is kept.

use anyhow::Context;

use super::{
    OWN_BRAND,
    adopt::{self, Known, Rise, Source},
    facts::{Facts, derived_id},
    merge::shape,
    page::Fragment,
    problem::Problems,
};

/// What giving pages our form took.
#[derive(Debug)]
pub(crate) struct Owned {
    pub(crate) rises: Vec<Rise>,
    /// By page.
    pub(crate) notes: Vec<(String, Vec<String>)>,
}

/// Gives each page its operation's id, and the vendor's pages our words. What is said of
/// the operations so far stands in the `known` pages.
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
    let mut site = site.context("no page says where it is")?;
    site.set_path("");
    let source = Source { basis, site: &site };
    let mut taken: Vec<(String, String)> = Vec::new();
    let mut rises = Vec::new();
    let mut notes = Vec::new();
    let mut problems = Vec::new();
    for fragment in fragments {
        let id = id_of(fragment, facts, known);
        if let Some((_, page)) = taken.iter().find(|(other, _)| *other == id) {
            let text = format!(
                "it would be {id}, as {page} is; give one of them a row of its own in \
                 operations.yaml, by its title ({})",
                fragment.title
            );
            problems.push(fragment.problem(&fragment.path, text));
            continue;
        }
        taken.push((id.clone(), fragment.page.clone()));
        if !adopt::is_kept(fragment) {
            let adopted = adopt::adopt(fragment, &id, &source, &words);
            rises.extend(adopted.rise);
            notes.push((fragment.page.clone(), adopted.notes));
        }
    }
    Problems::none(problems)?;
    Ok(Owned { rises, notes })
}

/// The id of a page's operation: its own from an earlier run, its title's, that of the page
/// which had the same method and path, or one made of its title.
fn id_of(fragment: &Fragment, facts: &Facts, known: &[&Fragment]) -> String {
    if adopt::is_kept(fragment)
        && let Some(id) = adopt::operation_id(fragment)
    {
        return id.to_owned();
    }
    if let Some(fact) = facts.of_title(&fragment.title) {
        return fact.id.clone();
    }
    let same = |other: &&&Fragment| {
        other.method == fragment.method && shape(&other.path) == shape(&fragment.path)
    };
    let renamed = known.iter().find(same);
    let renamed = renamed.and_then(|other| adopt::operation_id(other));
    renamed.map_or_else(|| derived_id(fragment), str::to_owned)
}

/// Gives all pages the components that one of them has.
pub(crate) fn prefer(
    listed: &mut [Fragment],
    unlisted: &mut [Fragment],
    page: &str,
) -> anyhow::Result<()> {
    let name = page.strip_suffix(".md").unwrap_or(page);
    let right = listed
        .iter()
        .chain(unlisted.iter())
        .find(|fragment| fragment.page.strip_suffix(".md") == Some(name))
        .with_context(|| format!("no page is called {page}"))?;
    let right = right.components.clone();
    for fragment in listed.iter_mut().chain(unlisted) {
        for (kind, members) in &mut fragment.components {
            for (name, component) in members.as_object_mut().into_iter().flatten() {
                if let Some(better) = right.get(kind).and_then(|members| members.get(name)) {
                    *component = better.clone();
                }
            }
        }
    }
    Ok(())
}
