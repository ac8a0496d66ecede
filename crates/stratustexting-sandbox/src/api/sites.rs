//! Sites. There is one; it can't be changed.

use super::{Call, page::page};
use crate::{
    reply::{Fault, Reply},
    service::Service,
};

pub(crate) fn list(service: &Service, call: &Call) -> Result<Reply, Fault> {
    let world = service.world();
    page(
        call,
        &service.limits,
        std::slice::from_ref(&world.site).iter(),
    )
}
