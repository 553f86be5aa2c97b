//! The diagnosis in sentences: what it comes to, then its evidence.

use super::{onset::risen, seen::Seen};
use crate::judge::{
    Bottleneck, Cause, Diagnosis, FirstError, GrownStatement, Onset, Order, Outage, Outcome, Plateau, Rising,
    Saturation, Waiting,
};
use crate::units::number;

/// Every sentence, the conclusion first.
pub(super) fn because(seen: &[Seen<'_>], diagnosis: &Diagnosis, outages: &[Outage]) -> Vec<String> {
    let Diagnosis { bottlenecks, onset, errors, saturated, plateau, waiting, statements, .. } = diagnosis;
    let mut sentences = vec![conclusion(seen, diagnosis, bottlenecks)];
    sentences.extend(outages.iter().map(outage_in_words));
    sentences.extend(onset.as_ref().map(|onset| onset_in_words(seen, onset)));
    sentences.extend(statements.iter().map(statement_in_words));
    sentences.extend(saturated.iter().map(|one| saturation_in_words(one, onset.as_ref())));
    sentences.extend(waiting.as_ref().map(|waiting| waiting_in_words(waiting, onset.as_ref())));
    sentences.extend(plateau.as_ref().map(|plateau| plateau_in_words(seen, plateau)));
    sentences.extend(errors_in_words(errors));
    sentences
}

/// An app that was gone, as a bottleneck.
pub(super) fn outage(outage: &Outage) -> Bottleneck {
    Bottleneck {
        cause: Cause::Outage,
        resource: None,
        gauge: None,
        endpoint: None,
        what: format!("an outage of {}", number::seconds(outage.seconds)),
    }
}

fn conclusion(seen: &[Seen<'_>], diagnosis: &Diagnosis, bottlenecks: &[Bottleneck]) -> String {
    let Some(primary) = bottlenecks.first() else { return nothing(seen, diagnosis) };
    let at = primary.endpoint.as_deref().unwrap_or_default();
    let rose = diagnosis.onset.is_some();
    match (primary.cause, primary.gauge.as_deref().zip(primary.resource)) {
        (Cause::Outage, _) => "The app was gone for a while.".to_owned(),
        (Cause::SlowService, _) => match diagnosis.statements.first() {
            Some(most) => {
                let what = most.in_short();
                format!(
                    "{at} became slow by itself: its own work takes longer, and the statement that grew most is `{what}`."
                )
            }
            None => format!("{at} became slow by itself: its own work takes longer."),
        },
        (Cause::Saturated, Some((gauge, resource))) => {
            let what = capital(&resource.words(gauge));
            let queued = diagnosis.waiting.as_ref().is_some_and(|waiting| waiting.queued);
            match (queued, rose) {
                (true, _) => format!("{what} was used up, and requests queued for it."),
                (false, true) => format!("{what} was used up."),
                (false, false) => format!("{what} was used up, although neither latency nor errors rose."),
            }
        }
        (Cause::Errors, _) => format!("{at} failed, and no gauge that was read saturated."),
        _ => "Requests queued, and no gauge that was read says for what.".to_owned(),
    }
}

/// Where the evidence does not point anywhere.
fn nothing(seen: &[Seen<'_>], diagnosis: &Diagnosis) -> String {
    let gauges = seen.iter().any(|phase| phase.evidence.gauges.iter().any(|series| !series.samples.is_empty()));
    let gauges = if gauges { "no gauge that was read saturated" } else { "no gauge was read" };
    match &diagnosis.onset {
        Some(onset) => {
            format!(
                "The evidence does not point anywhere: {} gave way first, but {gauges}, and neither throughput nor the \
                 other endpoints say whether requests waited.",
                onset.endpoint
            )
        }
        None if seen.len() == 1 => {
            format!(
                "The evidence does not point anywhere: there is one phase and none to compare it with, and {gauges}."
            )
        }
        None if seen.iter().all(|phase| matches!(phase.verdict.outcome, Outcome::Passed | Outcome::Warned)) => format!(
            "Nothing gave way: neither latency nor errors rose at any endpoint, {gauges}, and throughput grew with the load."
        ),
        None => format!(
            "The evidence does not point anywhere: neither latency nor errors rose at any endpoint, {gauges}, and \
             throughput grew with the load."
        ),
    }
}

fn onset_in_words(seen: &[Seen<'_>], onset: &Onset) -> String {
    let Onset { endpoint, rising, phase, after_s, against, latency_ms, service_ms, failed, others, .. } = onset;
    let load = seen.iter().find(|seen| seen.name() == phase).map(Seen::load_in_words).unwrap_or_default();
    let what = if *rising == Rising::Latency { "Latency" } else { "Errors" };
    let when = after_s.map_or(String::new(), |after| format!(", {}", since(after)));
    let numbers = match (rising, against) {
        (Rising::Latency, Some(against)) => format!(
            "{} on average, {} in {against}; service time {}, {} in {against}",
            time(latency_ms[1]),
            time(latency_ms[0]),
            time(service_ms[1]),
            time(service_ms[0])
        ),
        (Rising::Latency, None) => format!("{} on average, service time {}", time(latency_ms[1]), time(service_ms[1])),
        (Rising::Errors, Some(against)) => {
            format!("{} of its requests failed, {} in {against}", share(failed[1]), share(failed[0]))
        }
        (Rising::Errors, None) => format!("{} of its requests failed", share(failed[1])),
    };
    let others = match others {
        0 => "No other endpoint rose in this phase.".to_owned(),
        1 => "One other endpoint rose in this phase too.".to_owned(),
        others => format!("{others} other endpoints rose in this phase too."),
    };
    if against.is_none() {
        return format!(
            "{endpoint} gave way first, in {phase} ({load}){when}: {numbers}. There is no phase before it to compare with."
        );
    }
    if *rising == Rising::Latency && !risen(onset) {
        return format!("{endpoint} gave way first, in {phase} ({load}): {numbers}. It was about as slow before.");
    }
    format!("{what} rose first at {endpoint}, in {phase} ({load}){when}: {numbers}. {others}")
}

fn statement_in_words(one: &GrownStatement) -> String {
    let GrownStatement { source, phase, against, calls: [calls_before, calls], ms: [ms_before, ms], .. } = one;
    let counted = |calls: &Option<f64>| number::or_nothing(*calls, number::plain);
    let before = match calls_before {
        Some(_) => format!("{} and {} in {against}", counted(calls_before), time(*ms_before)),
        None => format!("in {against} it was not among the statements that took most"),
    };
    let what = one.in_short();
    format!(
        "A statement of {source} grew in {phase}, to {} calls and {} in the database for each request ({before}): `{what}`.",
        counted(calls),
        time(*ms)
    )
}

fn saturation_in_words(one: &Saturation, onset: Option<&Onset>) -> String {
    let Saturation { gauge, phase, after_s, share, max, order, .. } = one;
    let rose = match onset.map(|onset| onset.rising) {
        Some(Rising::Errors) => "errors",
        _ => "latency",
    };
    let order = match order {
        Some(Order::Before) => format!(", before {rose} rose"),
        Some(Order::With) => format!(", within a second of {rose}, so that which came first is not known"),
        Some(Order::After) => format!(", after {rose} rose"),
        None => String::new(),
    };
    format!(
        "{gauge} saturated in {phase}, {}{order}: for {} of its readings, at most {}.",
        since(*after_s),
        number::share(*share),
        number::plain(*max)
    )
}

fn waiting_in_words(waiting: &Waiting, onset: Option<&Onset>) -> String {
    let Waiting { queued, phase, against, service_ms, in_app, rose: [rose, all] } = waiting;
    let at = onset.map_or("it", |onset| onset.endpoint.as_str());
    let Some(against) = against else {
        return format!(
            "Slow service rather than a queue: {at} took {} of service where the median of the others took {}, and a \
             queue would have kept them waiting too.",
            time(service_ms[1]),
            time(service_ms[0])
        );
    };
    if !queued {
        return format!(
            "Slow service rather than a queue: service time rose at {rose} of {}, and a queue would have kept the \
             others waiting too.",
            number::counted((*all).into(), "endpoint")
        );
    }
    let little = match (service_ms, in_app) {
        ([Some(before), Some(now)], [_, Some(in_app)]) if now > before => {
            let waited = in_app * (1.0 - before / now);
            format!(
                " Of {} requests in the app at a time (requests per second times service time, Little's law) {} waited, if \
                 service itself takes as long as in {against}.",
                number::plain(*in_app),
                number::plain(waited)
            )
        }
        _ => String::new(),
    };
    let where_ = if *rose == 0 {
        "requests waited before they were sent, because users still waited for answers".to_owned()
    } else {
        format!("service time rose at {rose} of {}, whatever they do", number::counted((*all).into(), "endpoint"))
    };
    format!("A queue rather than slow service: in {phase} {where_}.{little}")
}

fn plateau_in_words(seen: &[Seen<'_>], plateau: &Plateau) -> String {
    let Plateau { phases: [before, after], throughput: [was, is], .. } = plateau;
    let load = |name: &str| seen.iter().find(|seen| seen.name() == name).map(Seen::load_in_words).unwrap_or_default();
    format!(
        "Throughput stopped growing: {} in {after} ({}), {} in {before} ({}).",
        number::per_second(*is),
        load(after),
        number::per_second(*was),
        load(before)
    )
}

fn errors_in_words(errors: &[FirstError]) -> Option<String> {
    let one = |error: &FirstError| {
        let FirstError { kind, endpoint, phase, after_s, count } = error;
        let when =
            after_s.map_or_else(|| format!("in the ramp of {phase}"), |at| format!("{} into {phase}", moment(at)));
        format!("{} at {endpoint} {when} ({} in that phase)", kind_in_words(kind), number::count(*count))
    };
    let all: Vec<String> = errors.iter().map(one).collect();
    (!all.is_empty()).then(|| format!("Failures in order of appearance: {}.", all.join("; ")))
}

/// What a kind of failure is called in a sentence.
fn kind_in_words(kind: &str) -> &str {
    match kind {
        "connect" => "connect (refused)",
        "reset" => "reset (the connection broke)",
        "check" => "check (an answer that was not as expected)",
        kind => kind,
    }
}

fn outage_in_words(outage: &Outage) -> String {
    let Outage { phase, from_s, to_s, seconds, over, errors } = outage;
    let errors: Vec<String> =
        errors.iter().map(|(kind, count)| format!("{} {}", number::count(*count), kind_in_words(kind))).collect();
    let over = if *over { "" } else { ", and no answer came again in this phase" };
    format!(
        "No request succeeded from {} to {} into {phase}, {} long{over}: {}.",
        number::seconds(*from_s),
        number::seconds(*to_s),
        number::seconds(*seconds),
        errors.join(", ")
    )
}

fn since(seconds: f64) -> String {
    if seconds < 1.0 { "from the first second on".to_owned() } else { format!("{} into the window", moment(seconds)) }
}

fn moment(seconds: f64) -> String {
    number::seconds((seconds * 10.0).round() / 10.0)
}

fn time(value: Option<f64>) -> String {
    number::or_nothing(value, number::milliseconds)
}

fn share(value: Option<f64>) -> String {
    number::or_nothing(value, number::share)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
