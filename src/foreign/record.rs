//! A record of a CSV file.

/// Splits a record into its fields; `None` when a quoted field does not end within it.
pub(super) fn fields(record: &str, delimiter: char) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut field = String::new();
    let mut quoted = false;
    let mut chars = record.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                field.push('"');
                chars.next();
            }
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            c if c == delimiter && !quoted => fields.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    fields.push(field);
    (!quoted).then_some(fields)
}

/// The delimiter of a header: the first of the usual ones that is in it.
pub(super) fn delimiter(header: &str) -> char {
    header.chars().find(|c| [',', ';', '\t', '|'].contains(c)).unwrap_or(',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_delimiters_quotes_and_line_ends() {
        assert_eq!(fields(r#"1,"a,""b""",c,"#, ','), Some(["1", "a,\"b\"", "c", ""].map(str::to_owned).to_vec()));
        assert_eq!(fields("\"a\nb\";2", ';'), Some(["a\nb", "2"].map(str::to_owned).to_vec()));
        assert_eq!(fields(r#"1,"open"#, ','), None);
        assert_eq!(delimiter("timeStamp;elapsed,x"), ';');
    }
}
