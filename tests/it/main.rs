//! Behaviour from outside.
#[test]
fn nothing() {}
