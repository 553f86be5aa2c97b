//! What is said while a deployment is waited for.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_target_that_is_not_there_is_said_to_be_waited_for() {
    let text = |ready: &str| {
        format!(
            "version: 1\ngate: test\ntarget: {{url: 'http://127.0.0.1:1/base/'{ready}}}\n\
             scenarios: {{visitor: {{steps: [{{get: /, name: home}}]}}}}\n{PHASES}"
        )
    };
    let (waited, _switch) = setup(&text(", ready: {get: /healthz, within: 60s}"));
    let (_, events) = walk(waited).await;
    assert_eq!(
        events[2..4],
        ["waiting for http://127.0.0.1:1/base/healthz to be ready, 60s", "preflight the target is ready failed"]
    );
    let (short, _switch) = setup(&text(", ready: {get: /healthz, within: 1s}"));
    let (_, events) = walk(short).await;
    assert!(!events.iter().any(|event| event.starts_with("waiting")), "{events:?}");
}
