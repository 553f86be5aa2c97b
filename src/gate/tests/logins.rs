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
