//! Alerts: what somebody has to know of, told to whoever wants to know, once when it begins and once when
//! it ends.
//!
//! - Whoever notices that something is wrong [raises](Alarms::raise) an [`Alarm`], as often as it likes,
//!   and [clears](Alarms::clear) it when all is well again.
//! - An [`Outbox`] keeps which alarms stand, what each [`Target`] was told of them, and what has yet to be
//!   delivered. It is shared by all processes and outlives them. What is owed to whom is one pure rule,
//!   [`owed`].
//! - A [`Courier`] delivers, through a [`Messenger`]: at least once, in the order of each target, again
//!   after a failure with growing pauses, and within bounds.

mod alarm;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod courier;
mod delivery;
mod kind;
pub mod limits;
mod memory;
mod notice;
mod outbox;
mod policy;
mod rule;
mod target;

pub use self::{
    alarm::{Alarm, Alarms, Standing},
    courier::{Courier, Messenger, Tally},
    delivery::{Claimed, Delivery, DeliveryStanding, Outcome, Settlement},
    kind::Kind,
    memory::MemoryOutbox,
    notice::{Notice, NoticeBoard},
    outbox::{Noted, Outbox, Overview},
    policy::after_failure,
    rule::{Owed, State, Told, owed},
    target::Target,
};
