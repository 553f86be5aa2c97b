//! The stagegate binary.

fn main() {}
