//! The nearest valid name, for whoever mistyped one.

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
    let lower = name.to_lowercase();
    let distance = |candidate: &str| strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
    let near = valid.iter().map(|candidate| (distance(candidate), *candidate)).min_by_key(|(distance, _)| *distance);
    near.filter(|(distance, _)| *distance <= (name.chars().count() / 3).max(1)).map(|(_, candidate)| candidate)
}

/// `a`, `b` and `c`, cut after a dozen.
pub(super) fn listed(names: &[&str]) -> String {
    const SHOWN: usize = 24;
    let quoted: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
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
    }
}
