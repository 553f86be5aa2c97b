//! `JMeter`'s JTL file as CSV with header.

use super::{
    Moment, Request, failure,
    reading::{Format, Line},
    record,
    request::{clipped, status, time},
};
use crate::plan::{FailureKind, ForeignRow};

/// What the row of a transaction controller says in `responseMessage`, in every version of `JMeter`.
const TRANSACTION: &str = "Number of samples in transaction : ";

/// A record that goes on over lines is at most so long.
const LONGEST_RECORD: usize = 1 << 20;

/// Reads the samples of a JTL file. A transaction controller's own row is a group of the requests that stand in rows of
/// their own, and not counted.
#[derive(Default)]
pub(super) struct JMeter {
    columns: Option<Columns>,
    header: String,
    /// The beginning of a record that goes on in the next line.
    begun: String,
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
        let record = if self.begun.is_empty() { line.to_owned() } else { format!("{}\n{line}", self.begun) };
        let Some(fields) = record::fields(&record, columns.delimiter) else {
            if record.len() > LONGEST_RECORD {
                self.begun.clear();
                return Line::Unreadable("a quotation mark does not end".to_owned());
            }
            self.begun = record;
            return Line::Other;
        };
        let read = columns.read(&fields);
        self.begun.clear();
        read
    }

    fn end(&mut self) -> Line {
        if self.begun.is_empty() { Line::Other } else { Line::Unreadable("a quotation mark does not end".to_owned()) }
    }
}

impl JMeter {
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
        let Some(start) = number(self.start).and_then(Moment::of_milliseconds) else {
            let why = "timeStamp is not in milliseconds since 1970: set jmeter.save.saveservice.timestamp_format=ms";
            return Line::Unreadable(why.to_owned());
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
        let kind = || match answered {
            Some(_) => FailureKind::Check,
            // An assertion may fail without a status; what the exception was stands in the code.
            None if code.is_empty() => failure::of_words(&words).unwrap_or(FailureKind::Check),
            None => failure::of_words(&words).unwrap_or(FailureKind::Protocol),
        };
        Line::Request(Box::new(Request {
            row: ForeignRow { names: vec![label.clone()], scenario: group(field(self.thread)), tags: Vec::new() },
            start,
            latency: took,
            service: took,
            status: answered,
            failure: (!succeeded).then(kind),
            description: (!succeeded).then(|| clipped(&words)).filter(|words| !words.is_empty()),
            phase: None,
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
