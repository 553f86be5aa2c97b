//! The parts of a plan that decide whether two runs did the same thing, in one form whatever gates.yaml looks like.

use serde_json::{Value as Json, json};

use crate::plan::{
    Body, Connections, Encoding, Endpoint, Expect, Extraction, HeaderExpectation, Http, JsonExpectation, Pacing, Plan,
    Redirects, Scenario, Segment, Step, Target, Template, Value, allowed, is_loopback,
};

/// A commit shorter than this (`dev`) is not looked for: it would be found in ordinary words.
const SHORTEST_COMMIT: usize = 7;

/// Makes a text independent of secrets and of the commit under test.
type Hide<'a> = dyn Fn(&str) -> String + 'a;

/// The text with the commit under test taken out.
pub(super) fn without_commit(text: &str, commit: &str) -> String {
    if commit.len() < SHORTEST_COMMIT { text.to_owned() } else { text.replace(commit, "COMMIT") }
}

/// `demo`, or scheme, class of host, base path, and how HTTP is spoken.
pub(super) fn target_class(target: &Target) -> String {
    let Some(url) = &target.url else { return "demo".to_owned() };
    let pattern = || target.allow.iter().find(|pattern| allowed(url, std::slice::from_ref(pattern)));
    let class = match url.host() {
        Some(host) if is_loopback(&host) => "loopback".to_owned(),
        Some(host) => pattern().cloned().unwrap_or_else(|| host.to_string()),
        None => String::new(),
    };
    let path = url.path().trim_end_matches('/');
    // The defaults are not named, so that runs of before keep their key.
    let version = match target.http {
        Http::H1 => "",
        Http::H2 => " over h2",
        Http::Auto => " over auto",
    };
    let connections = match target.connections {
        Connections::Keep => "",
        Connections::Iteration => ", a connection an iteration",
        Connections::Request => ", a connection a request",
        Connections::Shared => ", shared connections",
    };
    let proxy = if target.proxy.is_some() { ", through a proxy" } else { "" };
    format!("{}://{}{path}{version}{connections}{proxy}", url.scheme(), class.trim().to_ascii_lowercase())
}

/// For each phase its rows by the names of their columns: how columns are numbered does not matter.
pub(super) fn datasets(plan: &Plan, hide: &Hide<'_>) -> Json {
    let row = |row: &crate::plan::Row| {
        let mut cells: Vec<_> = plan.columns.iter().zip(&row.0).filter(|(_, cell)| cell.is_some()).collect();
        cells.sort();
        cells.iter().map(|(name, cell)| json!([name, cell.as_deref().map(hide)])).collect::<Json>()
    };
    plan.phases.iter().map(|phase| phase.rows.iter().map(row).collect::<Json>()).collect()
}

/// What users do.
pub(super) fn scenarios(plan: &Plan, hide: &Hide<'_>) -> Json {
    plan.scenarios.iter().map(|scenario| Canonical { plan, scenario, hide }.scenario()).collect()
}

struct Canonical<'a> {
    plan: &'a Plan,
    scenario: &'a Scenario,
    hide: &'a Hide<'a>,
}

impl Canonical<'_> {
    fn scenario(&self) -> Json {
        let Scenario { name, weight, login, steps, pacing, slots: _ } = self.scenario;
        let pacing = match pacing {
            Pacing::Think { low, high } => json!(["think", low.as_secs_f64(), high.as_secs_f64()]),
            Pacing::Pace(every) => json!(["pace", every.as_secs_f64()]),
        };
        let all = |steps: &[Step]| steps.iter().map(|step| self.step(step)).collect::<Json>();
        json!([name, weight, pacing, all(login), all(steps)])
    }

    fn step(&self, step: &Step) -> Json {
        let Step { endpoint, method, url, headers, body, timeout, redirects, expect, extract, place: _ } = step;
        let row = self.plan.endpoints.get(endpoint.index());
        let row = row.map(|Endpoint { name, tags, scenario: _, login: _ }| json!([name, tags]));
        let mut headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value)).collect();
        headers.sort_by_key(|(name, _)| *name);
        let headers: Json = headers.into_iter().map(|(name, value)| json!([name, self.template(value)])).collect();
        let body = match body {
            Body::Empty => Json::Null,
            Body::Text(template) => self.template(template),
        };
        let redirects = match redirects {
            Redirects::None => "none",
            Redirects::Follow => "follow",
        };
        let extract: Json =
            extract.iter().map(|extract| json!([self.slot(extract.slot.0), self.extraction(&extract.from)])).collect();
        let timeout = timeout.as_secs_f64();
        let url = self.template(url);
        json!([row, method.as_str(), url, headers, body, timeout, redirects, self.expect(expect), extract])
    }

    fn expect(&self, expect: &Expect) -> Json {
        let Expect { status, body_has, body_lacks, json, header, max_size } = expect;
        let hidden = |texts: &[String]| texts.iter().map(|text| (self.hide)(text)).collect::<Json>();
        let pointers = json.iter().map(|(pointer, expected)| match expected {
            JsonExpectation::Exists => json!([pointer, "exists"]),
            JsonExpectation::Equals(value) => json!([pointer, "equals", (self.hide)(&value.to_string())]),
        });
        let headers = header.iter().map(|(name, expected)| match expected {
            HeaderExpectation::Exists => json!([name.as_str(), "exists"]),
            HeaderExpectation::Equals(value) => json!([name.as_str(), "equals", (self.hide)(value)]),
        });
        let [pointers, headers]: [Json; 2] = [pointers.collect(), headers.collect()];
        json!([status, hidden(body_has), hidden(body_lacks), pointers, headers, max_size])
    }

    fn extraction(&self, from: &Extraction) -> Json {
        match from {
            Extraction::Regex(regex) => json!(["regex", (self.hide)(regex.as_str())]),
            Extraction::Json(pointer) => json!(["json", pointer]),
            Extraction::Header(name) => json!(["header", name.as_str()]),
            Extraction::Cookie(name) => json!(["cookie", name]),
        }
    }

    fn template(&self, template: &Template) -> Json {
        template
            .segments
            .iter()
            .map(|segment| match segment {
                Segment::Literal(text) => json!((self.hide)(text)),
                Segment::Insert(value, encoding) => json!([self.value(value), encoding_name(*encoding)]),
            })
            .collect()
    }

    fn value(&self, value: &Value) -> Json {
        match value {
            Value::UserId => json!("user.id"),
            Value::Data(column) => json!(["data", self.plan.columns.get(column.0 as usize)]),
            Value::RandomInt { low, high } => json!(["random.int", low, high]),
            Value::RandomUuid => json!("random.uuid"),
            Value::Extracted(slot) => json!(["extracted", self.slot(slot.0)]),
        }
    }

    fn slot(&self, position: u32) -> Option<&str> {
        self.scenario.slots.get(position as usize).map(String::as_str)
    }
}

fn encoding_name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Raw => "raw",
        Encoding::Url => "url",
        Encoding::Form => "form",
        Encoding::JsonString => "json string",
        Encoding::JsonNumber => "json number",
    }
}
