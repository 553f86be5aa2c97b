//! What a value looks like: whether anybody wrote it, or a machine drew it.

/// Whether a value may be one that nobody chose: long enough, of letters and digits, without spaces. Some words look so
/// too: see [`is_opaque`].
pub fn is_random(value: &str) -> bool {
    let has = |kind: fn(&char) -> bool| value.chars().any(|c| kind(&c));
    let token = |c: char| c.is_ascii_alphanumeric() || "-_.=+/:%".contains(c);
    value.len() >= 12
        && value.chars().all(token)
        && has(char::is_ascii_alphabetic)
        && (has(char::is_ascii_digit) || (has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase)))
}

/// Whether a value, or a part of it, is surely none that a person wrote: letters and digits, or large and small letters,
/// that take turns as they do in no words. `XMLHttpRequest`, `iphone-15-pro` and times are words; a token, a hash and a
/// UUID are not.
pub fn is_opaque(value: &str) -> bool {
    let parts = value.split(|c: char| !(c.is_ascii_alphanumeric() || "-_+".contains(c)));
    parts.into_iter().any(|part| takes_turns(part) && !is_slug(part))
}

fn takes_turns(part: &str) -> bool {
    const SHORTEST: usize = 10;
    let signs: Vec<u8> = part.bytes().filter(u8::is_ascii_alphanumeric).collect();
    let digits = signs.iter().filter(|sign| sign.is_ascii_digit()).count();
    // Digits with `T` and `Z` alone are a time.
    if signs.len() < SHORTEST || signs.iter().all(|sign| sign.is_ascii_digit() || b"TZ".contains(sign)) {
        return false;
    }
    let kind = |sign: u8| (sign.is_ascii_digit(), sign.is_ascii_uppercase());
    let turns = signs.windows(2).filter(|pair| kind(pair[0]) != kind(pair[1])).count();
    // By chance about half of the neighbours differ. Words with numbers have few such places, camelCase has some more.
    let least = if digits > 0 { 15 } else { 40 };
    turns * 100 >= least * signs.len()
}

/// Whether a part is words with numbers between them: `lamp-2024-128gb`.
fn is_slug(part: &str) -> bool {
    /// The longest number with letters.
    const LONGEST: usize = 5;
    let pieces: Vec<&str> = part.split(['-', '_', '+']).collect();
    let word = |piece: &&&str| piece.bytes().all(|byte| byte.is_ascii_lowercase());
    let letters: usize = pieces.iter().filter(word).map(|piece| piece.len()).sum();
    let total: usize = pieces.iter().map(|piece| piece.len()).sum();
    let simple =
        |piece: &&str| piece.len() <= LONGEST || word(&piece) || piece.bytes().all(|byte| byte.is_ascii_digit());
    pieces.iter().all(simple) && letters * 2 >= total
}

/// Whether a value is a UUID: it identifies, and opens nothing by itself where apps are well made.
pub fn is_uuid(value: &str) -> bool {
    let lengths: Vec<usize> = value.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && value.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests;
