//! bincode's format, read such that no length is believed: each is compared with the bytes that are left
//! before memory is asked for.
//!
//! bincode's own decoder allocates a text's length first, 54 GB for a file of 74 bytes, and its limit is a
//! constant, which can't be the file's length. The format (bincode 2, standard configuration) is small:
//! whole numbers are a byte below 251, or a byte 251, 252 or 253 and then 2, 4 or 8 bytes, little-endian;
//! floating-point numbers are 8 bytes; texts, lists and maps begin with their length; an option begins with a
//! byte 0 or 1; structs and tuples are their fields.

use serde::Deserializer;
use serde::de::value::Error;
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

/// The contents of a checkpoint, taken from the front.
pub(super) struct Contents<'de> {
    all: &'de [u8],
    left: &'de [u8],
}

impl<'de> Contents<'de> {
    pub(super) fn new(all: &'de [u8]) -> Self {
        Self { all, left: all }
    }

    /// How many bytes have not been taken.
    pub(super) fn left(&self) -> usize {
        self.left.len()
    }

    fn take(&mut self, length: usize, what: &str) -> Result<&'de [u8], Error> {
        let left = self.left;
        let (taken, rest) =
            left.split_at_checked(length).ok_or_else(|| self.beyond(length, what))?;
        self.left = rest;
        Ok(taken)
    }

    fn beyond(&self, length: impl std::fmt::Display, what: &str) -> Error {
        Error::custom(format!(
            "{length} {what} should follow byte {}, {} bytes do",
            self.all.len() - self.left.len(),
            self.left.len()
        ))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let taken = self.take(N, "bytes of a number")?;
        taken.try_into().map_err(Error::custom)
    }

    fn number(&mut self) -> Result<u64, Error> {
        match self.array()? {
            [251] => self.array().map(|bytes| u16::from_le_bytes(bytes).into()),
            [252] => self.array().map(|bytes| u32::from_le_bytes(bytes).into()),
            [253] => self.array().map(u64::from_le_bytes),
            [byte @ 0..251] => Ok(byte.into()),
            [byte] => Err(Error::custom(format!("a number begins with {byte}"))),
        }
    }

    /// A byte that is 0 or 1.
    fn flag(&mut self) -> Result<bool, Error> {
        match self.array()? {
            [0] => Ok(false),
            [1] => Ok(true),
            [byte] => Err(Error::custom(format!("{byte} is neither true nor false"))),
        }
    }

    /// How many elements follow, each of which has at least a byte.
    fn length(&mut self, what: &str) -> Result<usize, Error> {
        let length = self.number()?;
        let possible = usize::try_from(length).ok().filter(|&length| length <= self.left.len());
        possible.ok_or_else(|| self.beyond(length, what))
    }

    fn bytes(&mut self, what: &str) -> Result<&'de [u8], Error> {
        let length = self.length(what)?;
        self.take(length, what)
    }
}

impl<'de> Deserializer<'de> for &mut Contents<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("no checkpoint has values of this type"))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(self.flag()?)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_u64(self.number()?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_f64(f64::from_le_bytes(self.array()?))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let text = std::str::from_utf8(self.bytes("bytes of a text")?).map_err(Error::custom)?;
        visitor.visit_borrowed_str(text)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_bytes(self.bytes("bytes of a tensor")?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.flag()? { visitor.visit_some(self) } else { visitor.visit_none() }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let length = self.length("elements of a list")?;
        visitor.visit_seq(Elements { contents: self, left: length })
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_seq(Elements { contents: self, left: length })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let length = self.length("entries of a map")?;
        visitor.visit_map(Elements { contents: self, left: length })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(fields.len(), visitor)
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 u8 u16 u32 f32 char byte_buf unit unit_struct newtype_struct tuple_struct enum
        identifier ignored_any
    }
}

/// So many elements, or entries of a key and a value.
struct Elements<'a, 'de> {
    contents: &'a mut Contents<'de>,
    left: usize,
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        seed.deserialize(&mut *self.contents).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> MapAccess<'de> for Elements<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        self.next_element_seed(seed)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(&mut *self.contents)
    }
}
