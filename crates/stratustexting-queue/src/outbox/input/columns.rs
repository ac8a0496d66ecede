//! Which column has what, by the names in the first row.

use super::{error::Problem, name, settings::CsvSettings};

pub(super) struct Columns {
    /// In normal form; `None` of a column without a name, which nothing can refer to.
    pub(super) names: Vec<Option<String>>,
    pub(super) number: usize,
    pub(super) key: Option<usize>,
    pub(super) zone: Option<usize>,
}

const NUMBER: &str = "number";
const KEY: &str = "key";
const ZONE: &str = "time zone";

const NUMBERS: [&str; 18] = [
    "phone",
    "phone number",
    "mobile",
    "mobile phone",
    "mobile number",
    "mobile phone number",
    "cell",
    "cell phone",
    "cell number",
    "cell phone number",
    "telephone",
    "telephone number",
    "tel",
    "to",
    "number",
    "recipient",
    "msisdn",
    "sms",
];
const KEYS: [&str; 1] = ["key"];
const ZONES: [&str; 3] = ["time zone", "zone", "tz"];

impl Columns {
    /// Before the names are read.
    pub(super) fn none() -> Self {
        Self {
            names: Vec::new(),
            number: 0,
            key: None,
            zone: None,
        }
    }

    pub(super) fn new(header: &[String], settings: &CsvSettings) -> Result<Self, Problem> {
        for (second, name) in header.iter().enumerate() {
            let is_same = |other: &String| name::same(other, name);
            if !name::normal(name).is_empty()
                && let Some(first) = header[..second].iter().position(is_same)
            {
                let columns = [first + 1, second + 1];
                return Err(Problem::SameName { columns });
            }
        }
        let find = |what, said: &Option<String>, usual: &[&str]| match said {
            Some(name) => named(header, what, name).map(Some),
            None => usually(header, what, usual),
        };
        let number = find(NUMBER, &settings.number, &NUMBERS)?;
        Ok(Self {
            number: number.ok_or(Problem::NoNumberColumn)?,
            key: find(KEY, &settings.key, &KEYS)?,
            zone: find(ZONE, &settings.zone, &ZONES)?,
            names: header
                .iter()
                .map(|name| Some(name::normal(name)).filter(|name| !name.is_empty()))
                .collect(),
        })
    }
}

/// The column that the caller named.
fn named(header: &[String], what: &'static str, name: &str) -> Result<usize, Problem> {
    let is_it = |other: &String| !name::normal(other).is_empty() && name::same(other, name);
    let place = header.iter().position(is_it);
    place.ok_or_else(|| Problem::NoColumn {
        what,
        name: name.to_owned(),
    })
}

/// The one column with a usual name.
fn usually(
    header: &[String],
    what: &'static str,
    usual: &[&str],
) -> Result<Option<usize>, Problem> {
    let is_usual = |place: &usize| usual.iter().any(|name| name::same(name, &header[*place]));
    let mut places = (0..header.len()).filter(is_usual);
    match (places.next(), places.next()) {
        (Some(first), Some(second)) => Err(Problem::TwoColumns {
            what,
            names: [first, second].map(|place| header[place].clone()),
        }),
        (one, _) => Ok(one),
    }
}
