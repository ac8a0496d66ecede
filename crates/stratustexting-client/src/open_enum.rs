//! The traits of open enums. The types themselves are generated.

/// Implements the traits of an open enum: to and from its text on the wire.
#[doc(hidden)]
#[macro_export]
macro_rules! open_enum_impls {
    ($name:ident, $description:literal { $($variant:ident = $text:literal),* }) => {
        impl ::std::convert::From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)*
                    _ => Self::Unknown(text.to_owned()),
                }
            }
        }

        impl ::std::convert::From<::std::string::String> for $name {
            fn from(text: ::std::string::String) -> Self {
                match text.as_str() {
                    $($text => Self::$variant,)*
                    _ => Self::Unknown(text),
                }
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::convert::Infallible;

            // Not by the type's own name: a value may be called `err`.
            fn from_str(text: &str) -> ::std::result::Result<Self, ::std::convert::Infallible> {
                Ok(Self::from(text))
            }
        }

        impl ::std::convert::AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                let text = <::std::string::String as ::serde::Deserialize>::deserialize(deserializer)?;
                Ok(Self::from(text))
            }
        }

        /// A value of another type is an unlisted one.
        impl $crate::lenient::Lenient for $name {
            const EXPECTED: &'static str = "text";

            fn read<'de, D: ::serde::Deserializer<'de>>(
                deserializer: D,
                reader: &mut $crate::lenient::Reader,
            ) -> ::std::result::Result<$crate::lenient::Read<Self>, D::Error> {
                use $crate::lenient::Read;

                Ok(match <::std::string::String as $crate::lenient::Lenient>::read(deserializer, reader)? {
                    Read::Good(text) | Read::Partly(text, _) => Read::Good(Self::from(text)),
                    Read::Null => Read::Null,
                    Read::Unreadable(raw) => Read::Unreadable(raw),
                })
            }
        }

        #[cfg(feature = "schemas")]
        impl ::schemars::JsonSchema for $name {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn schema_id() -> ::std::borrow::Cow<'static, str> {
                concat!(module_path!(), "::", stringify!($name)).into()
            }

            fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                // One value for the macro, which processes a list item by item and
                // reaches its recursion limit at some hundred.
                let known: &[&str] = &[$($text),*];
                ::schemars::json_schema!({
                    "description": $description,
                    "type": "string",
                    "x-extensible-enum": known,
                })
            }
        }
    };
}
