//! Behaviour from outside: one binary, one file per behaviour.

mod accuracy;
mod app;
mod baselines;
mod check;
mod command_line;
mod compare;
mod exit_codes;
mod gate_test;
mod hostile_files;
mod hostile_targets;
mod hosts;
mod house;
mod junit;
mod ladder;
mod looks;
mod memory;
mod no_data;
mod patience;
mod regressions;
mod reports;
mod saturated;
mod secrets;
mod signals;
mod silent_gauges;
mod staging;
mod stalls;
