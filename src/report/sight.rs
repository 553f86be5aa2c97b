//! What a comparison with stored runs could see, as text, for `check`.

use super::{
    clean,
    terminal::{COLUMNS, left, right, width, wrap},
};
use crate::judge::{Comparison, Regression};
use crate::units::number;

/// The titles of the numbers.
const TITLES: [&str; 4] = ["runs", "typically", "margin", "sees"];

/// The stored runs that a run is compared with, and for each cell the smallest change that one run of the ladder would
/// see; within 80 columns. The cells are those of [`crate::judge::regression::outlook`].
pub fn sight(cells: &[Regression], comparison: &Comparison) -> String {
    let regime = comparison.regime_words();
    let known = regime.unwrap_or_else(|| "No stored run is comparable yet.".to_owned());
    let mut lines = wrap(&clean(&format!("regressions: {known}")), 0);
    let seen: Vec<&Regression> = cells.iter().filter(|cell| cell.detectable.is_some()).collect();
    if !seen.is_empty() {
        lines.extend(table(&seen));
        lines.extend(wrap(
            "`sees` is the smallest change for the worse that one run of the ladder shows beyond doubt in four of five \
             cases; a comparison with fewer than 10 runs needs twice its margin.",
            0,
        ));
    }
    let blind = cells.len() - seen.len();
    if blind > 0 {
        let fewest = cells.iter().filter(|cell| cell.detectable.is_none()).map(|cell| cell.history.len()).min();
        let cells = if blind == 1 { "1 cell has".to_owned() } else { format!("{blind} cells have") };
        let runs = number::counted(fewest.unwrap_or(0) as u64, "stored run");
        lines.extend(wrap(&format!("{cells} no comparison yet: {runs}, and 5 are needed."), 0));
    }
    lines.extend(comparison.notes.iter().flat_map(|note| wrap(&clean(&format!("note: {note}")), 0)));
    lines.push(String::new());
    lines.join("\n")
}

/// A row for each cell; where the longest name leaves no room for the numbers, the names stand in lines of their own.
fn table(cells: &[&Regression]) -> Vec<String> {
    let numbers = |cell: &&Regression| {
        let runs = cell.history.len().to_string();
        [runs, cell.value(cell.base), cell.margin_words(), cell.detectable_words()]
    };
    let names = std::iter::once("cell".to_owned()).chain(cells.iter().map(|cell| clean(&cell.name()).into_owned()));
    let rows: Vec<(String, [String; 4])> =
        names.zip(std::iter::once(TITLES.map(str::to_owned)).chain(cells.iter().map(numbers))).collect();
    let columns: [usize; 4] = std::array::from_fn(|at| rows.iter().map(|(_, row)| width(&row[at])).max().unwrap_or(0));
    let longest = rows.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    let beside = longest + columns.iter().map(|columns| columns + 2).sum::<usize>() <= COLUMNS;
    let line = |(name, row): &(String, [String; 4])| -> Vec<String> {
        let numbers = row.iter().zip(columns).map(|(number, columns)| format!("  {}", right(number, columns)));
        let numbers = numbers.collect::<Vec<_>>().concat();
        if beside {
            return vec![format!("{}{numbers}", left(name, longest))];
        }
        wrap(name, 0).into_iter().chain([numbers]).collect()
    };
    rows.iter().flat_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    #[test]
    fn says_what_each_cell_can_see() {
        let verdict = fixtures::regressed();
        let comparison = verdict.comparison.clone().expect("it compares");
        insta::assert_snapshot!("sight", sight(&verdict.regressions, &comparison));
    }

    #[test]
    fn long_names_stand_in_lines_of_their_own() {
        let verdict = fixtures::regressed();
        let mut cells = verdict.regressions.clone();
        cells[0].cell = format!("p95({})", "a very long name ".repeat(12));
        let text = sight(&cells, &verdict.comparison.clone().expect("it compares"));
        assert!(text.lines().all(|line| width(line) <= COLUMNS), "{text}");
        assert_eq!(text.matches("very").count(), 12, "{text}");
    }
}
