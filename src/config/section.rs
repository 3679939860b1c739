//! A section of a TOML file, read key by key; what is wrong is noted and the reading goes on.
//!
//! Invariant: a key that is not taken is unknown, and [`Section::finish`] says so.

use std::cell::RefCell;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use toml::{Table, Value};

use super::Fault;

/// What was found wrong so far.
#[derive(Debug, Default)]
pub(super) struct Faults(RefCell<Vec<Fault>>);

impl Faults {
    /// Notes one.
    pub(super) fn note(&self, key: impl Into<String>, reason: impl fmt::Display) {
        self.0.borrow_mut().push(Fault { key: key.into(), reason: reason.to_string() });
    }

    /// All of them, in the order found.
    pub(super) fn into_list(self) -> Vec<Fault> {
        self.0.into_inner()
    }
}

/// A fault was noted, so that nothing more is to be said.
#[derive(Debug)]
pub(super) struct Noted;

/// One table, with the path at which it stands.
#[derive(Debug)]
pub(super) struct Section<'a> {
    path: String,
    table: Table,
    known: Vec<&'static str>,
    faults: &'a Faults,
}

impl<'a> Section<'a> {
    /// The file's own table.
    pub(super) fn root(table: Table, faults: &'a Faults) -> Self {
        Self { path: String::new(), table, known: Vec::new(), faults }
    }

    /// A key with the path to it, as in `feed[0].inflight`; in quotes where it needs them in the file.
    pub(super) fn key(&self, name: &str) -> String {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        let name = match name {
            "" => "\"\"".to_owned(),
            _ if name.bytes().all(plain) => name.to_owned(),
            _ => format!("{name:?}"),
        };
        match self.path.as_str() {
            "" => name,
            path => format!("{path}.{name}"),
        }
    }

    /// Notes what is wrong with a key.
    pub(super) fn fault(&self, name: &str, reason: impl fmt::Display) {
        self.faults.note(self.key(name), reason);
    }

    /// Where faults are noted.
    pub(super) fn faults(&self) -> &'a Faults {
        self.faults
    }

    /// Whether a key stands there, right or wrong, that was not read yet.
    pub(super) fn holds(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.table.remove(name)
    }

    /// A key that may be absent; `None`, too, when its fault was noted.
    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Option<T> {
        let value = self.take(name)?;
        read(&value).map_err(|reason| self.fault(name, reason)).ok()
    }

    /// A key that must be there; `None` when a fault was noted.
    pub(super) fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Option<T> {
        if !self.holds(name) {
            self.known.push(name);
            self.fault(name, "is missing");
            return None;
        }
        self.optional(name, read)
    }

    /// A whole number with its limits; the default when absent or faulty.
    pub(super) fn whole<T>(&mut self, name: &'static str, range: RangeInclusive<T>, default: T) -> T
    where
        T: TryFrom<i64> + PartialOrd + fmt::Display + Copy,
    {
        self.optional(name, whole(range)).unwrap_or(default)
    }

    /// A table below this one; an empty one when absent or no table.
    pub(super) fn section(&mut self, name: &'static str) -> Self {
        let table = self.optional(name, |v| match v {
            Value::Table(table) => Ok(table.clone()),
            other => Err(wrong_type("a table", other)),
        });
        Self::root(table.unwrap_or_default(), self.faults).at(self.key(name))
    }

    /// The tables of an array of tables, each with its place.
    pub(super) fn sections(&mut self, name: &'static str) -> Vec<Self> {
        let tables = self.optional(name, |v| {
            let items = v.as_array().ok_or_else(|| wrong_type("an array of tables", v))?;
            let table = |item: &Value| item.as_table().cloned();
            items
                .iter()
                .map(table)
                .collect::<Option<Vec<_>>>()
                .ok_or("must hold only tables".into())
        });
        let key = self.key(name);
        let numbered = tables.unwrap_or_default().into_iter().enumerate();
        let section = |(at, table)| Self::root(table, self.faults).at(format!("{key}[{at}]"));
        numbered.map(section).collect()
    }

    /// The tables below this one by names of the user's choice.
    pub(super) fn named(mut self) -> Vec<(String, Self)> {
        let mut found = Vec::new();
        for (name, value) in std::mem::take(&mut self.table) {
            match value {
                Value::Table(table) => {
                    let section = Self::root(table, self.faults).at(self.key(&name));
                    found.push((name, section));
                }
                other => self.fault(&name, wrong_type("a table", &other)),
            }
        }
        found
    }

    /// What stands in a file of its own or in the environment because it does not belong in this one, and
    /// the key that said so. The file's last line break does not count.
    ///
    /// # Errors
    /// A fault was noted: there is something, but it cannot be read.
    pub(super) fn kept_apart(
        &mut self,
        [file, variable]: [&'static str; 2],
        base: &Path,
    ) -> Result<Option<(&'static str, String)>, Noted> {
        let is_absent = ![file, variable].into_iter().any(|name| self.holds(name));
        let path = self.optional(file, path_from(base));
        let name = self.optional(variable, text);
        match (path, name) {
            (Some(_), Some(_)) => {
                self.fault(variable, format_args!("stands beside {file}: only one of them counts"));
            }
            (Some(path), None) => match std::fs::read_to_string(&path) {
                Ok(content) => {
                    return Ok(Some((file, content.trim_end_matches(['\r', '\n']).to_owned())));
                }
                Err(e) => self.fault(file, format_args!("{}: {e}", path.display())),
            },
            (None, Some(name)) => match std::env::var(&name) {
                Ok(content) => return Ok(Some((variable, content))),
                Err(_) => self.fault(variable, format_args!("{name} is not set")),
            },
            (None, None) if is_absent => return Ok(None),
            (None, None) => {}
        }
        Err(Noted)
    }

    fn at(self, path: String) -> Self {
        Self { path, ..self }
    }

    /// Names every key that nobody asked for.
    pub(super) fn finish(self) {
        for name in self.table.keys() {
            let known = self.known.join(", ");
            self.fault(name, format_args!("is not a known key (known here: {known})"));
        }
    }
}

/// Says which type was expected and which was found.
fn wrong_type(expected: &str, found: &Value) -> String {
    let article = if matches!(found, Value::Integer(_) | Value::Array(_)) { "an" } else { "a" };
    format!("must be {expected}, got {article} {}", found.type_str())
}

/// A whole number within limits.
pub(super) fn whole<T>(range: RangeInclusive<T>) -> impl FnOnce(&Value) -> Result<T, String>
where
    T: TryFrom<i64> + PartialOrd + fmt::Display + Copy,
{
    move |value| {
        let number = value.as_integer().ok_or_else(|| wrong_type("an integer", value))?;
        let within = T::try_from(number).ok().filter(|n| range.contains(n));
        let (least, most) = (range.start(), range.end());
        within.ok_or_else(|| format!("must be {least} to {most}, got {number}"))
    }
}

/// A text that is not empty.
pub(super) fn text(value: &Value) -> Result<String, String> {
    match value.as_str() {
        None => Err(wrong_type("a string", value)),
        Some("") => Err("must not be empty".to_owned()),
        Some(text) => Ok(text.to_owned()),
    }
}

/// True or false.
pub(super) fn truth(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| wrong_type("true or false", value))
}

/// A text that a type knows how to read.
pub(super) fn parsed<T>(value: &Value) -> Result<T, String>
where
    T: FromStr<Err: fmt::Display>,
{
    let text = text(value)?;
    text.parse().map_err(|e| format!("{e}, got {text:?}"))
}

/// One of a few words.
pub(super) fn one_of<T: Copy>(words: &[(&str, T)]) -> impl FnOnce(&Value) -> Result<T, String> {
    move |value| {
        let text = text(value)?;
        let found = words.iter().find(|(word, _)| *word == text);
        let expected = || words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
        found.map(|(_, t)| *t).ok_or_else(|| format!("must be one of {}, got {text:?}", expected()))
    }
}

/// A list of texts, which may be empty texts.
pub(super) fn texts(value: &Value) -> Result<Vec<String>, String> {
    let items = value.as_array().ok_or_else(|| wrong_type("an array of strings", value))?;
    let own = |item: &Value| {
        item.as_str().map(str::to_owned).ok_or_else(|| wrong_type("an array of strings", item))
    };
    items.iter().map(own).collect()
}

/// A path, relative ones from the directory of the file that names them.
pub(super) fn path_from(base: &Path) -> impl FnOnce(&Value) -> Result<PathBuf, String> {
    move |value| text(value).map(|written| base.join(written))
}
