//! The typed fields of a model.
//!
//! A model's JSON doesn't distinguish a field that was read from one that is only kept
//! in `extra`: both are written under the same name. A view does: a field that was read
//! is under its name, and a field in `extra` is under its name with a leading `+`. It
//! is made from the public fields, without any of the lenient code.

use serde_json::{Map, Number, Value};
use stratustexting::{
    api::{MessageRecipients, Timestamp, types},
    pager::Page,
};

/// The key of the model's name in a view.
pub(crate) const MODEL: &str = "#";

/// A value that has a view.
pub(crate) trait Typed {
    fn view(&self) -> Value;
}

macro_rules! models {
    ($($name:ident { $($key:literal => $field:ident),* $(,)? })*) => {
        $(
            impl Typed for types::$name {
                fn view(&self) -> Value {
                    let mut view = Map::new();
                    view.insert(MODEL.to_owned(), stringify!($name).into());
                    $(
                        if let Some(value) = &self.$field {
                            view.insert($key.to_owned(), value.view());
                        }
                    )*
                    for (name, value) in &self.extra {
                        view.insert(format!("+{name}"), value.clone());
                    }
                    Value::Object(view)
                }
            }
        )*

        #[cfg(test)]
        mod tests {
            use stratustexting::api::{lenient::Model, types};

            #[test]
            fn no_field_is_forgotten() {
                $(assert_eq!(types::$name::FIELDS, [$($key),*], stringify!($name));)*
            }
        }
    };
}

models! {
    Contact {
        "company" => company,
        "consentLevel" => consent_level,
        "createdDateTime" => created_date_time,
        "customConsents" => custom_consents,
        "departmentId" => department_id,
        "email" => email,
        "firstName" => first_name,
        "id" => id,
        "lastName" => last_name,
        "lastUpdateDateTime" => last_update_date_time,
        "mobileNumber" => mobile_number,
        "orgId" => org_id,
        "tags" => tags,
    }
    ContactPage {
        "content" => content,
        "empty" => empty,
        "first" => first,
        "last" => last,
        "number" => number,
        "numberOfElements" => number_of_elements,
        "size" => size,
        "totalElements" => total_elements,
        "totalPages" => total_pages,
    }
    CustomConsent {
        "active" => active,
        "createdDateTime" => created_date_time,
        "description" => description,
        "id" => id,
        "lastUpdateDateTime" => last_update_date_time,
        "name" => name,
        "orgId" => org_id,
        "type" => type_,
    }
    CustomConsentPage {
        "content" => content,
        "empty" => empty,
        "first" => first,
        "last" => last,
        "number" => number,
        "numberOfElements" => number_of_elements,
        "size" => size,
        "totalElements" => total_elements,
        "totalPages" => total_pages,
    }
    Department {
        "id" => id,
        "name" => name,
        "phoneNumbers" => phone_numbers,
    }
    DisabledFilter {
        "filter" => filter,
        "id" => id,
        "message" => message,
        "orgId" => org_id,
        "reason" => reason,
    }
    Message {
        "direction" => direction,
        "from" => from,
        "id" => id,
        "lastUpdated" => last_updated,
        "media" => media,
        "text" => text,
        "to" => to,
    }
    MessageInfo {
        "lastUpdated" => last_updated,
        "messageId" => message_id,
    }
    SendResult {
        "result" => result,
    }
    Site {
        "departments" => departments,
        "id" => id,
        "name" => name,
        "orgId" => org_id,
    }
    SitePage {
        "content" => content,
        "empty" => empty,
        "first" => first,
        "last" => last,
        "number" => number,
        "numberOfElements" => number_of_elements,
        "size" => size,
        "totalElements" => total_elements,
        "totalPages" => total_pages,
    }
    Subscription {
        "createdDateTime" => created_date_time,
        "disabledFilters" => disabled_filters,
        "eventFilters" => event_filters,
        "expirationTime" => expiration_time,
        "expiresIn" => expires_in,
        "id" => id,
        "lastUpdateDateTime" => last_update_date_time,
        "orgId" => org_id,
        "status" => status,
        "uri" => uri,
    }
    SubscriptionPage {
        "content" => content,
        "empty" => empty,
        "first" => first,
        "last" => last,
        "number" => number,
        "numberOfElements" => number_of_elements,
        "size" => size,
        "totalElements" => total_elements,
        "totalPages" => total_pages,
    }
    WebhookEvent {
        "contactInfo" => contact_info,
        "event" => event,
        "messageInfo" => message_info,
        "subscriptionId" => subscription_id,
        "timestamp" => timestamp,
        "uuid" => uuid,
    }
}

/// A page's metadata is read under many names, so a page has no `+`.
impl<T: Typed> Typed for Page<T> {
    fn view(&self) -> Value {
        let mut view = Map::new();
        view.insert(MODEL.to_owned(), "Page".into());
        view.insert("content".to_owned(), self.items.view());
        let facts = [
            ("totalElements", self.total_items.map(Value::from)),
            ("totalPages", self.total_pages.map(Value::from)),
            ("size", self.size.map(Value::from)),
            ("last", self.last.map(Value::from)),
        ];
        for (name, fact) in facts {
            if let Some(fact) = fact {
                view.insert(name.to_owned(), fact);
            }
        }
        Value::Object(view)
    }
}

impl<T: Typed> Typed for Vec<T> {
    fn view(&self) -> Value {
        self.iter().map(Typed::view).collect()
    }
}

macro_rules! leaves {
    ($($kind:ty: $leaf:ident => $view:expr;)*) => {$(
        impl Typed for $kind {
            fn view(&self) -> Value {
                let $leaf = self;
                $view
            }
        }
    )*};
}

leaves! {
    String: text => text.as_str().into();
    bool: flag => (*flag).into();
    i32: number => (*number).into();
    i64: number => (*number).into();
    Number: number => number.clone().into();
    Value: value => value.clone();
    Map<String, Value>: fields => fields.clone().into();
    Timestamp: time => time.as_json().clone();
    MessageRecipients: to => to.as_json().clone();
    types::ConsentType: open => open.as_str().into();
    types::MessageDirection: open => open.as_str().into();
    types::SubscriptionStatus: open => open.as_str().into();
}
