//! The main job, step by step, like a program written against the document.

use anyhow::Context;
use futures::TryStreamExt;
use stratustexting::models::Site;

use crate::{
    consents, contacts, messages,
    records::{digits, same_id},
    report::Report,
    setup::Setup,
};

pub(crate) async fn run(setup: &mut Setup, report: &mut Report) -> anyhow::Result<()> {
    setup.log_in().await.context("the login failed")?;
    report.right();
    contacts::without_paths(setup, report).await?;
    messages::send(setup, report).await;
    contacts::list(setup, report).await;
    contacts::search(setup, report).await;
    contacts::find(setup, report).await;
    let mine = contacts::write(setup, report).await;
    consents::all(setup, report, &mine).await;
    let sites = sites(setup, report).await;
    messages::receive(setup, report, &sites).await?;
    expiry(setup, report).await;
    rejected_refresh(setup, report).await
}

/// The sites, which have the ids that event filters need.
async fn sites(setup: &Setup, report: &mut Report) -> Vec<Site> {
    let listed = collect(setup.client.sites().list(), "sites", report).await;
    let sandbox = &setup.sandbox;
    let is = |shown: &Option<String>, record: &str| {
        shown.as_deref().is_some_and(|shown| same_id(record, shown))
    };
    let right = |site: &Site| {
        let departments = site.departments.as_deref().unwrap_or_default();
        let own = departments
            .iter()
            .find(|department| is(&department.id, sandbox.department_id()));
        let numbers = own.and_then(|own| own.phone_numbers.as_deref());
        let number = digits(sandbox.number());
        is(&site.org_id, sandbox.organization_id())
            && numbers.is_some_and(|all| all.iter().any(|own| digits(own) == number))
    };
    match listed.as_slice() {
        [site] if right(site) => report.right(),
        [_] => report.silent("sites", "wrong: ids or numbers"),
        [] => report.silent("sites", "none are there"),
        _ => report.silent("sites", "more than there are"),
    }
    listed
}

/// The items of a list, with a note of the error if it failed.
pub(crate) async fn collect<T: serde::Serialize + Send + Unpin + 'static>(
    mut pager: stratustexting::Pager<T>,
    step: &str,
    report: &mut Report,
) -> Vec<T> {
    let mut items = Vec::new();
    loop {
        match pager.try_next().await {
            Ok(Some(item)) => items.push(item),
            Ok(None) => return items,
            Err(error) => {
                report.failed(step, &error);
                return items;
            }
        }
    }
}

/// The access token expires: idempotent calls are retried with a new one, and a send isn't.
async fn expiry(setup: &Setup, report: &mut Report) {
    let before = setup.token_requests();
    setup.sandbox.expire_access_tokens();
    let listed = collect(setup.client.sites().list(), "renewal", report).await;
    match (listed.len(), setup.token_requests() - before) {
        (1, 1) => report.right(),
        (0, _) => {}
        (_, renewals) => report.silent("renewal", format!("{renewals} renewals")),
    }

    setup.sandbox.expire_access_tokens();
    messages::one(setup, report, "send with an expired token", "Late news").await;
}

/// The refresh token is rejected: the user must log in again, and the error says so.
async fn rejected_refresh(setup: &Setup, report: &mut Report) -> anyhow::Result<()> {
    setup.sandbox.expire_access_tokens();
    setup.sandbox.revoke_refresh_tokens();
    match setup.client.sites().list().try_next().await {
        Err(error) if error.is_login_required() => report.right(),
        Err(error) => report.unexplained("rejected refresh", format!("{error:#}")),
        Ok(_) => report.silent("rejected refresh", "a call succeeded without a token"),
    }
    setup.log_in().await.context("the second login failed")?;
    let listed = collect(setup.client.sites().list(), "second login", report).await;
    if listed.len() == 1 {
        report.right();
    }
    Ok(())
}
