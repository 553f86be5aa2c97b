//! `JMeter`'s JTL file as CSV with header.

use super::{
    Moment, Request, failure,
    reading::{Format, Line},
    record,
    request::{clipped, may_have_status, status, time},
};
use crate::plan::{FailureKind, ForeignRow};

/// What the row of a transaction controller says in `responseMessage`, in every version of `JMeter`.
const TRANSACTION: &str = "Number of samples in transaction : ";

/// What the code of a sample without an answer begins with.
const NO_ANSWER: &str = "Non HTTP response";

/// A record that goes on over lines is at most so long; beyond that a quotation mark was never closed.
const LONGEST_RECORD: usize = 64 << 10;

/// Reads the samples of a JTL file. A transaction controller's own row is a group of the requests that stand in rows of
/// their own, and not counted.
#[derive(Default)]
pub(super) struct JMeter {
    columns: Option<Columns>,
    header: String,
    /// The beginning of a record that goes on in the next line.
    begun: String,
    /// The lines of it.
    lines: u64,
}

/// Where each column stands.
struct Columns {
    delimiter: char,
    count: usize,
    start: usize,
    elapsed: usize,
    label: usize,
    code: Option<usize>,
    message: Option<usize>,
    success: Option<usize>,
    failure: Option<usize>,
    thread: Option<usize>,
}

impl Format for JMeter {
    fn line(&mut self, line: &str) -> Line {
        let Some(columns) = &self.columns else { return self.header(line) };
        if self.begun.is_empty() && line == self.header {
            // Another run was written behind the first.
            return Line::Other;
        }
        let goes_on = !self.begun.is_empty();
        if goes_on {
            self.begun.push('\n');
        }
        self.begun.push_str(line);
        self.lines += 1;
        // Without a quotation mark a line cannot end what one began.
        let may_end = !goes_on || line.contains('"');
        let Some(fields) = may_end.then(|| record::fields(&self.begun, columns.delimiter)).flatten() else {
            return if self.begun.len() > LONGEST_RECORD { self.lost() } else { Line::Other };
        };
        let read = columns.read(&fields);
        self.begun.clear();
        match (read, std::mem::take(&mut self.lines)) {
            (Line::Unreadable(why), lines) if lines > 1 => Line::Lost(lines, why),
            (read, _) => read,
        }
    }

    fn end(&mut self) -> Line {
        if self.begun.is_empty() { Line::Other } else { self.lost() }
    }
}

impl JMeter {
    /// A quotation mark took the lines behind it with it.
    fn lost(&mut self) -> Line {
        self.begun.clear();
        Line::Lost(std::mem::take(&mut self.lines), "a quotation mark does not end".to_owned())
    }

    fn header(&mut self, line: &str) -> Line {
        if line.trim_start().starts_with('<') {
            return Line::Refused("it is XML, and JTL files are read as CSV".to_owned());
        }
        let delimiter = record::delimiter(line);
        let names = record::fields(line, delimiter).unwrap_or_default();
        let at = |name: &str| names.iter().position(|known| known.trim() == name);
        let (Some(start), Some(elapsed), Some(label)) = (at("timeStamp"), at("elapsed"), at("label")) else {
            return Line::Refused("the first line is no header with timeStamp, elapsed and label".to_owned());
        };
        let (code, success) = (at("responseCode"), at("success"));
        if code.is_none() && success.is_none() {
            return Line::Refused("neither success nor responseCode is among its columns".to_owned());
        }
        line.clone_into(&mut self.header);
        self.columns = Some(Columns {
            delimiter,
            count: names.len(),
            start,
            elapsed,
            label,
            code,
            message: at("responseMessage"),
            success,
            failure: at("failureMessage"),
            thread: at("threadName"),
        });
        Line::Other
    }
}

impl Columns {
    fn read(&self, fields: &[String]) -> Line {
        if fields.len() != self.count {
            return Line::Unreadable(format!("it has {} fields, and the header {}", fields.len(), self.count));
        }
        let field = |column: Option<usize>| column.map_or("", |at| fields[at].trim());
        let number = |at: usize| fields[at].trim().parse::<f64>().ok();
        let start = number(self.start).map_or(Err("is not in milliseconds since 1970"), Moment::of_milliseconds);
        let start = match start {
            Ok(start) => start,
            Err(why) => {
                return Line::Unreadable(format!("timeStamp {why}: set jmeter.save.saveservice.timestamp_format=ms"));
            }
        };
        let Some(took) = number(self.elapsed).and_then(time) else {
            return Line::Unreadable("elapsed is no time of a request".to_owned());
        };
        let label = &fields[self.label];
        if label.trim().is_empty() {
            return Line::Unreadable("it has no label".to_owned());
        }
        let (code, message) = (field(self.code), field(self.message));
        if let Some(rest) = message.strip_prefix(TRANSACTION) {
            let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
            return Line::Transaction(digits.parse().unwrap_or_default());
        }
        let answered = status(code);
        let succeeded = match field(self.success) {
            "true" => true,
            "false" => false,
            "" if self.code.is_some() => answered.is_some_and(|status| (200..400).contains(&status)),
            other => return Line::Unreadable(format!("success is {}, neither true nor false", clipped(other))),
        };
        let words = [code, message, field(self.failure)].join(" ");
        let no_answer = code.starts_with(NO_ANSWER);
        let told = match answered {
            Some(_) => Some(FailureKind::Check),
            // An assertion may fail without a status; what the exception was stands in the code.
            None if !no_answer && !field(self.failure).is_empty() => Some(FailureKind::Check),
            None => failure::of_words(&words),
        };
        let nearest = if no_answer { FailureKind::Protocol } else { FailureKind::Check };
        let failure = (!succeeded).then(|| told.unwrap_or(nearest));
        let kind_unknown = !succeeded && told.is_none();
        Line::Request(Box::new(Request {
            row: ForeignRow { names: vec![label.clone()], scenario: group(field(self.thread)), tags: Vec::new() },
            start,
            latency: took,
            service: took,
            status: answered,
            failure,
            description: (!succeeded).then(|| clipped(&words)).filter(|words| !words.is_empty()),
            phase: None,
            status_unknown: answered.is_none() && !no_answer && may_have_status(failure, kind_unknown),
            kind_unknown,
            latency_told: false,
            aside: false,
        }))
    }
}

/// The thread group of a thread: `Shoppers 1-12` is of `Shoppers`.
fn group(thread: &str) -> Option<String> {
    let (name, numbers) = thread.rsplit_once(' ')?;
    let (group, number) = numbers.split_once('-')?;
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    (digits(group) && digits(number) && !name.is_empty()).then(|| name.to_owned())
}
