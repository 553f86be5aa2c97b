//! What lists are lists of.

use super::super::words::singular;

#[test]
fn lists_are_called_by_what_is_in_them() {
    for (list, one) in [("categories", "category"), ("projects", "project"), ("bus", "bus"), ("media", "media")] {
        assert_eq!(singular(list), one);
    }
}
