//! Values that nobody wrote, and those that look a little like them.

use super::*;

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
