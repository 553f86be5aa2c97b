//! The tools whose results are understood.

/// A tool that makes load and writes what it measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// k6: `--out json=FILE`.
    K6,
    /// Locust: `--csv PREFIX`.
    Locust,
    /// `JMeter`: a JTL file as CSV with header.
    JMeter,
    /// Samples in the general form, a JSON object a line.
    Ndjson,
}

impl Tool {
    /// As `--from` names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::K6 => "k6",
            Self::Locust => "locust",
            Self::JMeter => "jmeter",
            Self::Ndjson => "ndjson",
        }
    }

    /// How a file is made that can be read, as the end of a sentence.
    pub fn how(self) -> &'static str {
        match self {
            Self::K6 => "write one by `k6 run --out json=FILE`",
            Self::Locust => "write it by `locust --csv PREFIX`, and name PREFIX_stats.csv",
            Self::JMeter => {
                "write one by `jmeter -n -l FILE -Jjmeter.save.saveservice.output_format=csv \
                 -Jjmeter.save.saveservice.print_field_names=true`"
            }
            Self::Ndjson => "docs/contract.md describes the format under \"Samples\"",
        }
    }
}
