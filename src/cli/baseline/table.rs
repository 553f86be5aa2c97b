//! Plain tables.

use std::ops::Range;

use unicode_width::UnicodeWidthStr as _;

use crate::report::{COLUMNS, wrap};

/// Before what a row goes on with in its next line.
const INDENT: usize = 4;

/// Rows below a head, each column as wide as its widest cell, two spaces between. Columns that do not stand beside the
/// others within 80 go on in the next line of each row, and of the head.
pub(super) fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = head.map(str::len);
    for row in rows {
        widths.iter_mut().zip(row).for_each(|(width, cell)| *width = cell.width().max(*width));
    }
    let parts = parts(&widths);
    let lines = |cells: [&str; N]| -> String {
        let lines = parts.iter().flat_map(|part| {
            let indent = if part.start == 0 { 0 } else { INDENT };
            line(&cells[part.clone()], &widths[part.clone()], indent)
        });
        lines.map(|line| line + "\n").collect()
    };
    let body = rows.iter().map(|row| lines(row.each_ref().map(String::as_str)));
    std::iter::once(lines(head)).chain(body).collect()
}

/// The columns of each line of a row: as many as fit.
fn parts(widths: &[usize]) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let (mut start, mut taken) = (0, 0);
    for (at, width) in widths.iter().enumerate() {
        if at > start && taken + 2 + width > COLUMNS {
            parts.push(start..at);
            (start, taken) = (at, INDENT + width);
        } else {
            taken += width + if at > start { 2 } else { 0 };
        }
    }
    parts.push(start..widths.len());
    parts
}

/// Cells beside each other; one that stands alone takes as many lines as it needs.
fn line(cells: &[&str], widths: &[usize], indent: usize) -> Vec<String> {
    if let [alone] = cells {
        return wrap(alone, indent);
    }
    let padded = cells.iter().zip(widths).map(|(cell, width)| {
        let padding = " ".repeat(width.saturating_sub(cell.width()));
        format!("{cell}{padding}")
    });
    let line = padded.collect::<Vec<_>>().join("  ");
    if line.trim().is_empty() { Vec::new() } else { vec![format!("{}{}", " ".repeat(indent), line.trim_end())] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other() {
        let rows =
            [["a".to_owned(), "日本".to_owned(), "x".to_owned()], ["longer".to_owned(), "b".to_owned(), String::new()]];
        assert_eq!(table(["ONE", "TWO", "T"], &rows), "ONE     TWO   T\na       日本  x\nlonger  b\n");
    }

    #[test]
    fn what_does_not_stand_beside_the_others_goes_on_in_the_next_line() {
        let row = |id: &str, mark: &str, runner: &str| [id, mark, runner].map(str::to_owned);
        let runner = "4 x AMD EPYC 7763 64-Core Processor, a system whose name is long, ubuntu-24.04";
        let rows = [row("9f86d081884c7d65", "*", runner), row("60303ae22b998861", "", "8 x other")];
        let expected = "RUN               M\n    RUNNER\n9f86d081884c7d65  *\n    4 x AMD EPYC 7763 64-Core Processor, a system whose \
                        name is long,\n    ubuntu-24.04\n60303ae22b998861\n    8 x other\n";
        assert_eq!(table(["RUN", "M", "RUNNER"], &rows), expected);
        assert_eq!(table(["A", "B"], &[["x".repeat(38), "y".repeat(40)]]).lines().count(), 2, "80 columns are enough");
        assert_eq!(table(["A", "B"], &[["x".repeat(39), "y".repeat(40)]]).lines().count(), 4);
        let wide = [["x".repeat(150), "y".repeat(90), "1".to_owned(), "2".to_owned()]];
        let text = table(["CELL", "WIDE", "ONE", "TWO"], &wide);
        assert!(text.lines().all(|line| line.width() <= COLUMNS), "{text}");
        assert!(text.ends_with("\n    1    2\n"), "{text}");
    }
}
