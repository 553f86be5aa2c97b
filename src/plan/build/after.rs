//! `recovery`, `policy` and `publish`.

use std::time::Duration;

use super::Draft;
use crate::{
    config::{self, Located},
    plan::{GitHub, Policy, Publish, Reaction, Recovery, Uncertain},
};

/// File names that the gate itself writes.
const OWN_FILES: [&str; 2] = ["verdict.json", "measurements.json"];

impl Draft<'_> {
    pub(super) fn recovery(&mut self) -> Option<Recovery> {
        let said = self.config.recovery.as_ref()?;
        if let Some(users) = &said.users {
            self.positive("users", users, 0);
        }
        Some(Recovery {
            users: said.users.map_or(2, |users| users.value),
            within: self.time("within", said.within, Duration::from_secs(60)),
            tolerance: said.tolerance.map_or(0.2, |tolerance| tolerance.value.fraction()),
        })
    }

    pub(super) fn policy(&mut self) -> Policy {
        let said = &self.config.policy;
        Policy {
            uncertain_criterion: match said.uncertain_criterion.map(|said| said.value) {
                Some(config::Uncertain::Observed) | None => Uncertain::Observed,
                Some(config::Uncertain::Warn) => Uncertain::Warn,
                Some(config::Uncertain::Fail) => Uncertain::Fail,
            },
            uncertain_regression: reaction(said.uncertain_regression, Reaction::Warn),
            no_data: reaction(said.no_data, Reaction::Fail),
        }
    }

    pub(super) fn publish(&mut self) -> Publish {
        let said = &self.config.publish;
        let mut taken: Vec<&str> = OWN_FILES.to_vec();
        for name in [&said.junit, &said.markdown, &said.html, &said.csv, &said.metrics].into_iter().flatten() {
            let plain = !name.value.is_empty()
                && !name.value.contains(['/', '\\', '\0'])
                && name.value != ".."
                && name.value != ".";
            if !plain {
                self.problem(
                    name.span,
                    format!("`{}` is not the name of a file inside the output directory", name.value),
                );
            } else if taken.contains(&name.value.as_str()) {
                self.problem(name.span, format!("two reports would be written to `{}`", name.value));
            }
            taken.push(&name.value);
        }
        let github = self.github();
        let name = |name: &Option<Located<String>>| name.as_ref().map(|name| name.value.clone());
        Publish {
            junit: name(&said.junit),
            markdown: name(&said.markdown),
            html: name(&said.html),
            csv: name(&said.csv),
            metrics: name(&said.metrics),
            github,
        }
    }

    fn github(&mut self) -> GitHub {
        let Some(said) = &self.config.publish.github else { return GitHub::default() };
        let config::GitHub { comment, check, annotations, status } = &said.value;
        let asked = |switch: &Option<Located<bool>>| switch.is_some_and(|switch| switch.value);
        if let Some(status) = status.filter(|status| status.value && asked(check)) {
            // Both have one name, and a branch's protection that requires it waits for both.
            self.problem(status.span, "`status` takes the place of `check`; switch one of them off".to_owned());
        }
        GitHub { comment: asked(comment), check: asked(check), annotations: asked(annotations), status: asked(status) }
    }
}

/// What a key asks for, or the default.
pub(super) fn reaction(said: Option<Located<config::Reaction>>, default: Reaction) -> Reaction {
    match said.map(|said| said.value) {
        Some(config::Reaction::Warn) => Reaction::Warn,
        Some(config::Reaction::Fail) => Reaction::Fail,
        None => default,
    }
}
