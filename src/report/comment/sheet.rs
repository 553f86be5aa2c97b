//! A text of bounded length: rows that leave it in the order of their importance.

/// How important a row is, the most important first; rows leave from the end of this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// What failed, or did not decide a run that fails for it. It leaves last, and before that it is shortened.
    Failing,
    /// Phases that did not pass, and where the app gave way.
    Decisive,
    /// Comparisons that failed.
    Worse,
    /// What warns and what is uncertain.
    Uncertain,
    /// Commit, seed and how to repeat the run.
    Circumstance,
    /// Why a finding came out as it did.
    Evidence,
    /// Waivers and remarks.
    Remark,
    /// Phases that passed, and the chart.
    Passed,
    /// The numbers of phases and of endpoints that failed.
    Numbers,
    /// The checklist.
    Check,
    /// Comparisons that passed.
    PassedCell,
    /// Gauges and the generator.
    Gauge,
    /// Endpoints that passed.
    PassedEndpoint,
}

/// One row; it ends in a line break.
#[derive(Debug, Clone)]
pub(super) struct Row {
    rank: Rank,
    /// The longest first.
    forms: Vec<String>,
}

impl Row {
    /// A row that stays whole or leaves.
    pub(super) fn new(rank: Rank, text: String) -> Self {
        Self { rank, forms: vec![text] }
    }

    /// A row that becomes shorter before it leaves; the longest form first.
    pub(super) fn in_forms(rank: Rank, forms: Vec<String>) -> Self {
        Self { rank, forms }
    }
}

/// Rows under a title; without rows it is not there.
#[derive(Debug, Clone)]
pub(super) struct Section {
    /// What stands above the rows.
    pub(super) open: String,
    /// The rows.
    pub(super) rows: Vec<Row>,
    /// What stands below them, such as the end of what `open` began.
    pub(super) close: String,
}

impl Section {
    /// Rows under a heading.
    pub(super) fn unfolded(open: String, rows: Vec<Row>) -> Self {
        Self { open, rows, close: String::new() }
    }

    /// Rows that open by a click.
    pub(super) fn folded(title: &str, head: &str, rows: Vec<Row>) -> Self {
        let open = format!("<details><summary>{title}</summary>\n\n{head}");
        Self { open, rows, close: "\n</details>\n".to_owned() }
    }
}

/// How many rows had no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct LeftOut {
    /// All of them.
    pub(super) rows: usize,
    /// Those that failed.
    pub(super) failing: usize,
}

/// How long a text is, as forges count at the most: in UTF-16 units, which are never fewer than characters.
pub fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The sections within so much room, one blank line apart, and how many rows had none.
///
/// Rows leave from the least important on, within a rank the last first. Those that fail become shorter before one of
/// them leaves.
pub(super) fn fit(sections: &[Section], room: usize) -> (String, LeftOut) {
    let mut kept = Kept::new(sections);
    for cut in cuts(sections) {
        if kept.length <= room {
            break;
        }
        kept.cut(cut);
    }
    (kept.text(), kept.left_out)
}

/// The next form of a row, or its leave.
#[derive(Debug, Clone, Copy)]
struct Cut {
    section: usize,
    row: usize,
    /// `None` is leaving.
    form: Option<usize>,
}

/// Every cut in order.
fn cuts(sections: &[Section]) -> impl Iterator<Item = Cut> {
    let mut rows: Vec<(Rank, usize, usize, usize)> = Vec::new();
    for (section, of) in sections.iter().enumerate() {
        rows.extend(of.rows.iter().enumerate().map(|(row, of)| (of.rank, section, row, of.forms.len())));
    }
    rows.sort_unstable();
    let mut cuts = Vec::new();
    let ranks: Vec<&[(Rank, usize, usize, usize)]> = rows.chunk_by(|a, b| a.0 == b.0).collect();
    for rank in ranks.into_iter().rev() {
        let forms = rank.iter().map(|(.., forms)| *forms).max().unwrap_or(0);
        for form in 1..forms {
            let shorter = rank.iter().rev().filter(|(.., forms)| form < *forms);
            cuts.extend(shorter.map(|&(_, section, row, _)| Cut { section, row, form: Some(form) }));
        }
        cuts.extend(rank.iter().rev().map(|&(_, section, row, _)| Cut { section, row, form: None }));
    }
    cuts.into_iter()
}

/// What is still there.
struct Kept<'a> {
    sections: &'a [Section],
    /// The form of each row.
    forms: Vec<Vec<Option<usize>>>,
    /// How many rows each section still has.
    rows: Vec<usize>,
    length: usize,
    left_out: LeftOut,
}

impl<'a> Kept<'a> {
    fn new(sections: &'a [Section]) -> Self {
        let filled = || sections.iter().filter(|section| !section.rows.is_empty());
        let rows = || filled().flat_map(|section| &section.rows);
        Self {
            sections,
            forms: sections.iter().map(|section| vec![Some(0); section.rows.len()]).collect(),
            rows: sections.iter().map(|section| section.rows.len()).collect(),
            length: filled().map(frame).sum::<usize>() + rows().map(|row| length(&row.forms[0])).sum::<usize>(),
            left_out: LeftOut::default(),
        }
    }

    fn cut(&mut self, cut: Cut) {
        let section = &self.sections[cut.section];
        let row = &section.rows[cut.row];
        let form = &mut self.forms[cut.section][cut.row];
        let long = |form: Option<usize>| form.map_or(0, |form| length(&row.forms[form]));
        self.length = self.length + long(cut.form) - long(*form);
        *form = cut.form;
        if cut.form.is_none() {
            self.left_out.rows += 1;
            self.left_out.failing += usize::from(row.rank == Rank::Failing);
            self.rows[cut.section] -= 1;
            if self.rows[cut.section] == 0 {
                self.length -= frame(section);
            }
        }
    }

    fn text(&self) -> String {
        let mut parts = Vec::new();
        for (section, forms) in self.sections.iter().zip(&self.forms) {
            let rows =
                section.rows.iter().zip(forms).filter_map(|(row, form)| form.map(|form| row.forms[form].as_str()));
            let rows: String = rows.collect();
            if !rows.is_empty() {
                parts.push(format!("{}{rows}{}", section.open, section.close));
            }
        }
        parts.join("\n")
    }
}

/// What a section takes beside its rows, and the blank line after it.
fn frame(section: &Section) -> usize {
    length(&section.open) + length(&section.close) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sections() -> Vec<Section> {
        let failing =
            |name: &str| Row::in_forms(Rank::Failing, vec![format!("- {name} in full\n"), format!("- {name}\n")]);
        let passed = |name: &str| Row::new(Rank::PassedEndpoint, format!("| {name} |\n"));
        vec![
            Section::unfolded("### Failed\n\n".to_owned(), vec![failing("a"), failing("b")]),
            Section::folded("Endpoints", "", vec![passed("x"), passed("y")]),
        ]
    }

    #[test]
    fn everything_that_fits_stays() {
        let (text, left_out) = fit(&sections(), 1_000);
        let details = "<details><summary>Endpoints</summary>\n\n| x |\n| y |\n\n</details>\n";
        assert_eq!(text, format!("### Failed\n\n- a in full\n- b in full\n\n{details}"));
        assert_eq!(left_out, LeftOut::default());
        // Exactly so much room is enough.
        assert_eq!(fit(&sections(), length(&text) + 1).0, text);
    }

    #[test]
    fn the_least_important_leaves_first_and_what_fails_becomes_short() {
        let whole = length(&fit(&sections(), 1_000).0);
        let (text, left_out) = fit(&sections(), whole);
        assert!(text.contains("| x |") && !text.contains("| y |"), "{text}");
        assert_eq!(left_out, LeftOut { rows: 1, failing: 0 });
        assert_eq!(fit(&sections(), 40).0, "### Failed\n\n- a in full\n- b in full\n");
        assert_eq!(fit(&sections(), 30).0, "### Failed\n\n- a in full\n- b\n");
        assert_eq!(fit(&sections(), 22).0, "### Failed\n\n- a\n- b\n");
        assert_eq!(fit(&sections(), 20), ("### Failed\n\n- a\n".to_owned(), LeftOut { rows: 3, failing: 1 }));
        assert_eq!(fit(&sections(), 0), (String::new(), LeftOut { rows: 4, failing: 2 }));
    }

    #[test]
    fn counts_as_forges_do_at_the_most() {
        assert_eq!((length("aü概"), length("👩")), (3, 2));
    }
}
