//! The look at a login after a phase whose users could not log in.

use super::*;

/// A run whose users cannot log in: how much the app had served when the phase was judged, when recovery was, and in all.
async fn locked_out(recovery: &str) -> (Finished, Vec<u64>) {
    let app = App::start();
    let (mut setup, _switch) = app.setup(&format!("{recovery}{PHASES}"));
    let plan = Arc::get_mut(&mut setup.plan).expect("nobody else has it");
    let visitor = &mut plan.scenarios[0];
    visitor.login.clone_from(&visitor.steps);
    visitor.login[0].expect.status = vec![204];
    let mut served = Vec::new();
    let mut listen = |event| {
        if matches!(event, Event::PhaseEnded(_) | Event::Recovery(_)) {
            served.push(app.served());
        }
    };
    let finished = run(setup, &mut listen).await.expect("the target can be used");
    served.push(app.served());
    (finished, served)
}

#[tokio::test]
async fn the_phase_is_judged_first() {
    let (finished, served) = locked_out("").await;
    let [judged, all] = served[..] else { panic!("{served:?}") };
    assert_eq!(all, judged + 1, "one user's login, once, and nothing else");
    assert_eq!(finished.verdict.phases[0].outcome, Outcome::Failed);
    assert_eq!(finished.rehearsals.len(), 1);
    assert_eq!(finished.rehearsals[0].title, "login of visitor, one user after the phase");
}

#[tokio::test]
async fn it_takes_nothing_of_the_time_to_recover() {
    let (finished, served) = locked_out("recovery: {users: 1, within: 1s, tolerance: 50%}\n").await;
    let [_, recovered, all] = served[..] else { panic!("{served:?}") };
    assert_eq!(all, recovered + 1, "the look comes behind the recovery");
    assert_eq!(finished.rehearsals.len(), 1);
}

/// Nobody is logged in, and nothing that gates.yaml expects says so.
#[tokio::test]
async fn a_login_page_that_passed_for_success_warns() {
    let app = App::start();
    let text = format!(
        "version: 1\ngate: test\ntarget: {{url: '{}', timeout: 5s}}\npreflight: [{{name: a user logs in, scenario: member}}]\n\
         scenarios:\n  member:\n    login: [{{post: /login, name: login}}]\n    steps: [{{get: /members, name: members}}]\n{PHASES}",
        app.url
    );
    let (mut setup, _switch) = setup(&text);
    setup.extent = Extent::DryRun;
    let (finished, events) = walk(setup).await;
    let verdict = &finished.verdict;
    assert_eq!((verdict.outcome, verdict.exit_code), (Outcome::Warned, 0), "{}", verdict.headline);
    assert_eq!(outcomes(&verdict.preflight), [Outcome::Warned, Outcome::Warned], "a warning ends nothing");
    let detail = &verdict.preflight[0].detail;
    assert!(detail.starts_with("member, members (GET http://127.0.0.1:"), "{detail}");
    assert!(detail.contains("status 200 passed, but the app asks for a login: no answer of the login set"), "{detail}");
    assert!(detail.ends_with("`body_has`), so that this fails."), "{detail}");
    assert!(events.contains(&"preflight a user logs in warned".to_owned()), "{events:?}");
    let titles: Vec<_> = finished.rehearsals.iter().map(|shown| shown.title.as_str()).collect();
    assert_eq!(titles, ["preflight: a user logs in", "scenario member, one user"], "both show their exchanges");
}
