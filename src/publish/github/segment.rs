//! Names as parts of an address.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is in a part of a path or a value of a query.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A name as one part of a path, or as a value of a query: nothing in it can be taken for more of the address
/// (`.` and `..` excepted, which are no names).
pub(super) fn segment(name: &str) -> String {
    utf8_percent_encode(name, KEPT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leads_out_of_a_part() {
        assert_eq!(segment("acme-1.0_x"), "acme-1.0_x");
        assert_eq!(segment("a/../b?c#d&e=f g"), "a%2F..%2Fb%3Fc%23d%26e%3Df%20g");
    }
}
