//! The tables for people.

use std::fmt::Write;

use crate::{count::Round, explain::CallSites, ways::Way};

/// The cost of one send, a line for each way. Without instructions their list is empty.
pub(crate) fn figures(rounds: &[(Way, Round)], instructions: &[u64]) -> String {
    let mut text =
        String::from("One send, medians of two rounds that agree; × is to raw reqwest:\n\n");
    let _ = writeln!(
        text,
        "{:<28}{:>12}{:>8}{:>14}{:>10}{:>8}{:>14}{:>8}",
        "", "allocations", "×", "least..most", "bytes", "×", "instructions", "×"
    );
    let first = rounds
        .first()
        .map(|(_, round)| round.median)
        .unwrap_or_default();
    for (index, (way, round)) in rounds.iter().enumerate() {
        let (median, (least, most)) = (round.median, round.range);
        let _ = write!(
            text,
            "{:<28}{:>12}{:>8}{:>14}{:>10}{:>8}",
            way.title(),
            median.count,
            ratio(median.count as f64, first.count as f64),
            format!("{least}..{most}"),
            median.bytes,
            ratio(median.bytes as f64, first.bytes as f64),
        );
        let _ = match (instructions.get(index), instructions.first()) {
            (Some(count), Some(first)) => {
                let ratio = ratio(*count as f64, *first as f64);
                writeln!(text, "{count:>14}{ratio:>8}")
            }
            _ => writeln!(text, "{:>14}{:>8}", "-", "-"),
        };
    }
    text.push_str("\nResized allocations, which also count:");
    for (way, round) in rounds {
        let _ = write!(text, " {} {}", way.name(), round.median.grown);
    }
    text.push_str(".\n");
    if instructions.is_empty() {
        text.push_str(
            "Instructions aren't counted without --instructions, which needs valgrind.\n",
        );
    }
    text
}

fn ratio(value: f64, to: f64) -> String {
    if to > 0.0 {
        format!("{:.2}", value / to)
    } else {
        "-".to_owned()
    }
}

/// The call sites that allocate; those that differ between the ways come first.
pub(crate) fn call_sites(call_sites: &CallSites) -> String {
    let differs = |counts: &[f64]| {
        let rounded = counts.iter().map(|count| count.round());
        rounded
            .clone()
            .any(|count| Some(count) != rounded.clone().next())
    };
    let mut text = String::from(
        "Allocations of a send by call site; those that all ways share come last:\n\n",
    );
    for way in Way::ALL {
        let _ = write!(text, "{:>10}", way.name());
    }
    text.push('\n');
    let mut total = [0.0; Way::ALL.len()];
    for wanted in [true, false] {
        for (call_site, counts) in call_sites
            .iter()
            .filter(|(_, counts)| differs(&counts[..]) == wanted)
        {
            for (total, count) in total.iter_mut().zip(counts) {
                *total += count;
            }
            let _ = writeln!(text, "{}  {call_site}", row(counts));
        }
        text.push('\n');
    }
    let _ = writeln!(text, "{}  in all", row(&total));
    text.push_str(
        "\nInlined calls have no line of their own: they count for their caller, even one \
         of another crate.\n",
    );
    text
}

fn row(counts: &[f64]) -> String {
    let mut text = String::new();
    for count in counts {
        let _ = if count.round() == 0.0 {
            write!(text, "{:>10}", ".")
        } else {
            write!(text, "{count:>10.0}")
        };
    }
    text
}
