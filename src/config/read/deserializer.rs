//! How serde asks for a value.

use serde::de::{Deserializer, Visitor};

use super::{
    super::nearest::listed,
    super::tree::{Content, Typed},
    At, BARE, Fault, LOCATED, ONE_OR_MANY, QUANTITY, WHOLE,
    access::{Entries, Items, Place, Variant},
    at::expected_one_of,
};

/// Whole numbers of every width are read the same way; one that does not fit is not one.
macro_rules! whole_numbers {
    ($($method:ident $visit:ident $type:ty),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.read(|| {
                let number = <$type>::try_from(self.whole_number()?);
                visitor.$visit(number.map_err(|_| {
                    self.expected(&format!("a whole number from {} to {}", <$type>::MIN, <$type>::MAX))
                })?)
            })
        }
    )*};
}

impl<'de> Deserializer<'de> for At<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.content {
            Content::List(_) => self.deserialize_seq(visitor),
            Content::Map(_) => self.deserialize_map(visitor),
            Content::Scalar(scalar) => self.read(|| match scalar.typed() {
                Typed::Nothing => visitor.visit_unit(),
                Typed::Bool(value) => visitor.visit_bool(value),
                Typed::Whole(value) => visitor.visit_i64(value),
                Typed::Number(value) => visitor.visit_f64(value),
                Typed::Text => visitor.visit_str(&scalar.text),
            }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.content {
            Content::Scalar(scalar) if scalar.typed() == Typed::Nothing => self.read(|| visitor.visit_none()),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let what = "`true` or `false`";
        self.read(|| match self.scalar(what)?.typed() {
            Typed::Bool(value) => visitor.visit_bool(value),
            _ => Err(self.expected(what)),
        })
    }

    whole_numbers!(deserialize_i64 visit_i64 i64, deserialize_u64 visit_u64 u64, deserialize_u32 visit_u32 u32,
                   deserialize_u16 visit_u16 u16);

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.read(|| match self.scalar("a number")?.typed() {
            Typed::Whole(value) => visitor.visit_f64(value as f64),
            Typed::Number(value) => visitor.visit_f64(value),
            _ => Err(self.expected("a number")),
        })
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.read(|| visitor.visit_str(&self.scalar("a text")?.text))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        if name == QUANTITY { self.deserialize_str(visitor) } else { visitor.visit_newtype_struct(self) }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.read(|| match &self.node.content {
            Content::List(items) => visitor.visit_seq(Items { at: self, items: items.iter() }),
            _ => Err(self.expected("a list")),
        })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match &self.node.content {
            Content::List(_) => self.deserialize_seq(visitor),
            _ if name == ONE_OR_MANY => {
                visitor.visit_seq(Items { at: self, items: std::slice::from_ref(self.node).iter() })
            }
            _ => self.read(|| Err(self.expected("a list"))),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.read(|| match &self.node.content {
            Content::Map(entries) => visitor.visit_map(Entries::new(self, self.entries(entries), Vec::new())),
            _ => Err(self.expected("a map")),
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        keys: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        if name == LOCATED {
            return visitor.visit_seq(Place { at: self, given: 0 });
        }
        self.read(|| match &self.node.content {
            Content::Map(entries) => {
                let missing = self.node.missing.borrow();
                let holes = missing.iter().copied().filter(|key| keys.contains(key)).collect();
                visitor.visit_map(Entries::new(self, self.known(entries, keys), holes))
            }
            _ => Err(Fault::Said {
                message: format!("expected a map, found {}", self.node.found()),
                help: Some(format!("its keys are {}", listed(keys))),
            }),
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.read(|| match &self.node.content {
            Content::Scalar(_) if variants.contains(&BARE) => {
                visitor.visit_enum(Variant { name: BARE, at: self, payload: self.node })
            }
            Content::Map(_) if variants.contains(&WHOLE) => {
                visitor.visit_enum(Variant { name: WHOLE, at: self, payload: self.node })
            }
            Content::Scalar(_) => {
                let name = self.scalar("a text")?.text.as_str();
                visitor.visit_enum(Variant { name, at: self, payload: self.node })
            }
            Content::Map(entries) => {
                let kept = self.known(entries, variants);
                match kept.as_slice() {
                    [entry] => {
                        self.needed(&entry.value)?;
                        visitor.visit_enum(Variant { name: entry.key.text(), at: self, payload: &entry.value })
                    }
                    [] if !entries.is_empty() => {
                        self.reader.mark(self.node);
                        Err(Fault::Reported)
                    }
                    _ => Err(expected_one_of(variants)),
                }
            }
            Content::List(_) => Err(expected_one_of(variants)),
        })
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u128 f32 char bytes byte_buf unit unit_struct tuple identifier ignored_any
    }
}
