//! Which events to receive. A filter has the ids of organization and department, and no page of
//! the service says where to find those: a sandbox tells them, and otherwise they are looked for
//! in what the account has.

use std::collections::BTreeSet;

use clap::Args;
use stratustexting::{
    Client,
    webhook::{ContactEvent, EventFilter},
};

use crate::{
    account::Account,
    context::variable,
    control_api::ControlApi,
    failure::{Class, Failure, Result},
};

#[derive(Debug, Args)]
pub(super) struct Filters {
    /// What to receive: inbound, outbound, contact-create, contact-update, contact-delete, or a
    /// filter as the service writes it; several with commas
    #[arg(
        long,
        value_name = "EVENTS",
        value_delimiter = ',',
        default_value = "inbound",
        value_parser = Wanted::read
    )]
    events: Vec<Wanted>,
    /// The organization's id, if the account has several [env: STRATUS_ORGANIZATION]
    #[arg(long, value_name = "ID")]
    organization: Option<String>,
    /// The department's id, if the account has several [env: STRATUS_DEPARTMENT]
    #[arg(long, value_name = "ID")]
    department: Option<String>,
}

#[derive(Clone, Debug)]
enum Wanted {
    Inbound,
    Outbound,
    Contact(ContactEvent),
    Filter(EventFilter),
}

/// The most that is read to find the ids.
const MOST: usize = 1_000;

impl Wanted {
    fn read(text: &str) -> std::result::Result<Self, String> {
        Ok(match text {
            "inbound" => Self::Inbound,
            "outbound" => Self::Outbound,
            "contact-create" => Self::Contact(ContactEvent::Create),
            "contact-update" => Self::Contact(ContactEvent::Update),
            "contact-delete" => Self::Contact(ContactEvent::Delete),
            filter if filter.starts_with('/') => Self::Filter(
                filter
                    .parse()
                    .map_err(|error: stratustexting::Error| error.to_string())?,
            ),
            _ => {
                return Err(
                    "must be inbound, outbound, contact-create, contact-update, contact-delete, \
                     or a filter that begins with /"
                        .to_owned(),
                );
            }
        })
    }
}

struct Ids {
    organization: String,
    department: String,
}

impl Filters {
    pub(super) async fn of(self, account: &Account, client: &Client) -> Result<Vec<EventFilter>> {
        let mut ids = None;
        let mut filters = Vec::new();
        for wanted in &self.events {
            if let Wanted::Filter(filter) = wanted {
                filters.push(filter.clone());
                continue;
            }
            let Ids {
                organization,
                department,
            } = match ids {
                Some(ref ids) => ids,
                None => ids.insert(self.ids(account, client).await?),
            };
            filters.push(match wanted {
                Wanted::Outbound => EventFilter::outbound(organization, department)?,
                Wanted::Contact(event) => EventFilter::contacts(organization, department, *event)?,
                Wanted::Inbound | Wanted::Filter(_) => {
                    EventFilter::inbound(organization, department)?
                }
            });
        }
        Ok(filters)
    }

    async fn ids(&self, account: &Account, client: &Client) -> Result<Ids> {
        let stated = |option: &Option<String>, name| option.clone().or_else(|| variable(name));
        let organization = stated(&self.organization, "STRATUS_ORGANIZATION");
        let department = stated(&self.department, "STRATUS_DEPARTMENT");
        if let (Some(organization), Some(department)) = (&organization, &department) {
            return Ok(Ids {
                organization: organization.clone(),
                department: department.clone(),
            });
        }
        if account.control_url.is_some() {
            let index = ControlApi::of(account)?.index().await?;
            let id = |name: &str| index[name].as_str().unwrap_or_default().to_owned();
            return Ok(Ids {
                organization: organization.unwrap_or_else(|| id("organization_id")),
                department: department.unwrap_or_else(|| id("department_id")),
            });
        }
        let fits = |(of, it): &(String, String)| {
            organization.as_ref().is_none_or(|stated| stated == of)
                && department.as_ref().is_none_or(|stated| stated == it)
        };
        let found = known(client).await?;
        let mut found = found.into_iter().filter(fits);
        match (found.next(), found.next()) {
            (Some((organization, department)), None) => Ok(Ids {
                organization,
                department,
            }),
            (None, _) => Err(Failure::new(
                Class::SetUp,
                "the account shows no ids of organization and department, neither in a \
                 subscription nor in a site: say --organization and --department",
            )),
            (Some(_), Some(_)) => Err(Failure::usage(
                "the account has several departments: say --organization and --department. \
                 `stratus subscription list` and `stratus site list` show them",
            )),
        }
    }
}

/// The ids in subscriptions; without any, those of sites.
async fn known(client: &Client) -> Result<BTreeSet<(String, String)>> {
    let subscriptions = client.subscriptions().list();
    let subscriptions = subscriptions.collect_up_to(MOST).await?;
    let filters = subscriptions
        .into_iter()
        .flat_map(|subscription| subscription.event_filters.unwrap_or_default())
        .filter_map(|filter| filter.parse::<EventFilter>().ok());
    let ids: BTreeSet<_> = filters
        .filter_map(|filter| {
            let organization = filter.organization_id()?.to_owned();
            Some((organization, filter.department_id()?.to_owned()))
        })
        .collect();
    if !ids.is_empty() {
        return Ok(ids);
    }
    // They may not exist for the account, which is no failure of this command.
    let Ok(sites) = client.sites().list().collect_up_to(MOST).await else {
        return Ok(ids);
    };
    let departments = sites.into_iter().flat_map(|site| {
        let organization = site.org_id;
        let departments = site.departments.unwrap_or_default();
        departments
            .into_iter()
            .filter_map(move |department| Some((organization.clone()?, department.id?)))
    });
    Ok(departments.collect())
}
