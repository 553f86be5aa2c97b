//! What gates.yaml is called in problems and reports.

use std::{env, path::Path};

use crate::{config::Environment, publish::github::folder_in_repository};

/// As the user named it. On GitHub an absolute path inside the checkout is told from the folder in which the gate runs,
/// because annotations and links need to know where in the repository it lies.
pub(super) fn named(config: &Path, environment: &Environment) -> String {
    let relative = config.is_absolute().then(|| in_the_checkout(config, environment)).flatten();
    relative.unwrap_or_else(|| config.to_string_lossy().into_owned())
}

fn in_the_checkout(config: &Path, environment: &Environment) -> Option<String> {
    let here = folder_in_repository(environment, &env::current_dir().ok()?)?;
    let folder = folder_in_repository(environment, config.parent()?)?;
    Some(from(&here, &folder, config.file_name()?.to_str()?))
}

/// The way from one folder of the repository to a file in another.
fn from(here: &str, folder: &str, file: &str) -> String {
    let [here, folder] = [here, folder].map(|path| path.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>());
    let shared = here.iter().zip(&folder).take_while(|(one, other)| one == other).count();
    let up = here[shared..].iter().map(|_| "..");
    let way: Vec<&str> = up.chain(folder[shared..].iter().copied()).chain([file]).collect();
    way.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_a_file_is_the_shortest() {
        for (here, folder, way) in [
            ("", "", "gates.yaml"),
            ("", "perf", "perf/gates.yaml"),
            ("perf", "", "../gates.yaml"),
            ("perf/shop", "perf/search", "../search/gates.yaml"),
            ("a/b", "a/b", "gates.yaml"),
            ("a", "ab", "../ab/gates.yaml"),
        ] {
            assert_eq!(from(here, folder, "gates.yaml"), way);
        }
    }
}
