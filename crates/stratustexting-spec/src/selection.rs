//! Selects the pages of a run: the site's, or the kept version of a page that fails if
//! the caller wants to go on.

use serde_json::Value;

use super::{
    index::{Entry, Index},
    page::Fragment,
    problem::{Problem, Problems},
    source::Pages,
    spec_files::KeptPages,
};

/// The pages that the index lists, and the chosen version of each.
pub(crate) struct Selection {
    index: Index,
    slots: Vec<Slot>,
    /// Problems with lines of the index.
    lines: Vec<Problem>,
}

struct Slot {
    entry: Entry,
    chosen: Chosen,
    kept: Option<Fragment>,
    /// Why the site's version isn't used.
    reasons: Vec<Problem>,
}

enum Chosen {
    Site(Box<Fragment>),
    Kept,
    Nothing,
}

impl Selection {
    pub(crate) fn of(pages: Pages, kept: &KeptPages) -> Self {
        let Pages {
            index,
            fragments,
            failed,
            ..
        } = pages;
        let slots = index.api.iter().map(|entry| {
            let name = entry.file();
            let read = fragments.iter().find(|fragment| fragment.page == name);
            let reason = failed.iter().find(|problem| problem.page() == name);
            let by_name = kept.all().find(|fragment| fragment.page == name);
            let by_title = || kept.all().find(|fragment| fragment.title == entry.title);
            let mut slot = Slot {
                entry: entry.clone(),
                chosen: Chosen::Nothing,
                kept: by_name.or_else(by_title).cloned(),
                reasons: Vec::new(),
            };
            match (read, reason) {
                (Some(read), _) => slot.chosen = Chosen::Site(Box::new(read.clone())),
                (None, Some(reason)) => slot.fail(reason.clone(), slot.kept.is_some()),
                (None, None) => {}
            }
            slot
        });
        let slots = slots.collect();
        let of_index = |problem: &&Problem| problem.page() == super::index::NAME;
        let lines = failed.iter().filter(of_index).cloned().collect();
        Self {
            index,
            slots,
            lines,
        }
    }

    /// The index of the chosen pages, and those pages, with the file names from that
    /// index.
    pub(crate) fn pages(&self) -> (Index, Vec<Fragment>) {
        let chosen = self.slots.iter().filter_map(|slot| {
            let mut fragment = match &slot.chosen {
                Chosen::Site(fragment) => (**fragment).clone(),
                Chosen::Kept => slot.kept.clone()?,
                Chosen::Nothing => return None,
            };
            fragment.url = Some(super::source::without_ending(&slot.entry.url));
            Some((slot.entry.clone(), fragment))
        });
        let (entries, mut fragments): (Vec<Entry>, Vec<Fragment>) = chosen.unzip();
        let index = self.index.with_pages(entries);
        for (entry, fragment) in index.api.iter().zip(&mut fragments) {
            entry.file().clone_into(&mut fragment.page);
        }
        (index, fragments)
    }

    /// Whether the kept version of a page is used.
    pub(crate) fn is_kept(&self, fragment: &Fragment) -> bool {
        let url = |slot: &&Slot| {
            fragment.url.as_ref() == Some(&super::source::without_ending(&slot.entry.url))
        };
        let slot = self.slots.iter().find(url);
        slot.is_some_and(|slot| matches!(slot.chosen, Chosen::Kept))
    }

    /// Whether any page of the site is used.
    pub(crate) fn has_any(&self) -> bool {
        let site = |slot: &Slot| matches!(slot.chosen, Chosen::Site(_));
        self.slots.iter().any(site)
    }

    /// Drops the pages on which a run failed. Returns whether there were any, so that
    /// another run can end differently.
    pub(crate) fn without(&mut self, error: &anyhow::Error) -> bool {
        let problems: Vec<Problem> = match (
            error.downcast_ref::<Problems>(),
            error.downcast_ref::<Problem>(),
        ) {
            (Some(problems), _) => problems.0.clone(),
            (None, Some(problem)) => vec![problem.clone()],
            (None, None) => return false,
        };
        let (index, _) = self.pages();
        let mut names = index.api.iter().map(|entry| entry.file().to_owned());
        let mut any = false;
        for slot in &mut self.slots {
            if matches!(slot.chosen, Chosen::Nothing) {
                continue;
            }
            let Some(name) = names.next() else { break };
            let own = problems.iter().find(|problem| problem.concerns(&name));
            if let Some(problem) = own {
                let site = matches!(slot.chosen, Chosen::Site(_));
                let usable = site && slot.kept.is_some();
                slot.fail(problem.clone(), usable);
                any = true;
            }
        }
        any
    }

    /// The site's pages that aren't in the document, a line each.
    pub(crate) fn left_out(&self) -> Vec<String> {
        let pages = self.slots.iter().filter(|slot| !slot.reasons.is_empty());
        let pages = pages.map(|slot| {
            let reasons: Vec<String> = slot.reasons.iter().map(Problem::to_string).collect();
            let reasons = reasons.join("; and the kept version, ");
            let name = slot.entry.file();
            let named = slot.reasons.iter().any(|reason| reason.page() == name);
            let before = if named {
                String::new()
            } else {
                format!("{name}: ")
            };
            let outcome = match slot.chosen {
                Chosen::Kept => "the kept version stays",
                _ => "left out",
            };
            format!("{before}{reasons}; {outcome}")
        });
        let lines = self.lines.iter().map(|line| format!("{line}; left out"));
        lines.chain(pages).collect()
    }

    /// Updates the schemas of kept pages to the site's current ones, with which they
    /// must agree.
    pub(crate) fn renew(&self, fragments: &mut [Fragment]) {
        let kept: Vec<bool> = fragments.iter().map(|page| self.is_kept(page)).collect();
        if !kept.contains(&true) {
            return;
        }
        let all = fragments.to_vec();
        let site: Vec<&Fragment> = all
            .iter()
            .zip(&kept)
            .filter(|(_, kept)| !**kept)
            .map(|(fragment, _)| fragment)
            .collect();
        for (fragment, _) in fragments.iter_mut().zip(&kept).filter(|(_, kept)| **kept) {
            for (group, members) in &mut fragment.components {
                for (name, component) in members.as_object_mut().into_iter().flatten() {
                    let theirs = site
                        .iter()
                        .filter_map(|page| page.components.get(group)?.get(name));
                    if let Some(better) = most(theirs) {
                        *component = better.clone();
                    }
                }
            }
            // The schemas that those refer to come with them.
            add_missing(fragment, &site);
        }
    }
}

impl Slot {
    fn fail(&mut self, reason: Problem, usable: bool) {
        self.reasons.push(reason);
        self.chosen = if usable {
            Chosen::Kept
        } else {
            Chosen::Nothing
        };
    }
}

/// The most frequent value; the first of several.
pub(crate) fn most<'a>(values: impl IntoIterator<Item = &'a Value>) -> Option<&'a Value> {
    let mut counts: Vec<(&Value, usize)> = Vec::new();
    for value in values {
        match counts.iter_mut().find(|(known, _)| *known == value) {
            Some((_, count)) => *count += 1,
            None => counts.push((value, 1)),
        }
    }
    let first_of_most = |best: Option<(&'a Value, usize)>, next: (&'a Value, usize)| match best {
        Some(best) if best.1 >= next.1 => Some(best),
        _ => Some(next),
    };
    counts
        .into_iter()
        .fold(None, first_of_most)
        .map(|(value, _)| value)
}

fn add_missing(fragment: &mut Fragment, site: &[&Fragment]) {
    loop {
        let components = Value::Object(fragment.components.clone());
        let lost = super::validate::lost_components(&components);
        let mut added = false;
        for (group, name) in lost {
            let found = site
                .iter()
                .find_map(|page| page.components.get(&group)?.get(&name));
            let members = fragment.components.entry(group);
            let members = members.or_insert_with(|| Value::Object(serde_json::Map::new()));
            if let (Some(found), Value::Object(members)) = (found, members) {
                members.insert(name, found.clone());
                added = true;
            }
        }
        if !added {
            return;
        }
    }
}
