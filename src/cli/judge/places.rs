//! `--phase NAME[=WHERE]`: where the phases are in another tool's files.

use std::path::PathBuf;

use crate::foreign::Window;

/// What the command line says about phases.
#[derive(Debug, Default)]
pub(super) struct Places(Vec<(String, Where)>);

#[derive(Debug, PartialEq)]
enum Where {
    Anywhere,
    File(PathBuf),
    Window(Window),
}

impl Places {
    /// Reads the values of `--phase`.
    ///
    /// # Errors
    /// A sentence: one has no name, a phase has two windows, or ways to say it are mixed.
    pub(super) fn read(said: &[String]) -> Result<Self, String> {
        let mut places = Vec::new();
        for text in said {
            let (name, place) = match text.split_once('=') {
                None => (text.as_str(), Where::Anywhere),
                Some((name, place)) => (name, place_of(place)),
            };
            if name.trim().is_empty() || place == Where::File(PathBuf::new()) {
                return Err(format!("--phase {text}: write it like light, light=light.json or light=30s..90s"));
            }
            let twice = places.iter().any(|(known, _)| known == name);
            if twice && !matches!(place, Where::File(_)) {
                return Err(format!("--phase {text}: the phase {name} was named before; only files may be repeated"));
            }
            places.push((name.to_owned(), place));
        }
        let kind = |place: &Where| std::mem::discriminant(place);
        if let Some(((_, first), (other, _))) = places.first().and_then(|first| {
            let other = places.iter().find(|(_, place)| kind(place) != kind(&first.1))?;
            Some((first, other))
        }) {
            let what = match first {
                Where::Anywhere => "names only",
                Where::File(_) => "files",
                Where::Window(_) => "windows",
            };
            return Err(format!(
                "--phase {other}: say where all phases are in the same way; the first ones have {what}"
            ));
        }
        Ok(Self(places))
    }

    /// The phases that are judged; empty for those of the profile.
    pub(super) fn phases(&self) -> Vec<String> {
        let mut names: Vec<String> = self.0.iter().map(|(name, _)| name.clone()).collect();
        names.dedup();
        names
    }

    /// The files of phases, in the order of the command line.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &PathBuf)> {
        self.0.iter().filter_map(|(name, place)| match place {
            Where::File(path) => Some((name.as_str(), path)),
            _ => None,
        })
    }

    /// The windows of phases.
    pub(super) fn windows(&self) -> Vec<(String, Window)> {
        let window = |(name, place): &(String, Where)| match place {
            Where::Window(window) => Some((name.clone(), *window)),
            _ => None,
        };
        self.0.iter().filter_map(window).collect()
    }
}

/// A window, or else a file: one that looks like a window is written `./1s..2s`.
fn place_of(text: &str) -> Where {
    Window::read(text).map_or_else(|| Where::File(PathBuf::from(text)), Where::Window)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(said: &[&str]) -> Result<Places, String> {
        Places::read(&said.iter().map(|&text| text.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_phase_is_a_window_or_has_files() {
        let windows = read(&["light=..90s", "heavy=2026-11-24T09:00:00Z..2026-11-24T09:01:00Z"]).expect("it is right");
        assert_eq!((windows.windows().len(), windows.files().count()), (2, 0));
        let files = read(&["light=../a.json", "light=b..c.json", "heavy=./1s..2s"]).expect("it is right");
        assert_eq!((files.windows().len(), files.files().count()), (0, 3));
        assert_eq!(files.phases(), ["light", "heavy"]);
        assert_eq!(read(&["light"]).expect("it is right").phases(), ["light"]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (said, why) in [
            (&["=a.json"][..], "write it like"),
            (&["light="], "write it like"),
            (&["light=1s..2s", "light=3s..4s"], "was named before"),
            (&["light=1s..2s", "heavy=a.json"], "in the same way"),
        ] {
            let error = read(said).expect_err("it is wrong");
            assert!(error.contains(why), "{error}");
        }
    }
}
