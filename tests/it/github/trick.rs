//! What goes wrong, and at which request.

use std::sync::Arc;

use super::{
    http::{Answer, Request},
    world::World,
};

/// One thing that goes wrong.
#[derive(Clone)]
pub(crate) enum Trick {
    /// Nothing is done, and this is answered.
    Answer(Answer),
    /// It is done, and this is answered all the same.
    DoneBut(Answer),
    /// Nothing is done, and the connection ends without an answer.
    Break,
    /// It is done, and the connection ends without an answer.
    DoneThenBreak,
    /// Nothing is done, and nothing is answered.
    Hang,
    /// Something else happens just before it is done.
    Meanwhile(Arc<dyn Fn(&mut World) + Send + Sync>),
}

impl Trick {
    pub(crate) fn meanwhile(change: impl Fn(&mut World) + Send + Sync + 'static) -> Self {
        Self::Meanwhile(Arc::new(change))
    }

    /// Another job of the gate `shop` comments on this commit just before.
    pub(crate) fn another_job_comments(head: &'static str, text: &'static str) -> Self {
        Self::meanwhile(move |world| {
            world.gate_comment(head, text);
        })
    }
}

/// What is still to go wrong, in order.
#[derive(Default)]
pub(crate) struct Tricks {
    left: Vec<(usize, &'static str, &'static str, Trick)>,
}

impl Tricks {
    pub(crate) fn add(&mut self, times: usize, method: &'static str, path: &'static str, trick: Trick) {
        self.left.push((times, method, path, trick));
    }

    /// What goes wrong at this request.
    pub(crate) fn take(&mut self, request: &Request) -> Option<Trick> {
        let meant = |(times, method, path, _): &&mut (usize, &str, &str, Trick)| {
            *times > 0 && *method == request.method && request.path.ends_with(path)
        };
        let (times, _, _, trick) = self.left.iter_mut().find(meant)?;
        *times -= 1;
        Some(trick.clone())
    }
}
