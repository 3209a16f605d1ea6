//! The values at a few paths of a JSON text, without building the rest of it.

use super::path::{Path, Step};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::fmt;

/// What [`Path::values`] finds in the parsed text, path by path; an error when the text is no JSON.
pub fn extract(text: &str, paths: &[&Path]) -> Result<Vec<Vec<Value>>, serde_json::Error> {
    let mut found = vec![Vec::new(); paths.len()];
    let wants: Vec<Want<'_>> = paths.iter().enumerate().map(|(at, path)| (at, path.steps())).collect();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Pick { wants: &wants, found: &mut found }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    for values in &mut found {
        values.retain(|value| !value.is_null());
    }
    Ok(found)
}

/// A path by its number, and the steps of it that are left.
type Want<'p> = (usize, &'p [Step]);

struct Pick<'a, 'p> {
    wants: &'a [Want<'p>],
    found: &'a mut Vec<Vec<Value>>,
}

impl<'de> DeserializeSeed<'de> for Pick<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.wants.iter().all(|(_, steps)| !steps.is_empty()) {
            return deserializer.deserialize_any(self);
        }
        // Some path ends here: its value is wanted whole, and what other paths want is inside it.
        let value = <Value as serde::Deserialize>::deserialize(deserializer)?;
        for (at, steps) in self.wants {
            self.found[*at].extend(Path::follow(steps, &value).into_iter().cloned());
        }
        Ok(())
    }
}

impl<'de> Visitor<'de> for Pick<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        // Per want: where its values began, and whether the member has exactly its name. One in another letter case
        // counts only where there is none of that name.
        let mut taken: Vec<Option<(usize, bool)>> = vec![None; self.wants.len()];
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            let mut inside: Vec<Want<'_>> = Vec::new();
            for (number, (at, steps)) in self.wants.iter().enumerate() {
                match steps.first() {
                    Some(Step::Every) => inside.push((*at, &steps[1..])),
                    Some(Step::Member(name)) if name.eq_ignore_ascii_case(&key) => {
                        let exact = *name == key;
                        match taken[number] {
                            Some((from, false)) if exact => self.found[*at].truncate(from),
                            None => {}
                            Some(_) => continue,
                        }
                        taken[number] = Some((self.found[*at].len(), exact));
                        inside.push((*at, &steps[1..]));
                    }
                    _ => {}
                }
            }
            if inside.is_empty() {
                map.next_value::<IgnoredAny>()?;
            } else {
                map.next_value_seed(Pick { wants: &inside, found: &mut *self.found })?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        for position in 0.. {
            let inside: Vec<Want<'_>> = self
                .wants
                .iter()
                .filter(|(_, steps)| match steps.first() {
                    Some(Step::Every) => true,
                    Some(Step::Index(index)) => *index == position,
                    _ => false,
                })
                .map(|(at, steps)| (*at, &steps[1..]))
                .collect();
            let more = if inside.is_empty() {
                seq.next_element::<IgnoredAny>()?.is_some()
            } else {
                seq.next_element_seed(Pick { wants: &inside, found: &mut *self.found })?.is_some()
            };
            if !more {
                break;
            }
        }
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-c\"\\\\]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[aAbB]{1,2}", inner, 0..4)
                    .prop_map(|members| Value::from(members.into_iter().collect::<serde_json::Map<_, _>>())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_finds_what_the_path_finds_in_the_whole(
            value in json(),
            paths in proptest::collection::vec(proptest::collection::vec(prop_oneof!["[aAbB]{1,2}", Just("*".to_owned()), Just("[1]".to_owned()), Just("[*]".to_owned())], 1..4), 1..4),
        ) {
            let texts: Vec<String> = paths.iter().map(|steps| {
                steps.iter().fold("$".to_owned(), |path, step| if step.starts_with('[') { path + step } else { format!("{path}.{step}") })
            }).collect();
            let paths: Vec<Path> = texts.iter().map(|text| Path::parse(text).unwrap()).collect();
            let found = extract(&value.to_string(), &paths.iter().collect::<Vec<_>>()).unwrap();
            for (path, found) in paths.iter().zip(found) {
                prop_assert_eq!(path.values(&value).into_iter().cloned().collect::<Vec<_>>(), found);
            }
        }
    }
}
