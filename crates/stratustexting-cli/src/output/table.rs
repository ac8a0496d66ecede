//! Tables, which are printed while their rows still come.

use std::io::{self, IsTerminal};

use anstyle::Style;

use super::{
    Output,
    text::{fit, printable_cell, width},
};
use crate::failure::Result;

const HEAD: Style = Style::new().bold();

/// What is between two columns.
const GAP: usize = 2;

/// A table whose rows come page by page. The columns are as wide as the pages so far need; on a
/// terminal all of them fit into its width, by cutting the widest.
pub(crate) struct Table<'o> {
    output: &'o Output,
    head: &'o [&'o str],
    widths: Vec<usize>,
    room: Option<usize>,
    has_begun: bool,
}

impl<'o> Table<'o> {
    pub(crate) fn new(output: &'o Output, head: &'o [&'o str]) -> Self {
        Self {
            output,
            head,
            widths: head.iter().map(|name| width(name)).collect(),
            room: terminal_width(),
            has_begun: false,
        }
    }

    /// Prints the next rows. They have a cell for each column.
    pub(crate) fn rows(&mut self, rows: &[Vec<String>]) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let rows: Vec<Vec<_>> = rows
            .iter()
            .map(|row| row.iter().map(|cell| printable_cell(cell)).collect())
            .collect();
        for row in &rows {
            for (widest, cell) in self.widths.iter_mut().zip(row) {
                *widest = (*widest).max(width(cell));
            }
        }
        let widths = match self.room {
            Some(room) => fitted(&self.widths, room),
            None => self.widths.clone(),
        };
        if !self.has_begun {
            self.has_begun = true;
            let head = line(self.head.iter().copied(), &widths, self.room.is_some());
            self.output.line(&format!("{HEAD}{head}{HEAD:#}"))?;
        }
        for row in &rows {
            let cells = row.iter().map(AsRef::as_ref);
            self.output
                .line(&line(cells, &widths, self.room.is_some()))?;
        }
        Ok(())
    }

    /// Whether no row has come.
    pub(crate) fn is_empty(&self) -> bool {
        !self.has_begun
    }
}

/// The width of the terminal, if standard output is one.
fn terminal_width() -> Option<usize> {
    let out = io::stdout();
    if !out.is_terminal() {
        return None;
    }
    let (columns, _) = terminal_size::terminal_size_of(out)?;
    Some(usize::from(columns.0))
}

/// The widths, made smaller until all columns fit; each keeps one column at least.
fn fitted(widths: &[usize], room: usize) -> Vec<usize> {
    let mut widths = widths.to_vec();
    let gaps = GAP * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > room {
        match widths.iter_mut().max() {
            Some(widest) if *widest > 1 => *widest -= 1,
            _ => break,
        }
    }
    widths
}

/// One line. Outside of a terminal nothing is cut, and a wider cell moves the rest.
fn line<'c>(cells: impl Iterator<Item = &'c str>, widths: &[usize], is_cut: bool) -> String {
    let mut line = String::new();
    for (index, (cell, columns)) in cells.zip(widths).enumerate() {
        if index > 0 {
            line += &" ".repeat(GAP);
        }
        let shown = match is_cut {
            true => fit(cell, *columns),
            false => cell.into(),
        };
        line += &shown;
        line += &" ".repeat(columns.saturating_sub(width(&shown)));
    }
    line.trim_end().to_owned()
}

/// Columns that are aligned, the last one as wide as it is.
pub(crate) fn table(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widest = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| width(cell)).max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..columns).map(widest).collect();
    let lines = rows
        .iter()
        .map(|row| line(row.iter().map(String::as_str), &widths, false));
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_what_a_terminal_shows() {
        let rows = [["name", "number"], ["日本", "+1"], ["Zoë", "+2"]];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec());

        assert_eq!(table(&rows), ["name  number", "日本  +1", "Zoë   +2"]);
    }

    #[test]
    fn the_widest_columns_give_way_first() {
        assert_eq!(fitted(&[4, 30, 10], 48), [4, 30, 10]);
        assert_eq!(fitted(&[4, 30, 10], 28), [4, 10, 10]);
        assert_eq!(fitted(&[4, 30, 10], 20), [4, 6, 6]);
        assert_eq!(fitted(&[4, 4], 1), [1, 1]);
    }
}
