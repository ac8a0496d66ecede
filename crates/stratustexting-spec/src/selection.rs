//! Which pages a run goes by: the site's, and in the place of one that fails the page as it
//! is kept, where the caller wants that rather than no run at all.

use serde_json::Value;

use super::{
    index::{Entry, Index},
    page::Fragment,
    problem::{Problem, Problems},
    source::Pages,
    spec::Kept,
};

/// The pages that the index lists, and what is taken for each.
pub(crate) struct Selection {
    index: Index,
    slots: Vec<Slot>,
    /// What is wrong with lines of the index.
    lines: Vec<Problem>,
}

struct Slot {
    entry: Entry,
    taken: Taken,
    kept: Option<Fragment>,
    /// Why it isn't the site's.
    reasons: Vec<Problem>,
}

enum Taken {
    Site(Box<Fragment>),
    Kept,
    Nothing,
}

impl Selection {
    pub(crate) fn of(pages: Pages, kept: &Kept) -> Self {
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
                taken: Taken::Nothing,
                kept: by_name.or_else(by_title).cloned(),
                reasons: Vec::new(),
            };
            match (read, reason) {
                (Some(read), _) => slot.taken = Taken::Site(Box::new(read.clone())),
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

    /// The index of the pages that are taken, and those pages, with the names that they have
    /// in that index.
    pub(crate) fn pages(&self) -> (Index, Vec<Fragment>) {
        let taken = self.slots.iter().filter_map(|slot| {
            let mut fragment = match &slot.taken {
                Taken::Site(fragment) => (**fragment).clone(),
                Taken::Kept => slot.kept.clone()?,
                Taken::Nothing => return None,
            };
            fragment.url = Some(super::source::without_ending(&slot.entry.url));
            Some((slot.entry.clone(), fragment))
        });
        let (entries, mut fragments): (Vec<Entry>, Vec<Fragment>) = taken.unzip();
        let index = self.index.with_pages(entries);
        for (entry, fragment) in index.api.iter().zip(&mut fragments) {
            entry.file().clone_into(&mut fragment.page);
        }
        (index, fragments)
    }

    /// Whether a page is taken as it was kept.
    pub(crate) fn is_kept(&self, fragment: &Fragment) -> bool {
        let url = |slot: &&Slot| {
            fragment.url.as_ref() == Some(&super::source::without_ending(&slot.entry.url))
        };
        let slot = self.slots.iter().find(url);
        slot.is_some_and(|slot| matches!(slot.taken, Taken::Kept))
    }

    /// Whether anything of the site is taken.
    pub(crate) fn has_any(&self) -> bool {
        let site = |slot: &Slot| matches!(slot.taken, Taken::Site(_));
        self.slots.iter().any(site)
    }

    /// Does without the pages that a run failed by. Says whether there were any, which is
    /// whether another run can end otherwise.
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
            if matches!(slot.taken, Taken::Nothing) {
                continue;
            }
            let Some(name) = names.next() else { break };
            let own = problems.iter().find(|problem| problem.concerns(&name));
            if let Some(problem) = own {
                let site = matches!(slot.taken, Taken::Site(_));
                let usable = site && slot.kept.is_some();
                slot.fail(problem.clone(), usable);
                any = true;
            }
        }
        any
    }

    /// What the site has and the document hasn't, a line each.
    pub(crate) fn left_out(&self) -> Vec<String> {
        let pages = self.slots.iter().filter(|slot| !slot.reasons.is_empty());
        let pages = pages.map(|slot| {
            let reasons: Vec<String> = slot.reasons.iter().map(Problem::to_string).collect();
            let reasons = reasons.join("; and as it is kept, ");
            let name = slot.entry.file();
            let named = slot.reasons.iter().any(|reason| reason.page() == name);
            let before = if named {
                String::new()
            } else {
                format!("{name}: ")
            };
            let outcome = match slot.taken {
                Taken::Kept => "the page as it is kept stays",
                _ => "left out",
            };
            format!("{before}{reasons}; {outcome}")
        });
        let lines = self.lines.iter().map(|line| format!("{line}; left out"));
        lines.chain(pages).collect()
    }

    /// Gives pages as they were kept the schemas that the site has by now: they go with pages
    /// that have them already.
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
            // What those schemas refer to comes with them.
            add_missing(fragment, &site);
        }
    }
}

impl Slot {
    fn fail(&mut self, reason: Problem, usable: bool) {
        self.reasons.push(reason);
        self.taken = if usable { Taken::Kept } else { Taken::Nothing };
    }
}

/// The value that comes most often, and of several such the first.
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
