//! What a list of recipients is read from: a table in a file, and a text with fields.
//!
//! [`CsvRows`] reads a file row by row, however large it is, as spreadsheets write it.
//! [`Template`] makes the text of each row. Nothing here is sent, and nothing decides whether a
//! number is one: [`Row::to`] is what the file says.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use stratustexting_queue::outbox::input::{CsvRows, CsvSettings, Template};
//!
//! let file = "First name;Phone;Time\nAda;(202) 555-0123;8 pm\nBob;202-555-0124;\n";
//! let template = Template::parse("Hi {first_name}, your table is at {time}.")?;
//!
//! let rows = CsvRows::new(file.as_bytes(), CsvSettings::new())?;
//! let rows = rows.collect::<Result<Vec<_>, _>>()?;
//!
//! assert_eq!(rows[0].to, "(202) 555-0123");
//! assert_eq!(template.render(&rows[0].fields)?, "Hi Ada, your table is at 8 pm.");
//! // Bob's row is refused before anything is sent.
//! let missing = template.render(&rows[1].fields).unwrap_err();
//! assert_eq!((rows[1].line, missing.name()), (3, "time"));
//! # Ok(())
//! # }
//! ```
//!
//! To read the number, use `PhoneNumber::parse_in` of the SDK, behind its feature
//! `parse-numbers`: it knows how numbers are written in a region.

mod cell;
mod columns;
mod csv;
mod decode;
mod error;
mod head;
mod name;
mod row;
mod scan;
mod settings;
mod template;

pub use self::{
    csv::CsvRows,
    error::InputError,
    row::Row,
    settings::CsvSettings,
    template::{MissingField, Template, TemplateError},
};
