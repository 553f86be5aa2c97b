//! A file, line by line: bounded, and with the lines counted that cannot be read.

use std::io::{BufRead, Read as _};

use super::{ForeignError, Request, Tool, jmeter::JMeter, k6::K6, ndjson::Ndjson, request::clipped};

/// A longer line is not read.
const LONGEST_LINE: u64 = 1 << 20;

/// Lines that cannot be read and are quoted.
const EXAMPLES: usize = 3;

/// More unreadable lines than one in so many make a file unusable.
const LINES_PER_UNREADABLE: u64 = 100;

/// What a line holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Line {
    /// A request.
    Request(Box<Request>),
    /// Something that is no request.
    Other,
    /// A group of so many requests, which stand in lines of their own.
    Transaction(u64),
    /// Nothing that the format knows, and why.
    Unreadable(String),
    /// The whole file is of another kind, and why.
    Refused(String),
}

/// The format of a tool.
pub(super) trait Format {
    /// Reads the next line, without its end.
    fn line(&mut self, line: &str) -> Line;

    /// What is left at the end of the file.
    fn end(&mut self) -> Line {
        Line::Other
    }
}

/// What a file was like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Lines.
    pub lines: u64,
    /// Requests in them.
    pub requests: u64,
    /// Lines that could not be read.
    pub unreadable: u64,
    /// The first of those, with their numbers from 1 and the reasons.
    pub examples: Vec<(u64, String)>,
    /// Whether the last line could not be read and has no end: whoever wrote it was stopped.
    pub cut: bool,
    /// Groups of requests (transactions), which are not counted.
    pub transactions: u64,
    /// The requests in those groups, by what the groups say of themselves.
    pub grouped: u64,
}

/// Reads a file to its end and gives its requests one by one, in the order of the file.
///
/// # Errors
/// It cannot be read; it is of another kind; more than one line in a hundred, a cut last one left out, is unreadable; or
/// what `each` says.
pub fn read(
    tool: Tool,
    (name, input): (&str, &mut dyn BufRead),
    each: &mut dyn FnMut(Request) -> Result<(), ForeignError>,
) -> Result<Facts, ForeignError> {
    let mut format: Box<dyn Format> = match tool {
        Tool::K6 => Box::new(K6::default()),
        Tool::JMeter => Box::new(JMeter::default()),
        Tool::Ndjson => Box::new(Ndjson),
        Tool::Locust => return Err(ForeignError::NoRequests { file: name.to_owned() }),
    };
    let mut facts = Facts::default();
    let mut bytes = Vec::new();
    let failed = |cause| ForeignError::Read { file: name.to_owned(), cause };
    loop {
        bytes.clear();
        if (&mut *input).take(LONGEST_LINE).read_until(b'\n', &mut bytes).map_err(failed)? == 0 {
            break;
        }
        facts.lines += 1;
        let ended = bytes.ends_with(b"\n");
        let line = if !ended && bytes.len() as u64 == LONGEST_LINE {
            input.skip_until(b'\n').map_err(failed)?;
            Line::Unreadable(format!("it is longer than {LONGEST_LINE} bytes"))
        } else {
            let text = String::from_utf8_lossy(&bytes);
            let text = text.trim_end_matches(['\n', '\r']);
            let text = if facts.lines == 1 { text.trim_start_matches('\u{feff}') } else { text };
            if text.trim().is_empty() { Line::Other } else { format.line(text) }
        };
        facts.cut = !ended && matches!(line, Line::Unreadable(_));
        facts.take(line, (tool, name), each)?;
    }
    let rest = format.end();
    facts.cut |= matches!(rest, Line::Unreadable(_));
    facts.take(rest, (tool, name), each)?;
    facts.usable(tool, name)?;
    Ok(facts)
}

impl Facts {
    fn take(
        &mut self,
        line: Line,
        (tool, name): (Tool, &str),
        each: &mut dyn FnMut(Request) -> Result<(), ForeignError>,
    ) -> Result<(), ForeignError> {
        match line {
            Line::Other => {}
            Line::Request(request) => {
                self.requests += 1;
                each(*request)?;
            }
            Line::Transaction(requests) => {
                self.transactions += 1;
                self.grouped += requests;
            }
            Line::Unreadable(why) => {
                self.unreadable += 1;
                if self.examples.len() < EXAMPLES {
                    self.examples.push((self.lines, clipped(&why)));
                }
            }
            Line::Refused(why) => {
                return Err(ForeignError::OtherKind { file: name.to_owned(), line: self.lines, why, how: tool.how() });
            }
        }
        Ok(())
    }

    /// Whether enough of it could be read.
    fn usable(&self, tool: Tool, name: &str) -> Result<(), ForeignError> {
        let unreadable = self.unreadable - u64::from(self.cut).min(self.unreadable);
        if unreadable.saturating_mul(LINES_PER_UNREADABLE) <= self.lines {
            return Ok(());
        }
        let (line, why) = self.examples.first().cloned().unwrap_or_default();
        let file = name.to_owned();
        Err(ForeignError::Unreadable { file, line, why, unreadable, lines: self.lines, how: tool.how() })
    }

    /// What has to be said about the file, in sentences.
    pub fn remarks(&self, name: &str) -> Vec<String> {
        let mut remarks = Vec::new();
        if let Some((line, why)) = self.examples.first() {
            let many = if self.unreadable == 1 { "1 line".to_owned() } else { format!("{} lines", self.unreadable) };
            let cut = if self.cut { "; the last line is cut off, as by a tool that was stopped" } else { "" };
            remarks.push(format!(
                "{name}: {many} of {} could not be read, the first is line {line}: {why}{cut}.",
                self.lines
            ));
        }
        if self.transactions > 0 && self.grouped > self.requests {
            remarks.push(format!(
                "{name}: {} transactions stand for {} requests, and the file holds {}: JMeter wrote parents only. Switch \
                 \"Generate parent sample\" off, so that the requests themselves are written.",
                self.transactions, self.grouped, self.requests
            ));
        }
        remarks
    }
}
