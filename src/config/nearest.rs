//! The nearest valid name, for whoever mistyped one.

/// A longer name is no typing error, and comparing such names takes a time that a hostile file could make long.
const LONGEST_NAME: usize = 64;
/// So many valid names are compared.
const MOST_NAMES: usize = 1000;

/// What to say about a name that does not exist: the nearest of `valid`, else all of them, else nothing.
pub fn suggestion<'a>(name: &str, valid: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let valid: Vec<&str> = valid.into_iter().collect();
    match nearest(name, &valid) {
        Some(near) => Some(format!("did you mean `{near}`?")),
        None if valid.is_empty() => None,
        None => Some(format!("there is {}", listed(&valid))),
    }
}

/// The valid name that a typing error of `name` most likely meant: at most every third character differs.
pub(super) fn nearest<'a>(name: &str, valid: &[&'a str]) -> Option<&'a str> {
    let length = name.chars().count();
    if length > LONGEST_NAME {
        return None;
    }
    let (lower, most) = (name.to_lowercase(), (length / 3).max(1));
    let distance = |candidate: &str| strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
    let near_in_length = |candidate: &&&str| candidate.chars().count().abs_diff(length) <= most;
    let candidates = valid.iter().take(MOST_NAMES).filter(near_in_length);
    let near = candidates.map(|candidate| (distance(candidate), *candidate)).min_by_key(|(distance, _)| *distance);
    near.filter(|(distance, _)| *distance <= most).map(|(_, candidate)| candidate)
}

/// A name as far as it tells it from others.
fn cut(name: &str) -> String {
    let mut shown: String = name.chars().take(LONGEST_NAME).collect();
    if shown.len() < name.len() {
        shown.push_str("...");
    }
    shown
}

/// `a`, `b` and `c`, cut after a dozen.
pub(super) fn listed(names: &[&str]) -> String {
    const SHOWN: usize = 24;
    let quoted: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{}`", cut(name))).collect();
    match quoted.as_slice() {
        [rest @ .., last] if names.len() <= SHOWN && !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        all if names.len() <= SHOWN => all.join(", "),
        all => format!("{} and {} more", all.join(", "), names.len() - SHOWN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_typing_errors_only() {
        let valid = ["users", "spawn_rate", "duration", "p95"];
        for (typed, meant) in [
            ("usres", Some("users")),
            ("spawnrate", Some("spawn_rate")),
            ("Duration", Some("duration")),
            ("zebra", None),
            ("x", None),
        ] {
            assert_eq!(nearest(typed, &valid), meant, "{typed}");
        }
    }

    #[test]
    fn lists_the_names_where_none_is_near() {
        assert_eq!(suggestion("zebra", ["light", "heavy"]), Some("there is `light` and `heavy`".into()));
        assert_eq!(suggestion("zebra", []), None);
        let long = "n".repeat(600);
        assert_eq!(suggestion("zebra", [long.as_str()]), Some(format!("there is `{}...`", "n".repeat(LONGEST_NAME))));
    }
}
