//! Sites. There is one; it can't be changed.

use super::{ApiRequest, page::page};
use crate::{
    response::{ApiError, Response},
    shared::Shared,
};

pub(crate) fn list(shared: &Shared, request: &ApiRequest) -> Result<Response, ApiError> {
    let state = shared.state();
    page(
        request,
        &shared.limits,
        std::slice::from_ref(&state.site).iter(),
    )
}
