//! What failed, what is not decided and what is not sure: the numbers unfolded, the evidence folded.

use super::{
    links::Links,
    name, sentence,
    sheet::{Rank, Row, Section},
};
use crate::{
    judge::Verdict,
    report::{
        clean::shortened,
        markdown::{escape::code, title_of_troubles},
        trouble::{self, Measured, Place, Standing, Trouble},
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
    let rows = |troubles: &[Trouble<'_>]| troubles.iter().map(|trouble| row(verdict, trouble, links)).collect();
    let evidence = troubles.iter().filter(|trouble| trouble.measured.is_some());
    let evidence = evidence.map(|trouble| {
        let line =
            format!("- {} in {}: {}\n", criterion(trouble, LONGEST), name(trouble.part), sentence(&trouble.because));
        Row::new(Rank::Evidence, line)
    });
    vec![
        Section::unfolded(format!("### {}\n\n", title_of_troubles(heaviest)), rows(first)),
        Section::folded(&format!("And {} more", others.len()), "", rows(others)),
        Section::folded("The evidence", "", evidence.collect()),
    ]
}

fn row(verdict: &Verdict, trouble: &Trouble<'_>, links: &Links) -> Row {
    let line = told(trouble, links);
    let advice = match &trouble.advice {
        Some(advice) if trouble.standing != Standing::Uncertain => {
            format!("  \n  *What to try:* {}\n", sentence(advice))
        }
        _ => "\n".to_owned(),
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
fn told(trouble: &Trouble<'_>, links: &Links) -> String {
    let Trouble { standing, part, measured, place, because, .. } = trouble;
    let what = match measured {
        Some(Measured { observed, limit, interval, sure }) => {
            let interval =
                interval.as_ref().map(|interval| format!(", interval {}", sentence(interval))).unwrap_or_default();
            format!("**{}**, limit {}{interval}; {sure}", sentence(observed), sentence(limit))
        }
        None => sentence(because),
    };
    let at = place.as_ref().map(|place| format!(" ({})", linked(place, links))).unwrap_or_default();
    let (sign, word) = (sign(*standing), standing.word());
    format!("- {sign} **{word}** {} in {}{at}  \n  {what}", criterion(trouble, LONGEST), name(part))
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
