//! Which operations lead to what.
//!
//! Operations share components, and components lead to each other, often in cycles. So
//! everything that is compared or only reached is a node of a graph, once. Edges are
//! noted on the way and followed at the end from all operations, 64 at a time. The time
//! depends on the size of the documents, not on the number of ways.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    sync::Arc,
};

use crate::{
    shape::Key,
    spec::{Element, Spec},
    wire::Slot,
};

/// A node: something that operations lead to, or an operation itself.
pub(super) type Node = usize;

/// The ids of operations, sorted. Many things share one list.
pub(super) type Operations = Arc<[String]>;

/// The graph of what leads to what.
#[derive(Default)]
pub(super) struct Graph {
    /// Where each node leads.
    leads: Vec<Vec<Node>>,
    /// The node whose parts are being compared.
    here: Option<Node>,
    operations: Vec<(Node, String)>,
    pairs: HashMap<(Key, Key, Slot), Node>,
    /// The nodes that are reached without being compared, by the address of the value.
    passed: HashMap<usize, Node>,
    /// The nodes that lead to a component, by its pointer.
    components: BTreeMap<String, Vec<Node>>,
}

impl Graph {
    /// Moves to a node and returns the previous one.
    pub(super) fn go_to(&mut self, node: Option<Node>) -> Option<Node> {
        std::mem::replace(&mut self.here, node)
    }

    pub(super) fn here(&self) -> Option<Node> {
        self.here
    }

    pub(super) fn operation(&mut self, id: &str) -> Node {
        let node = self.node();
        self.operations.push((node, id.to_owned()));
        node
    }

    /// The node for a pair of schemas, reachable from here, and whether it is new.
    pub(super) fn pair(&mut self, old: Key, new: Key, slot: Slot) -> (Node, bool) {
        let next = self.leads.len();
        let node = *self.pairs.entry((old, new, slot)).or_insert(next);
        if node == next {
            self.node();
        }
        self.lead(self.here, node);
        (node, node == next)
    }

    /// Notes that a component is reached from here.
    pub(super) fn reached(&mut self, element: &Element<'_>) {
        self.reached_from(self.here, element);
    }

    pub(super) fn is_reached(&self, pointer: &str) -> bool {
        self.components.contains_key(pointer)
    }

    /// Notes that a value is reached from here, with all that it leads to.
    pub(super) fn mark_reached<'a>(&mut self, spec: &'a Spec, element: &Element<'a>) {
        let mut waiting = Vec::new();
        self.passed(self.here, element, &mut waiting);
        while let Some((node, element)) = waiting.pop() {
            let mut inside = vec![element];
            while let Some(element) = inside.pop() {
                let trail = spec.trail(element.clone());
                for element in &trail {
                    self.reached_from(Some(node), element);
                }
                if let [_, .., target] = trail.as_slice() {
                    self.passed(Some(node), target, &mut waiting);
                }
                inside.extend(element.children());
            }
        }
    }

    fn passed<'a>(
        &mut self,
        from: Option<Node>,
        element: &Element<'a>,
        waiting: &mut Vec<(Node, Element<'a>)>,
    ) {
        let next = self.leads.len();
        let node = match self.passed.entry(element.address()) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(slot) => *slot.insert(next),
        };
        if node == next {
            self.node();
            waiting.push((node, element.clone()));
        }
        self.lead(from, node);
    }

    fn reached_from(&mut self, from: Option<Node>, element: &Element<'_>) {
        let Some(component) = element.pointer.strip_prefix("#/components/") else {
            return;
        };
        if component.split('/').count() != 2 {
            return;
        }
        match self.components.get_mut(&element.pointer) {
            Some(nodes) => nodes.extend(from.filter(|from| nodes.last() != Some(from))),
            None => {
                let nodes = from.into_iter().collect();
                self.components.insert(element.pointer.clone(), nodes);
            }
        }
    }

    fn node(&mut self) -> Node {
        self.leads.push(Vec::new());
        self.leads.len() - 1
    }

    fn lead(&mut self, from: Option<Node>, to: Node) {
        if let Some(leads) = from.and_then(|from| self.leads.get_mut(from))
            && leads.last() != Some(&to)
        {
            leads.push(to);
        }
    }

    /// The operations that lead to each component, by pointer, and those that lead to
    /// any node of each given list.
    pub(super) fn follow(
        mut self,
        lists: &[Vec<Node>],
    ) -> (BTreeMap<String, Operations>, Vec<Operations>) {
        self.operations.sort_by(|one, other| one.1.cmp(&other.1));
        let components = std::mem::take(&mut self.components);
        let all: Vec<&[Node]> = lists
            .iter()
            .chain(components.values())
            .map(Vec::as_slice)
            .collect();
        let mut bits: Vec<Vec<u64>> = vec![Vec::new(); all.len()];
        for chunk in self.operations.chunks(64) {
            let marks = self.marks(chunk);
            for (bits, nodes) in bits.iter_mut().zip(&all) {
                let marked = nodes.iter().map(|node| marks.get(*node).unwrap_or(&0));
                bits.push(marked.fold(0, |one, other| one | other));
            }
        }
        let mut known: HashMap<Vec<u64>, Operations> = HashMap::new();
        let ids = bits.into_iter().map(|bits| match known.entry(bits) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(slot) => {
                let ids = self.ids(slot.key());
                slot.insert(ids).clone()
            }
        });
        let mut ids = ids.collect::<Vec<Operations>>().into_iter();
        let of_lists = ids.by_ref().take(lists.len()).collect();
        (components.into_keys().zip(ids).collect(), of_lists)
    }

    /// For each node, which of the operations lead there, as a bit each.
    fn marks(&self, operations: &[(Node, String)]) -> Vec<u64> {
        let mut marks = vec![0_u64; self.leads.len()];
        let mut waiting = Vec::new();
        for (bit, (node, _)) in operations.iter().enumerate() {
            marks[*node] |= 1 << bit;
            waiting.push(*node);
        }
        while let Some(node) = waiting.pop() {
            let mark = marks[node];
            for next in &self.leads[node] {
                if marks[*next] | mark != marks[*next] {
                    marks[*next] |= mark;
                    waiting.push(*next);
                }
            }
        }
        marks
    }

    fn ids(&self, bits: &[u64]) -> Operations {
        let is_in = |index: usize| {
            bits.get(index / 64)
                .is_some_and(|word| word >> (index % 64) & 1 == 1)
        };
        let operations = self.operations.iter().enumerate();
        let mut ids: Vec<String> = operations
            .filter(|(index, _)| is_in(*index))
            .map(|(_, (_, id))| id.clone())
            .collect();
        ids.dedup();
        ids.into()
    }
}
