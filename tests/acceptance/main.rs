//! The acceptance checks of docs/decisions.md: the decision's error rates, by seeded simulation through the judge's front
//! door. Reduced here; in full by `STAGEGATE_REPETITIONS=5000 cargo test --release --test acceptance -- --nocapture`.

mod comparison;
mod criteria;
mod invariants;
mod mutations;
mod window;
mod world;
