//! Where alarms stand, and what has yet to be delivered.

use serde::Serialize;

use super::{Alarm, Claimed, Delivery, DeliveryStanding, Kind, Outcome, Standing, Target};
use crate::Failure;

/// Where alarms stand, what each target was told of them, and what has yet to be delivered.
///
/// It is shared by all processes that raise or deliver. Each call is all or nothing, and durable when it
/// returns. All times are in milliseconds since 1970. `Unknown` does not hurt: every call may be repeated.
pub trait Outbox: Send + Sync + 'static {
    /// Writes down that an alarm stands, and what is [owed](super::owed) to these targets now.
    fn raise(
        &self,
        alarm: &Alarm,
        targets: &[Target],
        now_ms: u64,
    ) -> impl Future<Output = Result<Noted, Failure>> + Send;

    /// Writes down that an alarm does not stand, and what is owed now. Nothing happens to one that is not on
    /// record.
    fn clear(
        &self,
        kind: Kind,
        subject: &str,
        targets: &[Target],
        now_ms: u64,
    ) -> impl Future<Output = Result<Noted, Failure>> + Send;

    /// Writes down what has come to be owed to these targets since, gives up what is too old, and claims for
    /// each of them the first that waits, if it is due and nobody has claimed it.
    fn claim(
        &self,
        targets: &[Target],
        now_ms: u64,
    ) -> impl Future<Output = Result<Claimed, Failure>> + Send;

    /// Writes down what came of an attempt. That something was delivered holds whoever says so; that it was
    /// not, only while nobody else has claimed it since.
    fn settle(
        &self,
        delivery: &Delivery,
        outcome: &Outcome,
        now_ms: u64,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// What is on record.
    fn overview(&self) -> impl Future<Output = Result<Overview, Failure>> + Send;
}

/// What came of a word about an alarm.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Noted {
    /// The names of the deliveries that were written down for it.
    pub deliveries: Vec<String>,
    /// Whether it has just begun, or ended.
    pub is_new: bool,
}

/// What is on record of alarms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Overview {
    /// The alarms that stand, in the order of their kinds and subjects.
    pub alarms: Vec<Standing>,
    /// What waits, and what came of the newest others: at most
    /// [`SHOWN_MAX`](super::limits::SHOWN_MAX) in all, the newest first.
    pub deliveries: Vec<DeliveryStanding>,
}
