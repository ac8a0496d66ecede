//! Sites. There is one; it can't be changed.

use super::{Call, page::page};
use crate::{
    reply::{Fault, Reply},
    shared::Shared,
};

pub(crate) fn list(shared: &Shared, call: &Call) -> Result<Reply, Fault> {
    let state = shared.state();
    page(
        call,
        &shared.limits,
        std::slice::from_ref(&state.site).iter(),
    )
}
