//! `target.start` and `against`: what the gate starts itself, and the second deployment.

use std::path::{Path, PathBuf};

use url::Url;

use super::Draft;
use crate::{
    config::{self, Located},
    plan::{Deployment, Start, is_loopback},
};

impl Draft<'_> {
    /// `target.start`; `url` is the target's address, `None` for the built-in staging app and one that is wrong.
    pub(super) fn target_start(&mut self, said: &config::Target, url: Option<&Url>) -> Option<Start> {
        let start = said.start.as_ref()?;
        if self.choice.target.is_some() {
            self.start(start);
            self.without_effect
                .push("`target.start` is left alone: --target names an app that runs already".to_owned());
            return None;
        }
        if url.is_none() && said.url.complete && said.url.value == "demo" {
            let help = "write it like \"http://127.0.0.1:8000\", or remove `start`: `demo` starts by itself";
            self.problem_with(said.url.span, "an app that `target.start` starts has an address", Some(help.to_owned()));
        }
        self.served(start, &said.url, url)
    }

    /// `against`.
    pub(super) fn against(&mut self, allow: &[String], target: Option<&Url>) -> Option<Deployment> {
        let said = self.config.against.as_ref()?;
        let url = said.url.complete.then(|| self.address(&said.url, allow)).flatten();
        let start = said.start.as_ref().and_then(|start| self.served(start, &said.url, url.as_ref()));
        let url = url?;
        let port = |url: &Url| url.port_or_known_default();
        if start.is_some() && target.is_some_and(|target| is_local(target) && port(target) == port(&url)) {
            let help = "give the second deployment a port of its own, in `against.url` and in what starts it";
            self.problem_with(
                said.url.span,
                "two apps cannot be served at the target's address",
                Some(help.to_owned()),
            );
        }
        Some(Deployment { url, start })
    }

    /// A command that serves what is at `url`, which is on this machine.
    fn served(&mut self, said: &Located<config::Start>, address: &Located<String>, url: Option<&Url>) -> Option<Start> {
        if let Some(url) = url.filter(|url| !is_local(url)) {
            let message = format!(
                "an app is started on this machine only, and `{}` is not on it",
                url.host_str().unwrap_or_default()
            );
            let help = "write a loopback address like \"http://127.0.0.1:8000\", or remove `start`";
            self.problem_with(address.span, message, Some(help.to_owned()));
        }
        self.start(said)
    }

    fn start(&mut self, said: &Located<config::Start>) -> Option<Start> {
        let config::Start { command, env, folder } = &said.value;
        let nameless = command.first().is_none_or(|program| program.value.trim().is_empty());
        let span = command.first().map_or(said.span, |program| program.span);
        if nameless && said.complete {
            let help = "give program and arguments: [\"gunicorn\", \"app.wsgi\"]";
            self.problem_with(span, "`start.command` names no program", Some(help.to_owned()));
        }
        for (name, _) in env.iter() {
            if name.value.is_empty() || name.value.contains(|c: char| c == '=' || c.is_control()) {
                self.problem(name.span, "this cannot be the name of an environment variable");
            }
        }
        let values = command.iter().chain(env.iter().map(|(_, value)| value)).chain(folder);
        for value in values {
            if value.value.contains('\0') {
                self.problem(value.span, "no program can be given a NUL character");
            }
        }
        (!nameless).then(|| Start {
            command: command.iter().map(|word| word.value.clone()).collect(),
            env: env.iter().map(|(name, value)| (name.value.clone(), value.value.clone())).collect(),
            folder: self.beside_the_file(folder.as_ref().map_or("", |folder| &folder.value)),
        })
    }

    /// A path as gates.yaml names it, from its own folder; empty for the current one.
    fn beside_the_file(&self, path: &str) -> PathBuf {
        let file = self.config.source.name();
        let folder = Path::new(&*file).parent().unwrap_or(Path::new(""));
        if path.is_empty() { folder.to_owned() } else { folder.join(path) }
    }
}

fn is_local(url: &Url) -> bool {
    url.host().is_some_and(|host| is_loopback(&host))
}
