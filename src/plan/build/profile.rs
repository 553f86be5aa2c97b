//! `profiles`, and what the command line chooses.

use super::{Draft, Kind};
use crate::{
    config::{self, Located, Span, suggestion},
    plan::Profile,
};

impl Draft<'_> {
    /// The profile in force and the names of its phases.
    pub(super) fn profile(&mut self) -> (Profile, Vec<String>) {
        let config = self.config;
        let all: Vec<String> = config.phases.iter().map(|phase| phase.name.value.clone()).collect();
        for (name, profile) in config.profiles.iter() {
            self.check_profile(name, profile, &all);
        }
        let name = self.choice.profile.as_deref().unwrap_or("default");
        let said = config.profiles.get(name);
        if said.is_none() && self.choice.profile.is_some() && !self.may_be_lost(Kind::Profile, name) {
            let span = config.profiles.iter().next().map_or(Span::default(), |(name, _)| name.span);
            let help = suggestion(name, config.profiles.names());
            self.problem_with(span, format!("--profile: there is no profile `{name}`"), help);
        }
        let time_scale = self.choice.time_scale.or_else(|| said?.time_scale.map(|scale| scale.value)).unwrap_or(1.0);
        if let Some(scale) = self.choice.time_scale {
            self.time_scale("--time-scale", &Located::unplaced(scale));
        }
        // Nothing of a load that is over can be extended.
        let extend =
            said.and_then(|profile| profile.extend).is_none_or(|extend| extend.value) && self.choice.foreign.is_none();
        let profile = Profile { name: name.to_owned(), time_scale, extend };
        (profile, self.selected(said, all))
    }

    fn check_profile(&mut self, name: &Located<String>, profile: &config::Profile, all: &[String]) {
        if profile.phases.as_ref().is_some_and(Vec::is_empty) && self.is_whole("profiles") {
            self.problem(name.span, format!("the profile `{}` has no phases", name.value));
        }
        for phase in profile.phases.iter().flatten() {
            if !all.contains(&phase.value) {
                self.unknown(Kind::Phase, phase, all.iter().map(String::as_str));
            }
        }
        if let Some(scale) = &profile.time_scale {
            self.time_scale("time_scale", scale);
        }
    }

    fn time_scale(&mut self, key: &str, scale: &Located<f64>) {
        if !(scale.value > 0.0 && scale.value <= 1.0) {
            self.problem(
                scale.span,
                format!("`{key}` is more than 0 and at most 1: it shortens, and lengthens nothing"),
            );
        }
    }

    /// `--phase`, else the phases of the profile, else all.
    fn selected(&mut self, profile: Option<&config::Profile>, all: Vec<String>) -> Vec<String> {
        let chosen = &self.choice.phases;
        for name in chosen.iter().filter(|name| !all.contains(name)) {
            if self.may_be_lost(Kind::Phase, name) {
                continue;
            }
            let span = self.config.phases.first().map_or(Span::default(), |phase| phase.name.span);
            let help = suggestion(name, all.iter().map(String::as_str));
            let message = format!("--phase: there is no phase `{name}`");
            self.problems.push(config::Problem::new(&self.config.source, span, message).help(help));
        }
        if !chosen.is_empty() {
            return chosen.clone();
        }
        let named = profile.and_then(|profile| profile.phases.as_ref());
        named.map_or(all, |phases| phases.iter().map(|phase| phase.value.clone()).collect())
    }
}
