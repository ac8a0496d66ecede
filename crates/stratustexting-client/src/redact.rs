//! What `Debug` prints instead of personal values. Used by the generated code.

use std::fmt;

use serde_json::{Map, Value};

/// Stands for a value that is there but isn't shown.
#[derive(Clone, Copy)]
pub struct Hidden(bool);

impl Hidden {
    /// Hides a value; that it is `None` stays visible.
    pub fn of(value: &impl MaybeAbsent) -> Self {
        Self(value.is_present())
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 { "[hidden]" } else { "None" })
    }
}

/// Whether there is a value at all.
pub trait MaybeAbsent {
    /// Whether there is one.
    fn is_present(&self) -> bool;
}

impl<T> MaybeAbsent for Option<T> {
    fn is_present(&self) -> bool {
        self.is_some()
    }
}

impl MaybeAbsent for String {
    fn is_present(&self) -> bool {
        true
    }
}

impl<T> MaybeAbsent for Vec<T> {
    fn is_present(&self) -> bool {
        true
    }
}

/// Shows how many unlisted fields there are, but neither their names, which may
/// be data too, nor their values.
pub struct Keys<'a>(pub &'a Map<String, Value>);

impl fmt::Debug for Keys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} unlisted]", self.0.len())
    }
}
