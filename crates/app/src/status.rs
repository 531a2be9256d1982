//! How the running proxy is, in one line for the service manager; and a look at the gateway that only
//! somebody beside it can take.

use std::sync::Arc;

use cordboard_gateway::{Health, Hub};
use cordboard_lifecycle::{Channels, Counts};
use tokio::time::sleep;

use crate::{
    Watchdog,
    limits::{GATEWAY_SILENT_MAX, STATUS_EVERY},
    watchdog::Pulse,
};

/// Tells the service manager that the program is ready, and then how it is, for ever.
pub(crate) async fn tell(
    watchdog: Watchdog,
    hub: Hub,
    channels: Channels,
    gateway: Arc<Pulse>,
    pulse: Arc<Pulse>,
) {
    let mut told = String::new();
    loop {
        let health = hub.health();
        if !is_deaf(&health) {
            gateway.round();
        }
        let status = line(health.state.name(), channels.counts());
        // READY again and again does no harm, and the first one may have found no room. While
        // something is stuck, the watchdog has the word.
        let message = format!("READY=1\nSTATUS={status}");
        let is_news = message != told && watchdog.cause().is_none();
        if is_news && watchdog.notifier().tell(&message) {
            told = message;
        }
        pulse.round();
        sleep(STATUS_EVERY).await;
    }
}

/// Whether it believes in a connection that it should have given up long ago.
fn is_deaf(health: &Health) -> bool {
    let is_silent = |age| age > GATEWAY_SILENT_MAX;
    health.state.is_ready() && health.last_frame_age.is_some_and(is_silent)
}

fn line(gateway: &str, counts: Counts) -> String {
    let conversations = counts.planned + counts.live;
    let deletions = counts.condemned + counts.verifying;
    let debts = counts.parked + counts.quarantined + counts.unknown + counts.abandoned;
    format!(
        "{conversations} conversations, gateway {gateway}, {deletions} deletions, {debts} debts"
    )
}
