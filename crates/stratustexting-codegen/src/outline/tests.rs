//! A small file as the generator writes it, and its whole outline.

use super::outline;

const SOURCE: &str = r#"
pub mod types {
    pub struct Thing {
        #[serde(rename = "createdAt", skip_serializing_if = "::std::option::Option::is_none")]
        pub created_at: ::std::option::Option<crate::Timestamp>,
        pub kind: crate::open_enums::Kind,
        #[serde(flatten)]
        pub extra: ::serde_json::Map<::std::string::String, ::serde_json::Value>,
    }
    impl Thing {
        pub fn builder() -> builder::Thing { todo!() }
    }
    pub struct Name(pub ::std::string::String);
    pub enum Either {
        Text(::std::string::String),
        Pair { left: i32 },
        Neither,
    }
    pub type Names = ::std::vec::Vec<Name>;
    pub mod builder {
        pub struct Thing { kind: Result<crate::open_enums::Kind, String> }
    }
}
pub struct Client { pub(crate) baseurl: String }
impl Client {
    pub fn new(baseurl: &str, inner: crate::transport::Handle) -> Self { todo!() }
    pub fn list_things(&self) -> builder::ListThings<'_> { todo!() }
    pub fn put_thing(&self) -> builder::PutThing<'_> { todo!() }
}
impl ClientInfo<()> for Client {
    fn api_version() -> &'static str { "1" }
}
pub mod builder {
    pub struct ListThings<'a> {
        client: &'a super::Client,
        names: Result<Option<::std::vec::Vec<::std::string::String>>, String>,
        size: Result<i32, String>,
    }
    impl<'a> ListThings<'a> {
        pub fn new(client: &'a super::Client) -> Self { todo!() }
        pub fn size<V>(mut self, value: V) -> Self { todo!() }
        pub async fn send(self) -> Result<ResponseValue<::std::vec::Vec<types::Thing>>, Error<()>> { todo!() }
    }
    pub struct PutThing<'a> {
        client: &'a super::Client,
        body: Result<types::builder::Thing, String>,
    }
    impl<'a> PutThing<'a> {
        pub async fn send(self) -> Result<ResponseValue<()>, Error<types::Either>> { todo!() }
    }
}
pub mod open_enums {
    pub enum Kind { Tall, InOut, Unknown(::std::string::String) }
    crate::open_enum_impls!(Kind, "Which kind." { Tall = "tall", InOut = "in & out" });
}
pub mod tables {
    pub static OPERATIONS: &[Operation] = &[Operation {
        id: "listThings",
        idempotent: true,
        pagination: Some(Pagination { items: "content", first_page: 0u32 }),
        sensitive: Sensitive { path: &[], query: &["a", "b: c"] },
        provenance: Provenance { basis: Basis::ClientCode, note: None },
    }];
    pub static BRANDS: &[Brand] = &[Brand { id: "own", token_url: Some("https://a.test/token") }];
    pub static MODELS: &[Model] = &[
        Model::of::<super::open_enums::Kind>("Kind"),
        Model::of::<crate::ByHand>("Thing"),
    ];
}
"#;

#[test]
fn has_a_line_for_everything_that_a_caller_sees() {
    let expected = r#"
client new(baseurl: &str, inner: Handle) -> Self
enum Either
enum Either::Neither
enum Either::Pair
enum Either::Pair.left: i32
enum Either::Text(String)
enum Kind
enum Kind::InOut = "in & out"
enum Kind::Tall = "tall"
enum Kind::Unknown(String)
operation list_things(names: Option<Vec<String>>, size: i32) -> Vec<Thing>
operation put_thing(body: Thing) -> Result<ResponseValue<()>, Error<Either>>
table BRANDS own.token_url = "https://a.test/token"
table MODELS Kind = Kind
table MODELS Thing = ByHand
table OPERATIONS listThings.idempotent = true
table OPERATIONS listThings.pagination.first_page = 0
table OPERATIONS listThings.pagination.items = "content"
table OPERATIONS listThings.provenance.basis = ClientCode
table OPERATIONS listThings.sensitive.query = ["a", "b: c"]
type Name(String)
type Thing
type Thing.created_at: Option<Timestamp> = "createdAt"
type Thing.extra: serde_json::Map<String, serde_json::Value>
type Thing.kind: Kind
"#;

    let outline = outline(SOURCE).unwrap();

    let expected = format!("alias Names = Vec<Name>{expected}");
    assert_eq!(outline.to_string(), expected);
}

#[test]
fn source_that_is_not_rust_is_an_error() {
    assert!(outline("pub mod {").is_err());
}
