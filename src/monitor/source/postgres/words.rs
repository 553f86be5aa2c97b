//! A statement's text as it may be shown: without constants, whatever the server left in it.

use std::iter::Peekable;

/// The first words of statements whose constants the server replaces by placeholders. Of the others, as `ALTER ROLE ..
/// PASSWORD '..'`, it keeps the text as it was written.
const NORMALIZED: [&str; 6] = ["select", "insert", "update", "delete", "merge", "with"];

/// What stands for a constant that the server left in a text.
const CONSTANT: char = '?';

/// A statement in one line, without comments and constants; `None` for one that is no query. The server keeps the constants
/// of a query too when it had to forget the query's first text.
pub(super) fn shown(text: &str) -> Option<String> {
    let plain = without_constants(text);
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let first = line.trim_start_matches(['(', ' ']).split(|c: char| !c.is_ascii_alphabetic()).next()?;
    NORMALIZED.contains(&first.to_ascii_lowercase().as_str()).then_some(line)
}

/// A constant that has no end, because the text was cut, ends with the text.
fn without_constants(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let next = rest.peek().copied();
        match c {
            '-' if next == Some('-') => {
                while rest.next().is_some_and(|c| c != '\n') {}
                kept.push(' ');
            }
            '/' if next == Some('*') => {
                skip_comment(&mut rest);
                kept.push(' ');
            }
            '\'' => {
                let escapes = ends_with_escape(&kept);
                kept.push(CONSTANT);
                if skip_quoted(&mut rest, escapes) == End::Unsure {
                    return kept;
                }
            }
            '"' => {
                kept.push(c);
                for c in rest.by_ref() {
                    kept.push(c);
                    if c == '"' {
                        break;
                    }
                }
            }
            '$' if next.is_some_and(|next| next.is_ascii_digit()) => {
                kept.push(c);
                take_while(&mut rest, |c| c.is_ascii_digit()).chars().for_each(|c| kept.push(c));
            }
            '$' => {
                let tag = take_while(&mut rest, is_of_name);
                if rest.next_if_eq(&'$').is_some() {
                    skip_to(&mut rest, &format!("${tag}$"));
                    kept.push(CONSTANT);
                } else {
                    kept.push(c);
                    kept.push_str(&tag);
                }
            }
            c if c.is_ascii_digit() => {
                take_while(&mut rest, |c| c.is_ascii_alphanumeric() || c == '.' || c == '_');
                kept.push(CONSTANT);
            }
            c if is_of_name(c) => {
                kept.push(c);
                kept.push_str(&take_while(&mut rest, |c| is_of_name(c) || c == '$'));
            }
            c => kept.push(c),
        }
    }
    kept
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether the quote that follows is that of `E'..'`, in which a backslash escapes a quote.
fn ends_with_escape(kept: &str) -> bool {
    let mut back = kept.chars().rev();
    back.next().is_some_and(|c| matches!(c, 'e' | 'E')) && !back.next().is_some_and(is_of_name)
}

fn take_while(rest: &mut Peekable<impl Iterator<Item = char>>, belongs: impl Fn(char) -> bool) -> String {
    let mut taken = String::new();
    while let Some(c) = rest.next_if(|c| belongs(*c)) {
        taken.push(c);
    }
    taken
}

/// How well the end of a constant is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// What follows is no part of it.
    Sure,
    /// A backslash stands before a quote: whether that is the end is a setting (`standard_conforming_strings`), and the wrong
    /// guess takes the constants that follow for the text between them.
    Unsure,
}

/// To the end of `'..'`, in which two quotes stand for one.
fn skip_quoted(rest: &mut Peekable<impl Iterator<Item = char>>, escapes: bool) -> End {
    while let Some(c) = rest.next() {
        match c {
            '\\' if escapes => drop(rest.next()),
            // Two of them stand for one, or for themselves: either way the next quote is no part of that.
            '\\' if rest.next_if_eq(&'\\').is_some() => {}
            '\\' if rest.peek() == Some(&'\'') => return End::Unsure,
            '\'' if rest.next_if_eq(&'\'').is_none() => return End::Sure,
            _ => {}
        }
    }
    End::Sure
}

/// To the end of a comment, which may hold others; its star is next.
fn skip_comment(rest: &mut Peekable<impl Iterator<Item = char>>) {
    rest.next();
    let mut depth = 1;
    while depth > 0 {
        match rest.next() {
            Some('/') if rest.next_if_eq(&'*').is_some() => depth += 1,
            Some('*') if rest.next_if_eq(&'/').is_some() => depth -= 1,
            Some(_) => {}
            None => return,
        }
    }
}

/// To the end of the next place with this text.
fn skip_to(rest: &mut impl Iterator<Item = char>, end: &str) {
    let mut seen = String::new();
    for c in rest {
        seen.push(c);
        if seen.ends_with(end) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_shown_in_one_line() {
        for (text, expected) in [
            ("SELECT a, t1.b2\n  FROM \"it's 5\"  WHERE id = $1", "SELECT a, t1.b2 FROM \"it's 5\" WHERE id = $1"),
            ("/* route='/a' /* it's */ */ (select $12)", "(select $12)"),
            ("-- who's\nWITH a AS (SELECT $1) DELETE FROM b$c", "WITH a AS (SELECT $1) DELETE FROM b$c"),
            ("insert into a values ($1 /*, ... */)", "insert into a values ($1 )"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_is_no_query_is_not_shown() {
        for text in [
            "ALTER ROLE app PASSWORD 's3cret'",
            "CREATE USER app PASSWORD 's3cret'",
            "SET app.token = 's3cret'",
            "COPY users FROM PROGRAM 'curl -u s3cret'",
            "DO $$ BEGIN PERFORM 's3cret'; END $$",
            "DECLARE c CURSOR FOR SELECT 's3cret'",
            "selection",
            "",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
    }

    #[test]
    fn a_constant_that_the_server_left_is_not_shown() {
        for (text, expected) in [
            ("SELECT 's3cret', 'it''s3cret', $1", "SELECT ?, ?, $1"),
            ("SELECT E'\\'s3cret' || e'a', made'x'", "SELECT E? || e?, made?"),
            ("SELECT $$s3cret 'x$$, $a$ $$ s3cret $a$, 1", "SELECT ?, ?, ?"),
            ("UPDATE a SET n = 4711, m = -1.5e10 WHERE x IN (0x1f)", "UPDATE a SET n = ?, m = -? WHERE x IN (?)"),
            ("SELECT 'a\\\\', b, 'c\\\\''d', e", "SELECT ?, b, ?, e"),
            ("SELECT 'a\\'s3cret', b", "SELECT ?"),
            ("SELECT 'C:\\', 's3cret', b", "SELECT ?"),
            ("SELECT 's3cret that was cu", "SELECT ?"),
            ("SELECT $x$ s3cret", "SELECT ?"),
            ("SELECT 1 /* s3cret", "SELECT ?"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(expected));
        }
    }
}
