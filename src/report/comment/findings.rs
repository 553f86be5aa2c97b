//! What failed, what is not decided and what is not sure: the numbers unfolded, the evidence folded.

use super::{
    LONGEST_SENTENCE,
    links::Links,
    name, sentence,
    sheet::{Rank, Row, Section},
};
use crate::units::text::shortened;
use crate::{
    judge::{Outcome, Regression, Verdict},
    report::{
        markdown::{
            escape::{self, code},
            title_of_troubles,
        },
        trouble::{self, Measured, Place, REGRESSION, Standing, Trouble},
    },
};

/// So many stand unfolded: what fits a phone's first pages.
const MOST_UNFOLDED: usize = 8;

/// Where there is no room, a criterion keeps so many characters.
const SHORTEST: usize = 48;

/// The longest criterion that is told, in characters.
const LONGEST: usize = 300;

/// The heaviest, unfolded and with what to try; the others; and the evidence of all.
pub(super) fn sections(verdict: &Verdict, links: &Links) -> Vec<Section> {
    let troubles = trouble::of(verdict);
    let Some(heaviest) = troubles.first().map(|trouble| trouble.standing) else { return Vec::new() };
    let (first, others) = troubles.split_at(troubles.len().min(MOST_UNFOLDED));
    let mut next = 0..;
    let mut rows = |troubles: &[Trouble<'_>]| {
        troubles.iter().zip(&mut next).map(|(trouble, at)| row(verdict, trouble, advice(trouble, at), links)).collect()
    };
    let evidence = troubles.iter().enumerate().filter_map(|(at, trouble)| evidence(verdict, trouble, at));
    let more = format!("And {} more", others.len());
    vec![
        Section::unfolded(format!("### {}\n\n", title_of_troubles(heaviest)), rows(first)),
        Section::folded(&more, "", rows(others)),
        Section::folded("The evidence", "", evidence.collect()),
    ]
}

/// Why it came out as it did and what to try, as far as its own line does not say so.
fn evidence(verdict: &Verdict, trouble: &Trouble<'_>, at: usize) -> Option<Row> {
    let because = (trouble.measured.is_some() || comparison(verdict, trouble).is_some()).then_some(&trouble.because);
    let because = because.map(|because| format!("  \n  {}", sentence(because)));
    let advice = if advice(trouble, at).is_none() { trouble.advice.as_ref() } else { None };
    let advice = advice.map(|advice| format!("  \n  *What to try:* {}", tried(advice)));
    let said: String = because.into_iter().chain(advice).collect();
    let line = format!("- {} in {}{said}\n", criterion(trouble, LONGEST), name(trouble.part));
    (!said.is_empty()).then(|| Row::new(Rank::Evidence, line))
}

/// What to try stands unfolded at the heaviest alone: it is where to begin, and a phone shows little.
fn advice<'a>(trouble: &'a Trouble<'_>, at: usize) -> Option<&'a String> {
    trouble.advice.as_ref().filter(|_| at == 0 && trouble.standing != Standing::Uncertain)
}

fn row(verdict: &Verdict, trouble: &Trouble<'_>, advice: Option<&String>, links: &Links) -> Row {
    let line = told(verdict, trouble, links);
    let advice = match advice {
        Some(advice) => format!("  \n  *What to try:* {}\n", tried(advice)),
        None => "\n".to_owned(),
    };
    let shortest =
        format!("- {} **{}** {}\n", sign(trouble.standing), trouble.standing.word(), criterion(trouble, SHORTEST));
    match rank(verdict, trouble.standing) {
        Rank::Failing => Row::in_forms(Rank::Failing, vec![format!("{line}{advice}"), format!("{line}\n"), shortest]),
        rank => Row::new(rank, format!("{line}{advice}")),
    }
}

/// What is not decided counts as failing where the run does not pass.
fn rank(verdict: &Verdict, standing: Standing) -> Rank {
    match standing {
        Standing::Failed | Standing::Invalid => Rank::Failing,
        Standing::Inconclusive if verdict.exit_code != 0 => Rank::Failing,
        Standing::Inconclusive | Standing::Warned | Standing::Uncertain => Rank::Uncertain,
    }
}

/// One trouble in a line or two, without the line break.
fn told(verdict: &Verdict, trouble: &Trouble<'_>, links: &Links) -> String {
    let Trouble { standing, part, measured, place, because, .. } = trouble;
    let what = match measured {
        Some(Measured { observed, limit, interval, sure }) => {
            let interval =
                interval.as_ref().map(|interval| format!(", interval {}", sentence(interval))).unwrap_or_default();
            format!("**{}**, limit {}{interval}; {sure}", sentence(observed), sentence(limit))
        }
        None => comparison(verdict, trouble).map_or_else(|| sentence(because), compared),
    };
    let at = place.as_ref().map(|place| format!(" ({})", linked(place, links))).unwrap_or_default();
    let (sign, word) = (sign(*standing), standing.word());
    format!("- {sign} **{word}** {} in {}{at}  \n  {what}", criterion(trouble, LONGEST), name(part))
}

/// The comparison that a trouble is about, where its numbers say it all.
fn comparison<'a>(verdict: &'a Verdict, trouble: &Trouble<'_>) -> Option<&'a Regression> {
    let failed = verdict.regressions.iter().filter(|one| one.outcome == Outcome::Failed && trouble.part == REGRESSION);
    // There may be thousands of each, so that no name is written to be compared.
    let named = |one: &&Regression| {
        let rest = trouble.what.strip_prefix(&*one.phase).and_then(|rest| rest.strip_prefix('/'));
        rest == Some(&*one.cell)
    };
    failed.filter(|one| one.change.is_some() && !one.only_crept()).find(named)
}

fn compared(of: &Regression) -> String {
    let [base, head, change] =
        [of.value(of.base), of.value(of.head), of.changed(of.change)].map(|value| sentence(&value));
    let (margin, interval) = (sentence(&of.margin_words()), sentence(&of.interval_words()));
    format!(
        "**{change}**, from {base} to {head}, margin {margin}, interval {interval}; adjusted p {}",
        of.probability()
    )
}

fn tried(advice: &str) -> String {
    escape::advice(&shortened(advice, LONGEST_SENTENCE))
}

fn criterion(trouble: &Trouble<'_>, most: usize) -> String {
    code(&shortened(&trouble.what, most))
}

fn linked(place: &Place, links: &Links) -> String {
    let shown = name(&place.to_string());
    match links.line(&place.file, place.line) {
        Some(url) => format!("[{shown}]({url})"),
        None => shown,
    }
}

fn sign(standing: Standing) -> &'static str {
    match standing {
        Standing::Failed => "❌",
        Standing::Invalid => "🚫",
        Standing::Inconclusive => "❔",
        Standing::Warned | Standing::Uncertain => "⚠️",
    }
}
