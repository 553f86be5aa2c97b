//! The regressions of a run: values, comparison, confirmation.
