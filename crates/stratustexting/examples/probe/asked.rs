//! What is asked, and where else it is looked for.

use futures::TryStreamExt;
use http::Method;
use serde_json::Value;
use stratustexting::{Client, Diagnostic, Error, Pager, api::Operation};

use super::{account::Account, report::Finding};

/// The operations that read, lists first: they give the ids for the others.
pub(crate) const READING: [&str; 8] = [
    "listContacts",
    "searchContacts",
    "findContactByMobile",
    "listCustomConsents",
    "getCustomConsent",
    "listSubscriptions",
    "listSites",
    "getMessageById",
];

/// What is known of the account so far. It is never printed.
pub(crate) struct Known {
    message_id: Option<String>,
    mobile_number: Option<String>,
    consent_id: Option<String>,
}

impl Known {
    pub(crate) fn of(account: &Account) -> Self {
        Self {
            message_id: account.message_id().map(str::to_owned),
            mobile_number: None,
            consent_id: None,
        }
    }
}

/// Asks one operation.
pub(crate) async fn ask(
    client: &Client,
    operation: &'static Operation,
    known: &mut Known,
) -> Finding {
    let number = known.mobile_number.clone();
    let asked: Option<Result<(Seen, usize), Error>> = match operation.id {
        "listContacts" => Some(
            first(client.contacts().list(), |contact| {
                known.mobile_number = contact.mobile_number.clone();
            })
            .await,
        ),
        "listCustomConsents" => Some(
            first(client.consents().list(), |consent| {
                known.consent_id = consent.id.clone();
            })
            .await,
        ),
        "listSubscriptions" => Some(first(client.subscriptions().list(), |_| {}).await),
        "listSites" => Some(first(client.sites().list(), |_| {}).await),
        "searchContacts" => match number {
            Some(number) => Some(first(client.contacts().search(number), |_| {}).await),
            None => None,
        },
        "findContactByMobile" => match number {
            Some(number) => {
                let number = e164(&number);
                let found = client.contacts().find_by_mobile(number).await;
                Some(found.map(|found| (Seen::of(found.diagnostics()), 1)))
            }
            None => None,
        },
        "getCustomConsent" => match known.consent_id.clone() {
            Some(id) => {
                let found = client.consents().get(id).await;
                Some(found.map(|found| (Seen::of(found.diagnostics()), 1)))
            }
            None => None,
        },
        _ => match known.message_id.clone() {
            Some(id) => {
                let found = client.messages().get(id).await;
                Some(found.map(|found| (Seen::of(found.diagnostics()), 1)))
            }
            None => None,
        },
    };
    match asked {
        None => Finding::not_asked(operation),
        Some(Ok((seen, items))) => Finding::responded(operation, seen.0, seen.1, items),
        Some(Err(error)) => Finding::failed(operation, &error),
    }
}

/// A number in the form that a lookup takes. Only the account's own are looked up.
fn e164(number: &str) -> String {
    if number.starts_with('+') {
        number.to_owned()
    } else {
        format!("+{number}")
    }
}

/// How responses differed, and how the list ended.
struct Seen(Vec<Diagnostic>, Option<String>);

impl Seen {
    fn of(diagnostics: &[Diagnostic]) -> Self {
        Self(diagnostics.to_vec(), None)
    }
}

/// Reads up to three pages of a list, which tell how it pages.
async fn first<T>(pager: Pager<T>, mut take: impl FnMut(&T)) -> Result<(Seen, usize), Error>
where
    T: serde::Serialize + Send + Unpin + 'static,
{
    let mut pages = pager.page_size(5).look_ahead(false).pages();
    let mut diagnostics = Vec::new();
    let mut items = 0;
    for _ in 0..3 {
        match pages.try_next().await {
            Ok(Some(page)) => {
                page.items.iter().take(1).for_each(&mut take);
                items += page.items.len();
                diagnostics.extend(page.diagnostics);
            }
            Ok(None) => break,
            // All that came was handed out; how it ended is said below.
            Err(error) if error.is_incomplete() => break,
            Err(error) => return Err(error),
        }
    }
    let end = pages.end().map(ToString::to_string);
    Ok((Seen(diagnostics, end), items))
}

/// Paths in the other styles of this API, of operations that only read.
fn other_paths(id: &str) -> &'static [&'static str] {
    match id {
        "listContacts" => &[
            "/contact/getallcontacts",
            "/contact/getall",
            "/contact/list",
            "/contact",
            "/contacts",
            "/contacts/all",
        ],
        "searchContacts" => &[
            "/contact/searchcontact",
            "/contact/searchbynumber",
            "/contacts/search",
        ],
        "findContactByMobile" => &[
            "/contact/getbymobile/{mobileNumber}",
            "/contact/findbymobile/{mobileNumber}",
            "/contact/getcontactbymobile/{mobileNumber}",
            "/contact/{mobileNumber}",
            "/contacts/mobile/{mobileNumber}",
        ],
        "listCustomConsents" => &["/customconsent", "/customconsent/getall", "/customconsents"],
        "listSites" => &[
            "/site",
            "/sites",
            "/sites/all",
            "/site/getall",
            "/site/getallsites",
        ],
        "listSubscriptions" => &["/webhooksubscription", "/webhooksubscriptions"],
        _ => &[],
    }
}

/// Looks for an operation that isn't where the document says. Each is a `GET`, so nothing is
/// changed by it.
pub(crate) async fn try_other_paths(
    client: &Client,
    operation: &Operation,
    known: &mut Known,
    finding: &mut Finding,
) {
    let number = known.mobile_number.as_deref().map(e164).unwrap_or_default();
    for path in other_paths(operation.id) {
        let encoded = number.replace('+', "%2B");
        let mut request = client.request(Method::GET, path.replace("{mobileNumber}", &encoded));
        if operation.id == "searchContacts" {
            request = request.query("number", &number);
        }
        if let Ok(response) = request.send().await
            && let Ok(body) = response.json::<Value>()
        {
            finding.found_at(path);
            if known.mobile_number.is_none() {
                known.mobile_number = number_in(&body);
            }
            return;
        }
    }
}

/// A contact's number somewhere in a body, for the lookups.
fn number_in(body: &Value) -> Option<String> {
    match body {
        Value::Object(fields) => match fields.get("mobileNumber") {
            Some(Value::String(number)) => Some(number.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => fields.values().find_map(number_in),
        },
        Value::Array(items) => items.iter().find_map(number_in),
        _ => None,
    }
}
