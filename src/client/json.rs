//! Looking into JSON without building it: an answer of a megabyte costs a scan, not a tree.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// What a JSON pointer (RFC 6901) leads to; `None` when it leads nowhere.
///
/// # Errors
///
/// When the text is not JSON, also behind the place that is looked for.
pub(super) fn find(text: &[u8], pointer: &str) -> Result<Option<Value>, serde_json::Error> {
    search(text, pointer, Want::Value)
}

/// Whether a JSON pointer leads anywhere, null included.
///
/// # Errors
///
/// As [`find`].
pub(super) fn exists(text: &[u8], pointer: &str) -> Result<bool, serde_json::Error> {
    search(text, pointer, Want::Existence).map(|found| found.is_some())
}

fn search(text: &[u8], pointer: &str, want: Want) -> Result<Option<Value>, serde_json::Error> {
    let path: Vec<String> =
        pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect();
    let mut reader = serde_json::Deserializer::from_slice(text);
    let found = Place { path: &path, want }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(found)
}

#[derive(Clone, Copy)]
enum Want {
    Value,
    Existence,
}

/// The rest of the way to a value.
#[derive(Clone, Copy)]
struct Place<'p> {
    path: &'p [String],
    want: Want,
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        match (self.path, self.want) {
            ([], Want::Value) => Value::deserialize(reader).map(Some),
            ([], Want::Existence) => IgnoredAny::deserialize(reader).map(|_| Some(Value::Null)),
            _ => reader.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = Option<Value>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Some((token, rest)) = self.path.split_first() else { return Ok(None) };
        let mut found = None;
        while let Some(matches) = map.next_key_seed(Key(token))? {
            if matches {
                found = map.next_value_seed(Place { path: rest, want: self.want })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let Some((token, rest)) = self.path.split_first() else { return Ok(None) };
        let index = if token == "0" || !token.starts_with(['0', '+']) { token.parse::<usize>().ok() } else { None };
        let mut found = None;
        for position in 0_usize.. {
            if Some(position) == index {
                match list.next_element_seed(Place { path: rest, want: self.want })? {
                    Some(element) => found = element,
                    None => break,
                }
            } else if list.next_element::<IgnoredAny>()?.is_none() {
                break;
            }
        }
        Ok(found)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// Compares a key without keeping it.
struct Key<'t>(&'t str);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<bool, D::Error> {
        reader.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = bool;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prop_assert_eq, proptest};
    use serde_json::{Value, json};

    use super::{exists, find};

    #[test]
    fn a_pointer_leads_where_rfc_6901_says() {
        let text =
            br#"{"foo": ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8, "n": null, "deep": {"list": [[1], {"x": true}]}}"#;
        let value: Value = serde_json::from_slice(text).expect("JSON");
        for pointer in [
            "",
            "/foo",
            "/foo/0",
            "/foo/1",
            "/foo/2",
            "/foo/01",
            "/foo/-",
            "/",
            "/a~1b",
            "/m~0n",
            "/n",
            "/deep/list/1/x",
            "/deep/x/y",
            "/n/x",
        ] {
            assert_eq!(find(text, pointer).expect("JSON"), value.pointer(pointer).cloned(), "{pointer}");
            assert_eq!(exists(text, pointer).expect("JSON"), value.pointer(pointer).is_some(), "{pointer}");
        }
    }

    #[test]
    fn what_is_not_json_is_said_so_even_behind_the_place() {
        for text in ["", "<html>", r#"{"a": 1"#, r#"{"a": 1} x"#, r#"{"a": 1, "b": }"#] {
            assert!(find(text.as_bytes(), "/a").is_err(), "{text}");
            assert!(exists(text.as_bytes(), "/a").is_err(), "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let text = "[".repeat(1_000_000);
        assert!(exists(text.as_bytes(), "/0").is_err());
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_whole_tree(keys in vec("[a-c~/]{0,2}", 1..4), index in 0_usize..4) {
            let mut value = json!([1, {"b": [null, "x"]}, 2.5]);
            for key in &keys {
                value = json!({key.as_str(): value, "z": 1});
            }
            let tokens: Vec<String> =
                keys.iter().rev().map(|key| key.replace('~', "~0").replace('/', "~1")).collect();
            let pointer = format!("/{}/{index}", tokens.join("/"));
            let text = serde_json::to_vec(&value).expect("serializes");
            prop_assert_eq!(find(&text, &pointer).expect("JSON"), value.pointer(&pointer).cloned());
        }
    }
}
