//! How serde walks through lists, maps, places and variants.

use std::rc::Rc;

use serde::de::{self, DeserializeSeed, Deserializer, Visitor};

use super::{
    super::tree::{Entry, Node},
    At, BARE, Fault, WHOLE,
    hole::Hole,
};

/// The items of a list; those that failed are passed over.
pub(super) struct Items<'a> {
    pub(super) at: At<'a>,
    pub(super) items: std::slice::Iter<'a, Rc<Node>>,
}

impl<'a> de::SeqAccess<'a> for Items<'a> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let next = self.items.find(|item| !item.failed.get());
        next.map(|item| seed.deserialize(self.at.of(item))).transpose()
    }
}

/// The entries of a map that are left, then holes for keys that are missing.
pub(super) struct Entries<'a> {
    at: At<'a>,
    left: std::vec::IntoIter<&'a Entry>,
    holes: std::vec::IntoIter<&'static str>,
    value: Option<&'a Rc<Node>>,
}

impl<'a> Entries<'a> {
    pub(super) fn new(at: At<'a>, entries: Vec<&'a Entry>, holes: Vec<&'static str>) -> Self {
        Self { at, left: entries.into_iter(), holes: holes.into_iter(), value: None }
    }
}

impl<'a> de::MapAccess<'a> for Entries<'a> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        if let Some(entry) = self.left.next() {
            self.value = Some(&entry.value);
            return seed.deserialize(self.at.of(&entry.key)).map(Some);
        }
        let hole = self.holes.next().map(de::value::StrDeserializer::<Fault>::new);
        hole.map(|key| seed.deserialize(key)).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        match self.value.take() {
            Some(value) => seed.deserialize(self.at.of(value)),
            None => seed.deserialize(Hole).map_err(|_| Fault::Reported),
        }
    }
}

/// Line, column and length of a value, whether it is complete, then the value.
pub(super) struct Place<'a> {
    pub(super) at: At<'a>,
    pub(super) given: usize,
}

impl<'a> de::SeqAccess<'a> for Place<'a> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let span = self.at.node.span;
        let number = |number: u32| de::value::U32Deserializer::<Fault>::new(number);
        self.given += 1;
        match self.given {
            1 => seed.deserialize(number(span.line)).map(Some),
            2 => seed.deserialize(number(span.column)).map(Some),
            3 => seed.deserialize(number(span.length)).map(Some),
            4 => seed.deserialize(de::value::BoolDeserializer::<Fault>::new(self.at.node.is_complete())).map(Some),
            _ => seed.deserialize(self.at).map(Some),
        }
    }
}

/// A variant of an enum: its name, and what it holds.
pub(super) struct Variant<'a> {
    pub(super) name: &'a str,
    pub(super) at: At<'a>,
    pub(super) payload: &'a Rc<Node>,
}

impl<'a> de::EnumAccess<'a> for Variant<'a> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'a>>(self, seed: V) -> Result<(V::Value, Self), Fault> {
        let name = de::value::StrDeserializer::<Fault>::new(self.name);
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'a> de::VariantAccess<'a> for Variant<'a> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        if Rc::ptr_eq(self.payload, self.at.node) {
            return Ok(());
        }
        Err(Fault::Said { message: format!("`{}` takes no value; write it alone", self.name), help: None })
    }

    fn newtype_variant_seed<T: DeserializeSeed<'a>>(self, seed: T) -> Result<T::Value, Fault> {
        if Rc::ptr_eq(self.payload, self.at.node) && self.name != BARE && self.name != WHOLE {
            let message = format!("`{}` needs a value: `{{{}: ...}}`", self.name, self.name);
            return Err(Fault::Said { message, help: None });
        }
        seed.deserialize(self.at.of(self.payload))
    }

    fn tuple_variant<V: Visitor<'a>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.at.of(self.payload).deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'a>>(self, keys: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        self.at.of(self.payload).deserialize_struct("", keys, visitor)
    }
}
