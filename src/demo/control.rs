//! The demo's own controls: the switches and the ledger. No fault touches them and no total counts them.

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::json;

use super::answer::Answer;
use super::app::App;
use super::faults::Faults;
use super::lock::lock;
use super::route::Route;

pub(super) fn answer(app: &App, route: Route, method: &Method, body: &Bytes) -> Answer {
    let posted = method == Method::POST;
    match route {
        Route::Faults if posted => match serde_json::from_slice::<Faults>(body) {
            Ok(faults) => {
                app.set_faults(faults);
                switches(app)
            }
            Err(error) => Answer::json(StatusCode::BAD_REQUEST, &json!({"error": error.to_string()})),
        },
        Route::Faults => switches(app),
        Route::LedgerReset if posted => {
            app.reset_ledger();
            Answer::json(StatusCode::OK, &json!({"reset": true}))
        }
        Route::Ledger if !posted => {
            let report = serde_json::to_vec(&app.ledger.report()).expect("a ledger is numbers and text");
            Answer::json_bytes(StatusCode::OK, report.into())
        }
        _ => {
            Answer::json(StatusCode::METHOD_NOT_ALLOWED, &json!({"error": "GET /demo/ledger, POST /demo/ledger/reset"}))
        }
    }
}

fn switches(app: &App) -> Answer {
    let faults = serde_json::to_vec(lock(&app.faults).switches()).expect("faults are numbers and text");
    Answer::json_bytes(StatusCode::OK, faults.into())
}
