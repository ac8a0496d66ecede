//! The brands of the API, as presets of URLs.

use std::{fmt, str::FromStr};

use stratustexting_client::{BRANDS, operation};

use crate::{Error, Result};

/// A brand under which the API is served.
///
/// A brand is a preset of three URLs, each of which can be set on the client's builder too.
/// The table comes from `x-brands` of the vendored `openapi.json`.
///
/// ```
/// use stratustexting::Brand;
///
/// let brand: Brand = "beetexting".parse()?;
/// assert_eq!(brand.api_base(), "https://connect.beetexting.com/prod");
///
/// // Nothing shows where a user of Phone.com logs in.
/// assert_eq!(Brand::PhoneCom.token_url(), None);
/// # Ok::<(), stratustexting::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Brand {
    /// SpectrumVoIP's StratusTexting, `stratustexting`.
    #[default]
    StratusTexting,
    /// Beetexting, `beetexting`.
    Beetexting,
    /// Phone.com, `phone-com`. Its OAuth host is UNKNOWN: the authorize and token URLs must be
    /// set.
    PhoneCom,
    /// ITC Cloud's ITCTXT, `itctxt`.
    Itctxt,
}

impl Brand {
    /// All brands.
    pub const ALL: [Self; 4] = [
        Self::StratusTexting,
        Self::Beetexting,
        Self::PhoneCom,
        Self::Itctxt,
    ];

    /// The brand's name in kebab case, as [`FromStr`] reads it.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::StratusTexting => "stratustexting",
            Self::Beetexting => "beetexting",
            Self::PhoneCom => "phone-com",
            Self::Itctxt => "itctxt",
        }
    }

    /// The API's base URL.
    #[must_use]
    pub fn api_base(self) -> &'static str {
        self.row().map_or("", |row| row.server)
    }

    /// The OAuth authorization endpoint, where it is known.
    #[must_use]
    pub fn authorize_url(self) -> Option<&'static str> {
        self.row()?.authorization_url
    }

    /// The OAuth token endpoint, where it is known.
    #[must_use]
    pub fn token_url(self) -> Option<&'static str> {
        self.row()?.token_url
    }

    /// What a brand's name must be, for errors.
    pub(crate) fn allowed() -> String {
        format!("must be one of {}", Self::ALL.map(Self::id).join(", "))
    }

    fn row(self) -> Option<&'static operation::Brand> {
        BRANDS.iter().find(|row| row.id == self.id())
    }
}

impl fmt::Display for Brand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl FromStr for Brand {
    type Err = Error;

    /// # Errors
    ///
    /// [`Error::is_input`] for a name that no brand has.
    fn from_str(id: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|brand| brand.id() == id)
            .ok_or_else(|| Error::input("brand", Self::allowed()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_brand_of_the_document_has_a_preset_and_the_other_way_round() {
        let listed: Vec<&str> = BRANDS.iter().map(|row| row.id).collect();

        assert_eq!(listed, Brand::ALL.map(Brand::id));
    }

    #[test]
    fn an_error_of_an_unknown_brand_names_the_known_ones() {
        let error = "acme".parse::<Brand>().unwrap_err();

        assert_eq!(error.field(), Some("brand"));
        assert!(error.to_string().contains("phone-com"), "{error}");
    }
}
