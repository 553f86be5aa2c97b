//! GitLab: what the viewer of a job's log makes of marked lines.

use crate::report::clean;

/// Begins a section of lines that the log shows folded, with its line break; `at` in seconds since 1970.
///
/// The marks are those of `docs.gitlab.com/ci/jobs/job_logs`. A name may consist of letters, digits, `_`, `.` and `-`, and
/// belongs to one section of a job.
pub fn section(name: &str, at: i64, title: &str) -> String {
    format!("\u{1b}[0Ksection_start:{at}:{name}[collapsed=true]\r\u{1b}[0K{}\n", clean(title))
}

/// Ends the section of this name, with its line break.
pub fn section_end(name: &str, at: i64) -> String {
    format!("\u{1b}[0Ksection_end:{at}:{name}\r\u{1b}[0K\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_ends_no_section() {
        assert_eq!(
            section("phase_1", 1_700_000_000, "phase 1 of 2, light"),
            "\u{1b}[0Ksection_start:1700000000:phase_1[collapsed=true]\r\u{1b}[0Kphase 1 of 2, light\n"
        );
        assert_eq!(section_end("phase_1", 2), "\u{1b}[0Ksection_end:2:phase_1\r\u{1b}[0K\n");
        let forged = section("phase_1", 1, "light\u{1b}[0Ksection_end:1:phase_1\r\u{1b}[0K\n");
        let count = |sign: char| forged.matches(sign).count();
        assert_eq!((count('\u{1b}'), count('\r'), count('\n')), (2, 1, 1), "{forged:?}");
    }
}
