//! A [`Gate`] as the text of a gates.yaml, with comments that say what to look at.

use std::fmt::Write as _;

use super::{
    Draft,
    gate::{Body, Extract, Gate, Json, Step},
    text::{Text, literal, quoted, remark},
};
use crate::config::Secrets;

/// Bounds within which gates.yaml is read ([`crate::config::LARGEST_FILE`], and 20,000 values), with room for people's own.
const MOST_BYTES: usize = 700 << 10;
const MOST_VALUES: usize = 14_000;
/// JSON beyond this is written as one text.
const LARGEST_JSON: (usize, usize) = (60, 12);
/// What was left out, beyond which only the number is said.
const MOST_LEFT_OUT: usize = 150;

/// The ladder of a beginning: criteria that a healthy app keeps, to be tightened once numbers are known.
const LADDER: &str = "\
phases:                                    # the ladder: the first phase that fails ends it. Raise it step by step, and tighten the limits
  - name: baseline
    users: 2
    spawn_rate: 2/s
    warmup: 2s
    duration: 30s
DATA    criteria:
      - success_rate >= 100%
      - p95 < 1s                           # review: a limit that suits your app
  - name: light
    users: 10
    spawn_rate: 5/s
    duration: 60s
DATA    criteria:
      - success_rate > 99%
      - p95 < 1s
      - no 5xx
      - {warn: p99 < 2s}                   # warns, and does not block
  - name: heavy
    users: 25
    spawn_rate: 5/s
    duration: 60s
DATA    criteria:
      - success_rate > 98%
      - p95 < 2s

recovery: {users: 2, within: 60s, tolerance: 20%}   # does it come back after the load?

profiles:
  default: {phases: [baseline, light, heavy], time_scale: 0.1}   # half a minute, for trying it out
  ci:      {phases: [baseline, light, heavy]}

publish:                                   # in GitHub Actions; elsewhere nothing is posted
  github: {comment: true, check: true, annotations: true}
";

/// Writes the draft. None of these secrets stands in it, in any form.
pub(super) fn write(mut gate: Gate, secrets: &Secrets) -> Draft {
    let scribe = Scribe { secrets };
    let count = gate.steps.len();
    let (steps, cut) = scribe.steps(std::mem::take(&mut gate.steps));
    let drafted = count - cut.len();
    let cut = cut.into_iter().map(|name| (name, "the file would become too large".to_owned()));
    gate.left_out.splice(0..0, cut);
    let mut out = scribe.head(&gate);
    out.push_str(&scribe.scenario(&gate, &steps));
    let data = if gate.columns.is_empty() { "" } else { "    data: [recorded]\n" };
    out.push_str(&LADDER.replace("DATA", data));
    let mut notes = vec![format!(
        "{drafted} steps and {} of a login are drafted, {} requests are left out, each with its reason in the file",
        gate.login.len(),
        gate.left_out.len()
    )];
    let reviews = out.matches("review:").count();
    notes.push(format!("{reviews} places are marked `review:`"));
    let mut variables = vec![("STAGING_URL".to_owned(), "the address of your staging app".to_owned())];
    variables.extend(gate.variables.into_iter().map(|variable| (variable.name, variable.what)));
    Draft { yaml: out, notes, variables }
}

/// Writes texts without the secrets in them.
struct Scribe<'a> {
    secrets: &'a Secrets,
}

impl Scribe<'_> {
    /// A value in which nothing varies.
    fn value(&self, text: &str) -> String {
        quoted(&literal(&self.masked(text)))
    }

    fn key(&self, text: &str) -> String {
        quoted(&self.masked(text))
    }

    fn text(&self, text: &Text) -> String {
        quoted(&text.clone().map(&|said| self.masked(said)).written())
    }

    fn comment(&self, text: &str) -> String {
        remark(&self.masked(text))
    }

    fn masked(&self, text: &str) -> String {
        self.secrets.mask(text).into_owned()
    }

    /// Everything above the scenarios.
    fn head(&self, gate: &Gate) -> String {
        let mut out = format!(
            "# A draft that `stagegate init --from` made of {}. Look at every `review:`, then `stagegate check`, then\n\
             # `stagegate run --dry-run`, which says what does not work yet.\n",
            self.comment(&gate.source)
        );
        for remark in &gate.remarks {
            line(&mut out, format_args!("# {}", self.comment(remark)));
        }
        line(&mut out, format_args!("version: 1\ngate: {:<34} # its name in every report\n", self.value(&gate.name)));
        out.push_str("target:\n  url: ${STAGING_URL}                      # set it: the address of your staging app, or `demo`\n");
        let allow: Vec<String> = gate.allow.iter().map(|host| self.value(host)).collect();
        line(
            &mut out,
            format_args!(
                "  allow: [{}]   # review: hosts that load may go to, besides this machine; only those that are yours to load",
                allow.join(", ")
            ),
        );
        out.push_str("  timeout: 10s                             # per request\n");
        if let Some(ready) = &gate.ready {
            line(&mut out, format_args!("  ready: {{get: {}, within: 60s}}", self.value(ready)));
        }
        if !gate.headers.is_empty() {
            line(&mut out, format_args!("  headers: {}", self.texts(&gate.headers)));
        }
        if !gate.variables.is_empty() {
            let names: Vec<&str> = gate.variables.iter().map(|variable| variable.name.as_str()).collect();
            line(
                &mut out,
                format_args!(
                    "\nsecrets: [{}]   # values of these variables never appear in any output",
                    names.join(", ")
                ),
            );
            for variable in &gate.variables {
                line(&mut out, format_args!("# {}: {}", variable.name, self.comment(&variable.what)));
            }
        }
        line(
            &mut out,
            format_args!(
                "\npreflight:                                 # what must hold before any load is sent\n  - {{name: one user \
                 gets through, scenario: {}}}",
                self.value(&gate.scenario)
            ),
        );
        self.columns(gate, &mut out);
        out
    }

    fn columns(&self, gate: &Gate, out: &mut String) {
        if gate.columns.is_empty() {
            return;
        }
        out.push_str("\ndatasets:                                  # a user draws a row for each iteration: add rows, or a file (`csv: data.csv`)\n");
        for column in &gate.columns {
            let remark = self.comment(&column.remark);
            line(out, format_args!("  # {}: {remark}", column.name));
        }
        let cells: Vec<String> =
            gate.columns.iter().map(|cell| format!("{}: {}", cell.name, self.value(&cell.value))).collect();
        line(out, format_args!("  recorded: {{rows: [{{{}}}]}}", cells.join(", ")));
    }

    fn scenario(&self, gate: &Gate, steps: &str) -> String {
        let mut out = format!("\nscenarios:\n  {}:\n", self.key(&gate.scenario));
        if !gate.login.is_empty() {
            out.push_str("    login:                                 # once per user, before it is measured\n");
            gate.login.iter().for_each(|step| out.push_str(&self.step(step)));
        }
        out.push_str("    steps:                                 # one iteration\n");
        out.push_str(steps);
        let (think, from) = &gate.think;
        line(&mut out, format_args!("    think: {think:<35} # {}", self.comment(from)));
        for (what, why) in gate.left_out.iter().take(MOST_LEFT_OUT) {
            line(&mut out, format_args!("    # left out: {} ({})", self.comment(what), self.comment(why)));
        }
        if let Some(more @ 1..) = gate.left_out.len().checked_sub(MOST_LEFT_OUT) {
            line(&mut out, format_args!("    # left out: {more} more"));
        }
        out.push('\n');
        out
    }

    /// The steps as text, within the bounds of gates.yaml, and the names of those that found no room.
    fn steps(&self, steps: Vec<Step>) -> (String, Vec<String>) {
        let (mut out, mut cut, mut values) = (String::new(), Vec::new(), 0);
        for step in steps {
            let text = self.step(&step);
            let weight = weight(&step);
            // A step that extracts comes before those that need the value: from the first one cut, all are.
            if !cut.is_empty() || out.len() + text.len() > MOST_BYTES || values + weight > MOST_VALUES {
                cut.push(step.name);
                continue;
            }
            values += weight;
            out.push_str(&text);
        }
        (out, cut)
    }

    fn step(&self, step: &Step) -> String {
        let mut out = String::new();
        for remark in &step.remarks {
            line(&mut out, format_args!("      # review: {}", self.comment(remark)));
        }
        let mut headers = step.headers.clone();
        line(&mut out, format_args!("      - {}: {}", step.method, self.text(&step.path)));
        let mut key = |key: &str, value: String| line(&mut out, format_args!("        {key}: {value}"));
        key("name", self.value(&step.name));
        if !step.tags.is_empty() {
            let tags: Vec<String> = step.tags.iter().map(|tag| self.value(tag)).collect();
            key("tags", format!("[{}]", tags.join(", ")));
        }
        if !step.query.is_empty() {
            key("query", self.texts(&step.query));
        }
        match &step.body {
            Body::Empty => {}
            Body::Form(fields) => key("form", self.texts(fields)),
            Body::Json(json) if fits(json) => key("json", self.json(json)),
            Body::Json(json) => {
                headers.push(("Content-Type".to_owned(), Text::said("application/json")));
                key("body", self.text(&json.text()));
            }
            Body::Text(text) => key("body", self.text(text)),
        }
        if !headers.is_empty() {
            key("headers", self.texts(&headers));
        }
        if step.follow {
            key("redirects", "follow".to_owned());
        }
        match step.status.as_slice() {
            [] => {}
            [status] => key("expect", format!("{{status: {status}}}")),
            several => key("expect", format!("{{status: {several:?}}}")),
        }
        if !step.extract.is_empty() {
            key("extract", self.extracts(&step.extract));
        }
        out
    }

    fn texts(&self, entries: &[(String, Text)]) -> String {
        map(entries.iter().map(|(key, text)| (self.key(key), self.text(text))))
    }

    fn extracts(&self, extracts: &[(String, Extract)]) -> String {
        let entry = |(name, from): &(String, Extract)| {
            let (key, what) = match from {
                Extract::Regex(pattern) => ("regex", pattern),
                Extract::Json(pointer) => ("json", pointer),
                Extract::Header(header) => ("header", header),
                Extract::Cookie(cookie) => ("cookie", cookie),
            };
            format!("{name}: {{{key}: {}}}", self.value(what))
        };
        format!("{{{}}}", extracts.iter().map(entry).collect::<Vec<_>>().join(", "))
    }

    fn json(&self, json: &Json) -> String {
        match json {
            Json::Null => "null".to_owned(),
            Json::Bool(value) => value.to_string(),
            Json::Number(number) => number.to_string(),
            Json::Text(text) | Json::Bare(text) => self.text(text),
            Json::List(items) => {
                format!("[{}]", items.iter().map(|item| self.json(item)).collect::<Vec<_>>().join(", "))
            }
            Json::Map(entries) => map(entries.iter().map(|(key, value)| (self.key(key), self.json(value)))),
        }
    }
}

/// A flow map; of keys that are written alike the last one stays, and those that the reader does not take are left out.
fn map(entries: impl Iterator<Item = (String, String)>) -> String {
    /// YAML's longest key is 1,024 characters.
    const LONGEST: usize = 1_000;
    let mut kept: Vec<(String, String)> = Vec::new();
    for (key, value) in entries.filter(|(key, _)| key != "\"<<\"" && key.len() <= LONGEST) {
        kept.retain(|(known, _)| *known != key);
        kept.push((key, value));
    }
    let entry = |(key, value): &(String, String)| format!("{key}: {value}");
    format!("{{{}}}", kept.iter().map(entry).collect::<Vec<_>>().join(", "))
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("a string takes what is written to it");
}

/// Whether JSON can be written key by key: small, with keys that YAML takes, and with nothing that only JSON can say.
fn fits(json: &Json) -> bool {
    /// YAML's longest key in a flow map, with room for escapes.
    const LONGEST_KEY: usize = 100;
    fn plain(json: &Json) -> bool {
        match json {
            Json::Null | Json::Bool(_) => true,
            Json::Number(number) => number.is_i64() || number.as_f64().is_some_and(|number| number.abs() < 1e15),
            Json::Text(text) => !text.has_braces(),
            Json::Bare(_) => false,
            Json::List(items) => items.iter().all(plain),
            Json::Map(entries) => {
                let key = |key: &str| key.chars().count() <= LONGEST_KEY && key != "<<";
                let twice =
                    entries.iter().enumerate().any(|(at, (key, _))| entries[..at].iter().any(|(k, _)| k == key));
                !twice && entries.iter().all(|(name, value)| key(name) && plain(value))
            }
        }
    }
    let (values, depth) = json.size();
    values <= LARGEST_JSON.0 && depth <= LARGEST_JSON.1 && plain(json)
}

/// About how many values a step is in YAML.
fn weight(step: &Step) -> usize {
    let body = match &step.body {
        Body::Empty | Body::Text(_) => 1,
        Body::Form(fields) => fields.len(),
        Body::Json(json) => json.size().0.min(LARGEST_JSON.0),
    };
    16 + step.tags.len() + step.headers.len() + step.query.len() + 2 * step.extract.len() + step.status.len() + body
}
