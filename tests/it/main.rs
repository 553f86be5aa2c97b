//! Behaviour from outside: one binary, one file per behaviour.

mod house;
