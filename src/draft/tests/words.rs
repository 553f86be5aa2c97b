//! Which names and values are taken for secrets.

use super::super::words::{is_opaque, is_password, is_secret, is_secret_value, is_uuid, singular};

#[test]
fn names_of_passwords_are_told_from_those_that_only_speak_of_one() {
    for name in [
        "password",
        "newPassword",
        "password1",
        "password_2",
        "user[password]",
        "password_confirmation",
        "pass",
        "userpwd",
        "pw",
        "user[pw]",
        "login_pass",
    ] {
        assert!(is_password(name) && is_secret(name), "{name}");
    }
    for name in ["password_strength", "passwordHint", "password_changed", "password_reset", "passport", "compass"] {
        assert!(!is_password(name) && !is_secret(name), "{name}");
    }
}

#[test]
fn codes_are_secrets_unless_they_are_words() {
    for (name, value) in [
        ("code", "4711"),
        ("key", "AIzaSyA1b2"),
        ("X-Auth", "a1b2c3"),
        ("jwt", "x"),
        ("SAMLResponse", "PHNh"),
        ("sid", "abc"),
        ("JSESSIONID", "abc"),
    ] {
        assert!(is_secret_value(name, value), "{name}: {value}");
    }
    for (name, value) in [("code", "EUR"), ("key", "volume"), ("sort_key", "name"), ("page", "4711")] {
        assert!(!is_secret_value(name, value), "{name}: {value}");
    }
}

#[test]
fn what_nobody_wrote_is_told_from_words() {
    for value in [
        "a8Fh3kPq92LmZx71",
        "9f86d081884c7d659a2feaa0c55ad015",
        "9f1c2d3e-7a0b-4c8d-9e6f-1234567890ab",
        "eyJhbGciOiJIUzI1NiJ9.e30.x1",
        "https://a.example/?t=x7Kp9mQ2vLrT",
        "Bearer x7Kp9mQ2vLrT",
        "AbCdEfGhIjKl",
        "dXNlcjpwYXNzd29yZA==",
    ] {
        assert!(is_opaque(value), "{value}");
    }
    for value in [
        "XMLHttpRequest",
        "OrderCreatedAt",
        "2026-11-26T10:00:00.000Z",
        "20261126T100000Z",
        "iphone-15-pro-128gb",
        "lamp-2024",
        "/projects/12/chart-data",
        "application/json",
        "ann.smith1985@shop.example",
        "4242424242424242",
        "the quick brown fox",
    ] {
        assert!(!is_opaque(value), "{value}");
    }
    assert!(is_uuid("9f1c2d3e-7a0b-4c8d-9e6f-1234567890ab") && !is_uuid("9f1c2d3e7a0b4c8d9e6f1234567890ab"));
}

#[test]
fn lists_are_called_by_what_is_in_them() {
    for (list, one) in [("categories", "category"), ("projects", "project"), ("bus", "bus"), ("media", "media")] {
        assert_eq!(singular(list), one);
    }
}
