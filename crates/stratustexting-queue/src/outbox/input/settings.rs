//! What a program knows about its file.

/// What is known about a file. Without anything, it is found out from the first row.
///
/// ```
/// use stratustexting_queue::outbox::input::{CsvRows, CsvSettings};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let file = "Mobile,Landline,Order\n202-555-0123,202-555-0199,17\n";
/// let settings = CsvSettings::new().number_column("mobile").key_column("order");
///
/// let row = CsvRows::new(file.as_bytes(), settings)?.next().unwrap()?;
///
/// assert_eq!((row.to.as_str(), row.key.as_deref()), ("202-555-0123", Some("17")));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct CsvSettings {
    pub(super) number: Option<String>,
    pub(super) key: Option<String>,
    pub(super) zone: Option<String>,
    pub(super) delimiter: Option<u8>,
    pub(super) is_windows_1252: bool,
}

impl CsvSettings {
    /// Nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The name of the column that has the numbers; it must be there. Like all names, it is
    /// compared without regard to case, spaces, underscores and hyphens.
    ///
    /// By default it is the one column called phone, phone number, mobile, mobile phone, mobile
    /// number, cell, cell phone, cell number, telephone, telephone number, tel, to, number,
    /// recipient, msisdn, sms, or SMS number. If there are two of them, the file is refused.
    #[must_use]
    pub fn number_column(mut self, name: impl Into<String>) -> Self {
        self.number = Some(name.into());
        self
    }

    /// The name of the column that has the rows' keys; it must be there. By default it is the
    /// column `key`, if there is one. A row whose cell is empty has no key.
    #[must_use]
    pub fn key_column(mut self, name: impl Into<String>) -> Self {
        self.key = Some(name.into());
        self
    }

    /// The name of the column that has the recipients' time zones; it must be there. By default
    /// it is the column `time zone`, `zone` or `tz`, if there is one. A row whose cell is empty
    /// has no zone.
    #[must_use]
    pub fn zone_column(mut self, name: impl Into<String>) -> Self {
        self.zone = Some(name.into());
        self
    }

    /// What is between the cells. By default it is what the first line says (`sep=;`), or the
    /// comma, semicolon or tab that makes columns of the row with the names.
    #[must_use]
    pub fn delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = Some(delimiter);
        self
    }

    /// The file is in Windows-1252, as spreadsheets in Western Europe and America save a plain
    /// CSV. By default it must be in UTF-8, or in UTF-16 with a byte order mark, which counts
    /// more than this setting.
    #[must_use]
    pub fn windows_1252(mut self) -> Self {
        self.is_windows_1252 = true;
        self
    }
}
