//! Sites. There is one if the account has Multisite, and none otherwise; it can't be changed.

use std::slice;

use super::{ApiRequest, page::page};
use crate::{
    response::{ApiError, Response},
    shared::Shared,
};

pub(crate) fn list(shared: &Shared, request: &ApiRequest) -> Result<Response, ApiError> {
    let has_sites = shared.settings().multisite;
    let state = shared.state();
    let sites = if has_sites {
        slice::from_ref(&state.site)
    } else {
        &[]
    };
    page(request, &shared.limits, sites.iter())
}
