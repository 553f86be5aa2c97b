//! Values without quotes, each up to what ends it.
//!
//! Many names may stand in one run of characters (`code=code=code=`): where a run ends, and that no value in it counts, is
//! found once, so that looking takes no longer than the text is long.

use std::ops::Range;

use super::{beside::ends_a_parameter, is_scheme, meant};
use crate::config::{
    looks::is_opaque,
    names::{Hint, Told, hides_value},
};

/// What ends a value that is encoded, beside what ends one that is not.
const ENDS: [&str; 4] = ["%26", "%23", "%2526", "%2523"];

/// A text, and what is known of the run that was looked at last.
pub(super) struct Runs<'t> {
    text: &'t str,
    end: Next,
    encoded: [Next; 4],
    /// Up to where no value counts by its looks under a name of [`Hint::Perhaps`], of [`Hint::Looks`], and as a word under
    /// a name that does not tell and one that does.
    refused: [usize; 4],
}

impl<'t> Runs<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { text, end: Next::default(), encoded: [Next::default(); 4], refused: [0; 4] }
    }

    /// Where a value ends that begins at `start`.
    pub(super) fn end(&mut self, start: usize) -> usize {
        self.end.after(self.text, start, |rest| rest.find(ends_a_parameter))
    }

    /// The same of a value within a parameter's value.
    pub(super) fn encoded_end(&mut self, start: usize) -> usize {
        let mut end = self.end(start);
        for (next, sign) in self.encoded.iter_mut().zip(ENDS) {
            end = end.min(next.after(self.text, start, |rest| rest.find(sign)));
        }
        end
    }

    /// Whether a parameter counts by what it looks like.
    pub(super) fn counts(&mut self, name: &str, hint: Hint, value: &Range<usize>) -> bool {
        let [perhaps, looks, ..] = self.refused;
        // A value behind another name of the run is a part of what was judged there.
        let is_refused = value.end <= if hint == Hint::Looks { looks } else { perhaps };
        if is_refused || hides_value(name, &meant(&self.text[value.clone()]), Told::Sent) {
            return !is_refused;
        }
        // What counts under no name of the first kind counts under none of the second.
        self.refused[1] = looks.max(value.end);
        if hint == Hint::Perhaps {
            self.refused[0] = perhaps.max(value.end);
        }
        false
    }

    /// The word at `start` where nobody wrote it, with or without a scheme before it: a line of a head in a body.
    pub(super) fn word(&mut self, start: usize, surely: bool) -> Option<Range<usize>> {
        let mut word = start..self.end(start);
        if is_scheme(&self.text[word.clone()]) && self.text[word.end..].starts_with(' ') {
            let start = word.end + 1;
            word = start..self.end(start);
        }
        let refused = &mut self.refused[if surely { 3 } else { 2 }];
        if word.end <= *refused {
            return None;
        }
        let bare = self.text[word.clone()].trim_end_matches([',', ';', '.', ')', ']', '}']);
        if is_opaque(&meant(bare)) || (surely && is_opaque(bare)) {
            return Some(word.start..word.start + bare.len());
        }
        *refused = word.end;
        None
    }
}

/// The next place of something, and from where on it is the next one.
#[derive(Clone, Copy, Default)]
struct Next(Option<(usize, usize)>);

impl Next {
    /// The next place from `start` on, or the end of the text.
    fn after(&mut self, text: &str, start: usize, find: impl Fn(&str) -> Option<usize>) -> usize {
        if let Some((from, at)) = self.0
            && (from..=at).contains(&start)
        {
            return at;
        }
        let at = find(&text[start..]).map_or(text.len(), |at| start + at);
        self.0 = Some((start, at));
        at
    }
}
