//! Reads messages with serde.
//!
//! serde-wasm-bindgen writes them, and its `preserve` carries the values that Rust only hands on. Its reader, however,
//! says of everything it refuses what that was, numbers included, and with that text alone it would be a twentieth of our
//! whole size. Only our own code sends what is read here, so this one says just that a message is malformed, and knows
//! only the shapes that occur.

use js_sys::{Array, Object};
use serde::de::value::SeqDeserializer;
use serde::de::{self, DeserializeSeed, IntoDeserializer, Visitor};
use wasm_bindgen::convert::IntoWasmAbi;
use wasm_bindgen::prelude::*;

/// The message is none of ours.
#[derive(Debug)]
pub struct Malformed;

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("A message between threads is malformed.")
    }
}

impl std::error::Error for Malformed {}

impl de::Error for Malformed {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Malformed
    }
}

/// Reads a message, or a part of one.
pub fn read<T: de::DeserializeOwned>(data: JsValue) -> Result<T, Malformed> {
    T::deserialize(Reader(data))
}

struct Reader(JsValue);

impl<'de> de::Deserializer<'de> for Reader {
    type Error = Malformed;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Malformed> {
        Err(Malformed)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        visitor.visit_u64(self.0.as_f64().ok_or(Malformed)? as u64)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        visitor.visit_str(&self.0.as_string().ok_or(Malformed)?)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Malformed> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        let items = self.0.dyn_into::<Array>().map_err(|_| Malformed)?;
        visitor.visit_seq(SeqDeserializer::new(items.iter().map(Reader)))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Malformed> {
        self.deserialize_seq(visitor)
    }

    /// The one there is comes from `preserve`: it wants its own name back, then where the value is.
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Malformed> {
        visitor.visit_seq(Preserved { name: Some(name), value: Some(self.0) })
    }

    /// `"Variant"` or `{ Variant: content }`.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Malformed> {
        if self.0.is_string() {
            return visitor.visit_enum(Variant { name: self.0, content: JsValue::UNDEFINED });
        }
        let object = self.0.dyn_into::<Object>().map_err(|_| Malformed)?;
        let entry = Array::from(&Object::entries(&object).get(0));
        visitor.visit_enum(Variant { name: entry.get(0), content: entry.get(1) })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u128 f32 f64 char str string bytes byte_buf option unit unit_struct map struct
        ignored_any
    }
}

impl IntoDeserializer<'_, Malformed> for Reader {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

struct Preserved {
    name: Option<&'static str>,
    value: Option<JsValue>,
}

impl<'de> de::SeqAccess<'de> for Preserved {
    type Error = Malformed;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Malformed> {
        if let Some(name) = self.name.take() {
            return seed.deserialize(name.into_deserializer()).map(Some);
        }
        self.value.take().map(|value| seed.deserialize(value.into_abi().into_deserializer())).transpose()
    }
}

struct Variant {
    name: JsValue,
    content: JsValue,
}

impl<'de> de::EnumAccess<'de> for Variant {
    type Error = Malformed;
    type Variant = Reader;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Reader), Malformed> {
        Ok((seed.deserialize(Reader(self.name))?, Reader(self.content)))
    }
}

impl<'de> de::VariantAccess<'de> for Reader {
    type Error = Malformed;

    fn unit_variant(self) -> Result<(), Malformed> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Malformed> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Malformed> {
        de::Deserializer::deserialize_seq(self, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, Malformed> {
        Err(Malformed)
    }
}
