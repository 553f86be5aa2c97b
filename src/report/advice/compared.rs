//! What to try for comparisons: by what they are made with, and by what their command can do.

use crate::judge::{Anchored, ComparisonMode, Outcome, Regression, Verdict, short_commit};

/// What to try for a cell that became worse.
pub(in crate::report) fn for_regression(verdict: &Verdict, of: &Regression) -> String {
    let subject = of.endpoint.as_deref().unwrap_or(&of.phase);
    let comparison = verdict.comparison.as_ref();
    if comparison.is_some_and(|comparison| comparison.mode == ComparisonMode::Interleaved) {
        return format!(
            "See what changed for {subject} between the two deployments; profile one request on each. If it is wanted, \
             the cell needs a larger margin."
        );
    }
    let regime = comparison.and_then(|comparison| comparison.regime.as_ref());
    if of.only_crept() {
        let anchored = regime.and_then(|regime| regime.anchored.as_ref());
        let anchor = anchored.map_or_else(|| "the anchor".to_owned(), Anchored::words);
        let all = of.anchor.and_then(|anchor| anchor.change).unwrap_or(f64::INFINITY);
        let largest = of.creep.map_or(0.0, |creep| creep.largest_step);
        let steps = if largest > all / 2.0 { "Most of it came in one step" } else { "No single change is to blame" };
        let how = match &verdict.source {
            Some(source) => format!("by the same load of {}", source.tool),
            None => "with both versions up by `stagegate run --target URL --against URL`".to_owned(),
        };
        return format!("{steps}: measure {subject} at {anchor} and at a few commits since then, {how}. {ACCEPT}");
    }
    let before = regime.and_then(|regime| regime.commits.last()).map(|commit| short_commit(commit));
    let now = short_commit(&verdict.commit);
    let between = match before.filter(|before| *before != now) {
        Some(before) => format!("between commits {before} and {now}"),
        None => format!("since the stored runs (commit {now})"),
    };
    let again = match &verdict.source {
        Some(source) => format!("To see whether it stays, make the load of {} once more and judge that", source.tool),
        None => "To measure it without the noise between runs, serve both versions and `stagegate run --target URL --against \
                 URL`"
            .to_owned(),
    };
    format!("See what changed for {subject} {between}. {again}. {ACCEPT}")
}

/// What to do about a slowdown that is wanted.
const ACCEPT: &str = "If it is wanted, `stagegate baseline accept --reason TEXT` makes it the new normal.";

/// What to try for comparisons that did not decide.
pub(in crate::report) fn for_undecided(verdict: &Verdict, outcome: Outcome) -> Option<String> {
    let comparison = verdict.comparison.as_ref()?;
    let interleaved = comparison.mode == ComparisonMode::Interleaved;
    let advice = match outcome {
        // Its reason says what to write.
        Outcome::New if comparison.source.is_none() => return None,
        Outcome::New if comparison.regime.is_none() && !comparison.notes.is_empty() => {
            "`stagegate baseline list` shows whether the store answers from this machine, and what is in it."
        }
        Outcome::New if verdict.source.is_some() => {
            "Loads of the base branch fill the store: `stagegate judge --save-baseline`, or in CI by themselves."
        }
        Outcome::New => {
            "Runs of the base branch fill the store: `stagegate run --save-baseline`, or in CI by themselves."
        }
        // However many files a load has, it is one run.
        Outcome::Inconclusive if verdict.source.is_some() => {
            "A longer load differs less from one time to the next. Where only a confirmation is missing, \
             `regression.confirm: 0` lets one run block."
        }
        Outcome::Inconclusive if interleaved => "A longer `duration` makes longer blocks, which differ less.",
        Outcome::Inconclusive => {
            "`--repeat 3` measures the head more often; `run --target URL --against URL` compares without the noise \
             between runs."
        }
        _ => return None,
    };
    Some(advice.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        judge::{Source, Times, ranked},
        report::fixtures,
    };

    #[test]
    fn what_crept_is_no_matter_of_the_newest_commits() {
        let verdict = fixtures::regressed();
        let mut crept = verdict.regressions.iter().find(|one| one.only_crept()).expect("one crept").clone();
        let advice = for_regression(&verdict, &crept);
        assert!(
            advice.starts_with("No single change is to blame: measure heavy at v1.8 (commit b00c0de, 2026-11-03)"),
            "{advice}"
        );
        crept.creep.as_mut().expect("it is measured").largest_step = 0.12;
        assert!(for_regression(&verdict, &crept).starts_with("Most of it came in one step: measure heavy"));
    }

    /// `judge` has neither `--repeat` nor a second deployment, and `run` saves no load of another tool.
    #[test]
    fn a_load_of_another_tool_is_advised_by_what_judge_can_do() {
        let mut verdict = fixtures::regressed();
        verdict.source = Some(Source {
            tool: "k6".to_owned(),
            times: Times::Service,
            files: Vec::new(),
            outside: 0,
            generator: String::new(),
        });
        let mut said: Vec<String> = [Outcome::New, Outcome::Inconclusive]
            .into_iter()
            .map(|outcome| for_undecided(&verdict, outcome).expect("there is advice"))
            .collect();
        assert!(said[0].contains("`stagegate judge --save-baseline`"), "{said:?}");
        assert!(said[1].ends_with("`regression.confirm: 0` lets one run block."), "{said:?}");
        let crept = verdict.regressions.iter().find(|one| one.only_crept()).expect("one crept");
        let slower = ranked(&verdict.regressions)[0];
        said.extend([crept, slower].map(|one| for_regression(&verdict, one)));
        for advice in &said {
            assert!(!["--repeat", "--against", "stagegate run"].iter().any(|flag| advice.contains(flag)), "{advice}");
        }
        assert!(said[2].contains("by the same load of k6. If it is wanted, `stagegate baseline accept"), "{}", said[2]);
        assert!(said[3].contains("make the load of k6 once more and judge that. If"), "{}", said[3]);
    }

    #[test]
    fn a_regression_names_where_to_look_and_how_to_accept_it() {
        let mut verdict = fixtures::regressed();
        let slower = ranked(&verdict.regressions)[0].clone();
        let advice = for_regression(&verdict, &slower);
        assert!(advice.starts_with("See what changed for chart data between commits c0ffee19 and 4f2a9c01d7e6."));
        assert!(advice.contains("`stagegate baseline accept --reason TEXT`"), "{advice}");
        verdict.comparison = fixtures::interleaved().comparison;
        assert!(for_regression(&verdict, &slower).contains("between the two deployments"));
    }
}
