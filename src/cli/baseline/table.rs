//! Plain tables.

use unicode_width::UnicodeWidthStr as _;

/// Rows below a head, each column as wide as its widest cell, two spaces between.
pub(super) fn table<const COLUMNS: usize>(head: [&str; COLUMNS], rows: &[[String; COLUMNS]]) -> String {
    let mut widths = head.map(str::len);
    for row in rows {
        widths.iter_mut().zip(row).for_each(|(width, cell)| *width = cell.width().max(*width));
    }
    let line = |cells: [&str; COLUMNS]| {
        let padded = cells.iter().zip(widths).map(|(cell, width)| {
            let padding = " ".repeat(width.saturating_sub(cell.width()));
            format!("{cell}{padding}")
        });
        format!("{}\n", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    let body = rows.iter().map(|row| line(row.each_ref().map(String::as_str)));
    std::iter::once(line(head)).chain(body).collect()
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
}
