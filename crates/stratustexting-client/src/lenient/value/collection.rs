//! Lists and maps: they keep their readable entries.

use std::{collections::HashMap, fmt, marker::PhantomData};

use serde::{
    Deserializer, Serialize,
    de::{MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::{Map, Value};

use super::{Lenient, Read, Seed, raw};
use crate::lenient::{
    diagnostic::{Found, Handling, Reader, Segment},
    from_value,
};

/// A list keeps its readable items.
impl<T: Lenient> Lenient for Vec<T> {
    const EXPECTED: &'static str = "a list";

    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        reader: &mut Reader,
    ) -> Result<Read<Self>, D::Error> {
        deserializer.deserialize_any(ListVisitor {
            reader,
            kind: PhantomData,
        })
    }
}

struct ListVisitor<'r, T> {
    reader: &'r mut Reader,
    kind: PhantomData<T>,
}

impl<T: Lenient> ListVisitor<'_, T> {
    fn other<E>(self, raw: Value) -> Result<Read<Vec<T>>, E> {
        Ok(self.reader.keep(Vec::<T>::EXPECTED, raw))
    }
}

impl<'de, T: Lenient> Visitor<'de> for ListVisitor<'_, T> {
    type Value = Read<Vec<T>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Vec::<T>::EXPECTED)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let reader = self.reader;
        let list = reader.mark();
        let mut items: Vec<T> = Vec::with_capacity(seq.size_hint().unwrap_or(0).min(1_024));
        // The original list, once an item can't be read.
        let mut raw: Option<Vec<Value>> = None;
        let mut index = 0;
        loop {
            let mark = reader.mark();
            let Some(read) = seq.next_element_seed(Seed::<T>::new(reader))? else {
                break;
            };
            match read {
                Read::Good(item) => {
                    if let Some(raw) = &mut raw {
                        raw.push(serde_json::to_value(&item).unwrap_or_default());
                    }
                    items.push(item);
                }
                Read::Null => reader.note(T::EXPECTED, Found::Null, Handling::Dropped),
                Read::Partly(item, whole) => {
                    raw.get_or_insert_with(|| as_json(&items)).push(*whole);
                    items.push(item);
                }
                Read::Unreadable(other) => {
                    raw.get_or_insert_with(|| as_json(&items)).push(*other);
                }
            }
            reader.within_item(list, mark, index);
            index += 1;
        }
        Ok(match raw {
            None => Read::Good(items),
            Some(raw) if items.is_empty() => Read::Unreadable(Box::new(Value::Array(raw))),
            Some(raw) => Read::Partly(items, Box::new(Value::Array(raw))),
        })
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Read::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        self.other(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        self.other(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        self.other(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        self.reader.look_at_float(value);
        self.other(value.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        self.other(text.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let raw = raw(MapAccessDeserializer::new(map), self.reader)?;
        self.other(raw)
    }
}

fn as_json<T: Serialize>(items: &[T]) -> Vec<Value> {
    let json = |item| serde_json::to_value(item).unwrap_or_default();
    items.iter().map(json).collect()
}

impl<T: Lenient> Lenient for HashMap<String, T> {
    const EXPECTED: &'static str = "an object";

    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        reader: &mut Reader,
    ) -> Result<Read<Self>, D::Error> {
        let fields = match Map::read(deserializer, reader)? {
            Read::Good(fields) => fields,
            Read::Null => return Ok(Read::Null),
            Read::Partly(_, raw) | Read::Unreadable(raw) => return Ok(Read::Unreadable(raw)),
        };
        let mut map = Self::new();
        let mut lost = false;
        let mark = reader.mark();
        for (key, value) in &fields {
            match from_value(value.clone(), reader) {
                Read::Good(value) => {
                    map.insert(key.clone(), value);
                }
                Read::Partly(value, _) => {
                    lost = true;
                    map.insert(key.clone(), value);
                }
                Read::Null => {}
                Read::Unreadable(_) => lost = true,
            }
        }
        reader.within(mark, Segment::Entry);
        Ok(if lost {
            Read::Partly(map, Box::new(Value::Object(fields)))
        } else {
            Read::Good(map)
        })
    }
}
