//! The main job, step by step, as a program does it that is written against the document.

use anyhow::Context;
use futures::TryStreamExt;
use stratustexting::models::Site;

use crate::{
    books::{digits, same_id},
    consents, contacts, messages,
    report::Report,
    stage::Stage,
};

pub(crate) async fn run(stage: &mut Stage, report: &mut Report) -> anyhow::Result<()> {
    stage.log_in().await.context("the login failed")?;
    report.right();
    contacts::without_paths(stage, report).await?;
    messages::send(stage, report).await;
    contacts::list(stage, report).await;
    contacts::search(stage, report).await;
    contacts::find(stage, report).await;
    let mine = contacts::write(stage, report).await;
    consents::all(stage, report, &mine).await;
    let sites = sites(stage, report).await;
    messages::receive(stage, report, &sites).await?;
    expiry(stage, report).await;
    refused_refresh(stage, report).await
}

/// The sites, which have the ids that event filters need.
async fn sites(stage: &Stage, report: &mut Report) -> Vec<Site> {
    let listed = collect(stage.client.sites().list(), "sites", report).await;
    let sandbox = &stage.sandbox;
    let is = |shown: &Option<String>, book: &str| {
        shown.as_deref().is_some_and(|shown| same_id(book, shown))
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
        [] => report.silent("sites", "none came"),
        _ => report.silent("sites", "more came than there are"),
    }
    listed
}

/// All items of a list that came, with a note of the error in which it ended.
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

/// The access token ends: what can be repeated is, with another, and a send isn't.
async fn expiry(stage: &Stage, report: &mut Report) {
    let before = stage.token_requests();
    stage.sandbox.expire_access_tokens();
    let listed = collect(stage.client.sites().list(), "renewal", report).await;
    match (listed.len(), stage.token_requests() - before) {
        (1, 1) => report.right(),
        (0, _) => {}
        (_, renewals) => report.silent("renewal", format!("{renewals} renewals")),
    }

    stage.sandbox.expire_access_tokens();
    messages::one(stage, report, "send by a token that is over", "Late news").await;
}

/// The refresh token is refused: the user has to log in, and knows it.
async fn refused_refresh(stage: &Stage, report: &mut Report) -> anyhow::Result<()> {
    stage.sandbox.expire_access_tokens();
    stage.sandbox.revoke_refresh_tokens();
    match stage.client.sites().list().try_next().await {
        Err(error) if error.is_login_required() => report.right(),
        Err(error) => report.unexplained("refused refresh", format!("{error:#}")),
        Ok(_) => report.silent("refused refresh", "a call succeeded without a token"),
    }
    stage.log_in().await.context("the second login failed")?;
    let listed = collect(stage.client.sites().list(), "second login", report).await;
    if listed.len() == 1 {
        report.right();
    }
    Ok(())
}
