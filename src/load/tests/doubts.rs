//! Passes in which nothing failed and nobody was logged in.

use http::header;

use super::{
    super::{Rehearsal, once},
    NO_PAUSE, get, in_memory, plan, scenario,
    walks::{after_login, answer, login_steps},
};
use crate::{
    client::testing::{Reply, app, text},
    plan::{Expect, Redirects, ScenarioId},
};

/// What an app answers.
type Answers = fn() -> Reply;

/// The same pass with the expectations that stand in no file: 200 to 399 is a success.
async fn unexpecting(login: Answers, page: Answers, path: &str) -> Rehearsal {
    let origin = in_memory(app(move |request| match (request.method().as_str(), request.uri().path()) {
        ("GET", "/login") => text(200, "<input name=\"csrf\" value=\"t+k=n\"><input type=password>"),
        ("POST", "/login") => login(),
        _ => page(),
    }));
    let mut steps = login_steps();
    (steps[1].redirects, steps[1].expect) = (Redirects::None, Expect::default());
    once(&plan(vec![scenario(steps, vec![get(2, path)], NO_PAUSE)]), ScenarioId(0), &origin, 1).await
}

#[tokio::test]
async fn a_login_page_that_passed_for_success_is_doubted() {
    const PAGE: &str = "<form>Wrong password<input type=\"password\"></form>";
    let welcome = || text(200, "welcome");
    let in_again = || answer(302, "", &[(header::LOCATION, "/login?next=/home")]);
    let logged_in = || answer(302, "", &[(header::LOCATION, "/home"), (header::SET_COOKIE, "sid=0123456789; Path=/")]);
    let doubted: [(Answers, Answers, usize, &str); 5] = [
        (|| text(200, PAGE), in_again, 1, "the answer is the login page again"),
        (
            || answer(302, "", &[(header::LOCATION, "/login?error=1")]),
            in_again,
            1,
            "the answer is the login page again",
        ),
        (|| text(200, "{}"), in_again, 2, "the app asks for a login: no answer of the login set a cookie"),
        (logged_in, in_again, 2, "the app asks for a login: the session was not accepted"),
        (logged_in, || text(200, PAGE), 2, "the app asks for a login: the session was not accepted"),
    ];
    for (login, page, exchange, cause) in doubted {
        let rehearsal = unexpecting(login, page, "/home").await;
        assert!(rehearsal.passed(), "{rehearsal:?}");
        let doubt = rehearsal.doubt.as_ref().expect("it is doubted");
        assert!(doubt.exchange == exchange && doubt.cause.starts_with(cause), "{doubt:?}");
    }
    let done = || answer(302, "", &[(header::LOCATION, "/login/done"), (header::SET_COOKIE, "sid=0123456789; Path=/")]);
    let named =
        || answer(302, "", &[(header::LOCATION, "/login-success"), (header::SET_COOKIE, "sid=0123456789; Path=/")]);
    let two_fields = || text(200, "<input type='password' name=old><input type='password' name=new>");
    let trusted: [(Answers, Answers, &str); 6] = [
        (logged_in, welcome, "/home"),
        (done, welcome, "/home"),
        (named, welcome, "/home"),
        (logged_in, two_fields, "/account"),
        (logged_in, in_again, "/logout"),
        (|| text(200, "{\"token\": \"t\"}"), welcome, "/home"),
    ];
    for (login, page, path) in trusted {
        assert_eq!(unexpecting(login, page, path).await.doubt, None, "{path}");
    }
    let failed = after_login(logged_in, in_again).await;
    assert!(!failed.passed() && failed.doubt.is_none(), "what failed has its causes");
}

#[tokio::test]
async fn without_a_login_a_page_with_a_form_for_it_is_a_page() {
    let origin = in_memory(app(|_| text(200, "<input type=\"password\">")));
    let plan = plan(vec![scenario(Vec::new(), vec![get(0, "/")], NO_PAUSE)]);
    assert_eq!(once(&plan, ScenarioId(0), &origin, 1).await.doubt, None);
}
