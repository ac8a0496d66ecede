//! What `Debug` prints instead of personal values. Used by the generated code.

use std::fmt;

use serde_json::{Map, Value};

/// Replaces a value that isn't shown.
#[derive(Clone, Copy)]
pub struct Hidden(bool);

impl Hidden {
    /// Replaces a required value of any type.
    pub const THERE: Self = Self(true);

    /// Hides a value; that it is `None` stays visible.
    pub fn of<T>(value: &Option<T>) -> Self {
        Self(value.is_some())
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 { "[hidden]" } else { "None" })
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
