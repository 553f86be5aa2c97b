//! What `check` can say of a login without asking the app: what most often keeps one from working.

use http::header;

use super::{Body, Choice, Expect, Place, Plan, Scenario, Segment, Step, Template, Value, is_loopback};
use crate::config::Config;

/// A remark: its place, how many characters it marks, what is the matter, and what to do.
type Remark = (Place, usize, String, &'static str);

/// Remarks on the logins of a plan, in the order of the scenarios: a form without a value that an earlier step
/// extracted, a session over http on another machine, and a secret that is not set. None of them has to be wrong.
pub(super) fn logins(config: &Config, choice: &Choice, plan: &Plan) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for scenario in plan.scenarios.iter().filter(|scenario| !scenario.login.is_empty()) {
        remarks.extend(tokenless(plan, scenario));
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
    let Expect { header, .. } = &step.expect;
    let page_passes = step.expect.accepts(200) && !step.expect.reads_body() && header.is_empty();
    if at == 0 && !page_passes {
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

/// Secrets whose variables are not set, so that a default stands in their place.
fn unset<'a>(config: &'a Config, choice: &'a Choice) -> impl Iterator<Item = Remark> + 'a {
    let set = |name: &str| choice.environment.get(name).is_some_and(|value| !value.is_empty());
    config.secrets.iter().filter(move |name| !set(&name.value)).map(|name| {
        let place = Place { file: "".into(), line: name.span.line, column: name.span.column };
        let message = format!("`{}` is not set: where gates.yaml uses it, its default is sent", name.value);
        let help = "set the variable; in GitHub Actions, `env:` of the step passes a secret on";
        (place, name.value.chars().count(), message, help)
    })
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
                         {post: /login, name: login, form: {user: a, csrf: '{{ csrf }}'}}";
    const SET: &[(&str, &str)] = &[("LOGIN_PASSWORD", "long enough")];

    #[test]
    fn a_form_without_an_extracted_value_is_remarked_on() {
        let said = remarks("https://app.example.com", FORM, SET);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].starts_with("7 `login` posts a form without a value"), "{said:?}");
        assert_eq!(remarks("https://app.example.com", TOKEN, SET), Vec::<String>::new());
        let header = "{get: /login, name: page, extract: {csrf: {cookie: csrftoken}}}, \
                      {post: /login, name: login, headers: {X-CSRFToken: '{{ csrf }}'}, form: {user: a}}";
        assert_eq!(remarks("https://app.example.com", header, SET), Vec::<String>::new());
        let fetched = "{get: /login, name: page}, {post: /login, name: login, form: {user: a}, expect: {status: 302}}";
        assert_eq!(remarks("https://app.example.com", fetched, SET).len(), 1, "the page is asked for and not used");
        let told = "{post: /login, name: login, form: {user: a}, expect: {status: 302}}";
        assert_eq!(remarks("https://app.example.com", told, SET), Vec::<String>::new(), "a refusal shows by itself");
        let api = "{post: /login, name: login, json: {user: a}}";
        assert_eq!(remarks("https://app.example.com", api, SET), Vec::<String>::new(), "an API has no form");
    }

    #[test]
    fn a_session_over_http_to_another_machine_is_remarked_on() {
        let said = remarks("http://app.example.com", TOKEN, SET);
        assert!(said.len() == 1 && said[0].starts_with("7 `visitor` logs in over http"), "{said:?}");
        assert_eq!(remarks("http://127.0.0.1:1", TOKEN, SET), Vec::<String>::new());
    }

    #[test]
    fn a_secret_that_is_not_set_is_remarked_on_where_an_app_of_ones_own_is_the_target() {
        for unset in [&[][..], &[("LOGIN_PASSWORD", "")]] {
            let said = remarks("https://app.example.com", TOKEN, unset);
            assert!(said.len() == 1 && said[0].starts_with("4 `LOGIN_PASSWORD` is not set"), "{said:?}");
            assert_eq!(remarks("demo", TOKEN, unset), Vec::<String>::new());
        }
    }
}
