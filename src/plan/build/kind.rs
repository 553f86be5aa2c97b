//! What names refer to, and where in the file such names are given.

use crate::config::ENTRY;

/// What a name refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Scenario,
    Endpoint,
    Tag,
    Extracted,
    Dataset,
    Column,
    Monitor,
    Gauge,
    Phase,
    Profile,
    Cell,
}

impl Kind {
    /// The word for it in a message.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Scenario => "scenario",
            Self::Endpoint => "endpoint or tag",
            Self::Tag => "tag",
            Self::Extracted => "extracted value",
            Self::Dataset => "dataset",
            Self::Column => "column",
            Self::Monitor => "monitor",
            Self::Gauge => "gauge",
            Self::Phase => "phase",
            Self::Profile => "profile",
            Self::Cell => "cell",
        }
    }

    /// The sections and the keys in them whose values give such names. Where one of these could not be read, any name
    /// may have stood.
    pub(super) fn origins(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Scenario => &[("scenarios", "scenarios")],
            Self::Endpoint => &[
                ("scenarios", "scenarios"),
                ("scenarios", ENTRY),
                ("scenarios", "login"),
                ("scenarios", "steps"),
                ("scenarios", "name"),
                ("scenarios", "tags"),
            ],
            Self::Tag => &[
                ("scenarios", "scenarios"),
                ("scenarios", ENTRY),
                ("scenarios", "login"),
                ("scenarios", "steps"),
                ("scenarios", "tags"),
            ],
            Self::Extracted => &[("scenarios", "login"), ("scenarios", "steps"), ("scenarios", "extract")],
            Self::Dataset => &[("datasets", "datasets")],
            Self::Column => &[("datasets", "datasets"), ("datasets", ENTRY), ("datasets", "rows"), ("datasets", "csv")],
            Self::Monitor | Self::Gauge => &[("monitors", "monitors")],
            Self::Phase => &[("phases", "phases"), ("phases", "name")],
            Self::Profile => &[("profiles", "profiles")],
            Self::Cell => &[
                ("phases", "phases"),
                ("phases", "name"),
                ("regression", "regression"),
                ("regression", "cells"),
                ("scenarios", "scenarios"),
                ("scenarios", ENTRY),
                ("scenarios", "steps"),
                ("scenarios", "name"),
            ],
        }
    }
}
