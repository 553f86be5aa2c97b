//! What `check` can say of a login without asking the app: what most often keeps one from working.

use http::header;

use super::{Body, Choice, Place, Plan, Scenario, Segment, Step, Template, Value, is_loopback};
use crate::config::{Config, Located};

/// A remark: its place, how many characters it marks, what is the matter, and what to do.
type Remark = (Place, usize, String, &'static str);

/// Remarks on the logins of a plan, in the order of the scenarios: a form without a value that an earlier step
/// extracted, a form whose answer may be anything, a session over http on another machine, and a secret of theirs that is
/// not set. None of them has to be wrong.
pub(super) fn logins(config: &Config, choice: &Choice, plan: &Plan) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for scenario in plan.scenarios.iter().filter(|scenario| !scenario.login.is_empty()) {
        remarks.extend(tokenless(plan, scenario));
        remarks.extend(unproven(plan, scenario));
        remarks.extend(in_the_clear(plan, scenario));
    }
    let has_logins = plan.scenarios.iter().any(|scenario| !scenario.login.is_empty());
    // The built-in app takes the default that stands beside the variable.
    if has_logins && plan.target.url.is_some() {
        remarks.extend(unset(config, choice));
    }
    remarks
}

/// The form of a login that carries nothing of a page before, where that page was asked for, or where the login page that
/// comes back would pass for success. A form that is said to be answered otherwise shows by itself when it is refused.
fn tokenless(plan: &Plan, scenario: &Scenario) -> Option<Remark> {
    let at = scenario.login.iter().position(is_form)?;
    let step = &scenario.login[at];
    if at == 0 && !lets_a_page_pass(step) {
        return None;
    }
    let name = &plan.endpoints.get(step.endpoint.index())?.name;
    let in_headers = step.headers.iter().any(|(_, value)| is_extracted(value));
    let in_body = matches!(&step.body, Body::Text(body) if is_extracted(body));
    (!in_headers && !in_body && !is_extracted(&step.url)).then(|| {
        let message = format!(
            "`{name}` posts a form without a value that an earlier step extracted; an app with CSRF protection refuses it"
        );
        (
            step.place.clone(),
            1,
            message,
            "`get` the page with the form before, `extract` its token and send it in `form`; nothing to do where the app \
             wants none",
        )
    })
}

/// The last form of a login that takes any answer for success, so that the login page passes for it, and that no later
/// step of the login makes up for.
fn unproven(plan: &Plan, scenario: &Scenario) -> Option<Remark> {
    let at = scenario.login.iter().rposition(is_form)?;
    let step = &scenario.login[at];
    let proves = |later: &Step| !later.expect.status.is_empty() || looks_at_more(later);
    if !lets_a_page_pass(step) || scenario.login[at + 1..].iter().any(proves) {
        return None;
    }
    let name = &plan.endpoints.get(step.endpoint.index())?.name;
    let message = format!(
        "`{name}` takes any answer for success: the login page that comes back with 200 for a wrong password would pass"
    );
    let help = "expect what only a login that worked answers: `status: 302`, or `body_has` where it answers 200";
    Some((step.place.clone(), 1, message, help))
}

/// Whether a page with status 200 is a success of this step, whatever is on it.
fn lets_a_page_pass(step: &Step) -> bool {
    step.expect.accepts(200) && !looks_at_more(step)
}

/// Whether a step looks at more of its answer than the status.
fn looks_at_more(step: &Step) -> bool {
    step.expect.reads_body() || !step.expect.header.is_empty() || !step.extract.is_empty()
}

fn is_form(step: &Step) -> bool {
    let form = |(name, value): &(http::HeaderName, Template)| {
        *name == header::CONTENT_TYPE
            && value.constant().is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
    };
    !step.method.is_safe() && step.headers.iter().any(form)
}

fn is_extracted(template: &Template) -> bool {
    template.segments.iter().any(|segment| matches!(segment, Segment::Insert(Value::Extracted(_), _)))
}

/// A session that goes over http to another machine.
fn in_the_clear(plan: &Plan, scenario: &Scenario) -> Option<Remark> {
    let url = plan.target.url.as_ref()?;
    let here = url.host().is_some_and(|host| is_loopback(&host));
    let step = scenario.login.first()?;
    (url.scheme() == "http" && !here).then(|| {
        let message = format!(
            "`{}` logs in over http: a session cookie with `Secure` is not sent back, and users stay logged out",
            scenario.name
        );
        (
            step.place.clone(),
            1,
            message,
            "give `target.url` as https, or let the staging app set its cookie without `Secure`",
        )
    })
}

/// Secrets that a login uses and whose variables are not set, so that a default stands in their place.
fn unset<'a>(config: &'a Config, choice: &'a Choice) -> impl Iterator<Item = Remark> + 'a {
    let texts = texts(config);
    let set = |name: &str| choice.environment.get(name).is_some_and(|value| !value.is_empty());
    let lacks = move |name: &&Located<String>| !set(&name.value) && texts.iter().any(|text| uses(text, &name.value));
    config.secrets.iter().filter(lacks).map(|name| {
        let place = Place { file: "".into(), line: name.span.line, column: name.span.column };
        let message = format!("`{}` is not set: where gates.yaml uses it, its default is sent", name.value);
        let help = "set the variable; in GitHub Actions, `env:` of the step passes a secret on";
        (place, name.value.chars().count(), message, help)
    })
}

/// The steps of every login as they are written in gates.yaml.
fn texts(config: &Config) -> Vec<String> {
    let scenarios = || config.scenarios.iter().map(|(_, scenario)| &scenario.value);
    let steps = scenarios().flat_map(|scenario| scenario.login.iter().chain(&scenario.steps));
    let places: Vec<(u32, u32)> = steps.map(|step| (step.span.line, step.span.column)).collect();
    let written = |place: (u32, u32)| text(config, place, places.iter().copied().filter(|at| *at > place).min());
    scenarios().flat_map(|scenario| &scenario.login).map(|step| written((step.span.line, step.span.column))).collect()
}

/// What is written from a place on: until the next step begins, or a line that is indented less than this one.
fn text(config: &Config, (line, column): (u32, u32), next: Option<(u32, u32)>) -> String {
    let margin = (column as usize).saturating_sub(2);
    let (last, end) = next.unwrap_or((line.saturating_add(LONGEST_STEP), 1));
    let mut text = String::new();
    for number in line..=last.min(line.saturating_add(LONGEST_STEP)) {
        let written = config.source.line(number);
        let indent = written.chars().take_while(|c| *c == ' ').count();
        if number > line && !written.trim().is_empty() && indent < margin {
            break;
        }
        let from = if number == line { column as usize - 1 } else { 0 };
        let to = if number == last { end as usize - 1 } else { usize::MAX };
        text.extend(written.chars().take(to).skip(from).chain(['\n']));
    }
    text
}

/// No step is written on more lines.
const LONGEST_STEP: u32 = 200;

/// Whether a text has a variable of the environment in it: `${NAME}`, `${NAME:-default}`, `{{ env.NAME }}`.
fn uses(text: &str, name: &str) -> bool {
    let is_whole = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let found = |written: String| text.match_indices(&written).any(|(at, _)| is_whole(&text[at + written.len()..]));
    found(format!("${{{name}")) || found(format!("env.{name}"))
}

#[cfg(test)]
mod tests {
    use crate::{config, config::Note, plan};

    /// The remarks of `check` on a login of these steps at this address.
    fn remarks(url: &str, steps: &str, set: &[(&str, &str)]) -> Vec<String> {
        let text = format!(
            "version: 1\ngate: test\ntarget: {{url: '{url}', allow: ['*.example.com']}}\nsecrets: [LOGIN_PASSWORD]\n\
             scenarios:\n  visitor:\n    login: [{steps}]\n    steps: [{{get: /, name: home}}]\n    think: 1s\n\
             phases: [{{name: only, users: 10, duration: 10m, criteria: [success_rate > 90%]}}]\n"
        );
        let environment = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let choice = plan::Choice { environment, ..plan::Choice::default() };
        let (config, problems) = config::read("gates.yaml", text.as_bytes(), &choice.environment);
        assert!(problems.is_empty(), "{problems}");
        let config = config.expect("a config");
        let plan = plan::build(&config, &choice).unwrap_or_else(|problems| panic!("{problems}"));
        plan::notes(&config, &choice, &plan)
            .iter()
            .map(|Note(note)| format!("{} {}", note.line, note.message))
            .collect()
    }

    const FORM: &str = "{post: /login, name: login, form: {user: a, password: '${LOGIN_PASSWORD:-none}'}}";
    const TOKEN: &str = "{get: /login, name: page, extract: {csrf: {regex: 'csrf=(.+)'}}}, \
                         {post: /login, name: login, form: {user: a, csrf: '{{ csrf }}', password: '${LOGIN_PASSWORD:-none}'}, \
                          expect: {status: 302}}";
    const SET: &[(&str, &str)] = &[("LOGIN_PASSWORD", "long enough")];

    #[test]
    fn a_form_without_an_extracted_value_is_remarked_on() {
        let said = remarks("https://app.example.com", FORM, SET);
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].starts_with("7 `login` posts a form without a value"), "{said:?}");
        assert!(said[1].starts_with("7 `login` takes any answer for success"), "{said:?}");
        assert_eq!(remarks("https://app.example.com", TOKEN, SET), Vec::<String>::new());
        let header = "{get: /login, name: page, extract: {csrf: {cookie: csrftoken}}}, \
                      {post: /login, name: login, headers: {X-CSRFToken: '{{ csrf }}'}, form: {user: a}, expect: {status: 302}}";
        assert_eq!(remarks("https://app.example.com", header, SET), Vec::<String>::new());
        let fetched = "{get: /login, name: page}, {post: /login, name: login, form: {user: a}, expect: {status: 302}}";
        assert_eq!(remarks("https://app.example.com", fetched, SET).len(), 1, "the page is asked for and not used");
        let told = "{post: /login, name: login, form: {user: a}, expect: {status: 302}}";
        assert_eq!(remarks("https://app.example.com", told, SET), Vec::<String>::new(), "a refusal shows by itself");
        let api = "{post: /login, name: login, json: {user: a}}";
        assert_eq!(remarks("https://app.example.com", api, SET), Vec::<String>::new(), "an API has no form");
    }

    #[test]
    fn a_form_that_takes_any_answer_is_remarked_on() {
        let page = "{get: /login, name: page, extract: {csrf: {regex: 'csrf=(.+)'}}}, ";
        let login = |more: &str, then: &str| {
            let post = "{post: /login, name: login, form: {user: a, csrf: '{{ csrf }}'}";
            remarks("https://app.example.com", &format!("{page}{post}{more}}}{then}"), SET)
        };
        for more in ["", ", expect: {status: 200}", ", expect: {status: [200, 302]}", ", redirects: follow"] {
            let said = login(more, "");
            assert!(
                said.len() == 1 && said[0].starts_with("7 `login` takes any answer for success"),
                "{more}: {said:?}"
            );
        }
        for more in [
            ", expect: {status: 302}",
            ", expect: {body_has: Welcome}",
            ", expect: {body_lacks: Wrong}",
            ", expect: {json: {/ok: true}}",
            ", expect: {header: {x-user: exists}}",
            ", extract: {token: {json: /token}}",
        ] {
            assert_eq!(login(more, ""), Vec::<String>::new(), "{more}");
        }
        for then in ["{get: /me, name: me, expect: {status: 200}}", "{get: /me, name: me, extract: {id: {json: /id}}}"]
        {
            assert_eq!(login("", &format!(", {then}")), Vec::<String>::new(), "{then}");
        }
        assert_eq!(login("", ", {get: /me, name: me}").len(), 1, "a step that expects nothing proves nothing");
        for api in ["json: {user: a}, extract: {token: {json: /token}}", "json: {user: a}"] {
            let said = remarks("https://app.example.com", &format!("{{post: /login, name: login, {api}}}"), SET);
            assert_eq!(said, Vec::<String>::new(), "an API answers a wrong password with 401");
        }
    }

    #[test]
    fn a_session_over_http_to_another_machine_is_remarked_on() {
        let said = remarks("http://app.example.com", TOKEN, SET);
        assert!(said.len() == 1 && said[0].starts_with("7 `visitor` logs in over http"), "{said:?}");
        assert_eq!(remarks("http://127.0.0.1:1", TOKEN, SET), Vec::<String>::new());
    }

    #[test]
    fn only_what_stands_in_the_login_is_of_the_login() {
        for text in [
            "    login:\n      - get: /${A}\n        name: a\n      -   post: /\n          form:\n            p: ${B:-x}\n    steps:\n      - {get: '/${C}'}\n",
            "    login: [{get: '/${A}', name: a}, {get: '/${B:-x}'}]\n    steps:\n      - get: /${C}\n",
            "    steps: [{get: '/${C}'}]\n    login:\n      - get: /${A}\n        query: {b: '{{ env.B }}'}\n",
        ] {
            let text = format!(
                "version: 1\ngate: test\ntarget: {{url: demo}}\nscenarios:\n  visitor:\n{text}datasets: {{d: {{rows: [{{c: '${{C}}'}}]}}}}\nphases: []\n"
            );
            let environment = ["A", "B", "C"].map(|name| (name.to_owned(), "v".to_owned())).into();
            let (config, problems) = config::read("gates.yaml", text.as_bytes(), &environment);
            let config = config.unwrap_or_else(|| panic!("{problems}"));
            let written = super::texts(&config).concat();
            let used: Vec<_> = ["A", "B", "C"].into_iter().filter(|name| super::uses(&written, name)).collect();
            assert_eq!(used, ["A", "B"], "{written}");
        }
    }

    #[test]
    fn a_secret_that_is_not_set_is_remarked_on_where_an_app_of_ones_own_is_the_target() {
        for unset in [&[][..], &[("LOGIN_PASSWORD", "")]] {
            let said = remarks("https://app.example.com", TOKEN, unset);
            assert!(said.len() == 1 && said[0].starts_with("4 `LOGIN_PASSWORD` is not set"), "{said:?}");
            assert_eq!(remarks("demo", TOKEN, unset), Vec::<String>::new());
            let other = "{post: /login, name: login, json: {user: a, password: '${LOGIN_PASSWORD_OF_ANN:-b}'}}";
            assert_eq!(
                remarks("https://app.example.com", other, unset),
                Vec::<String>::new(),
                "the login has no use for it"
            );
        }
    }
}
