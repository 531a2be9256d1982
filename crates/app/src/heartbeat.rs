//! The runtime's own beat: as long as it comes, timers fire and some thread is free.

use std::{convert::Infallible, sync::Arc};

use tokio::time::sleep;

use crate::{limits::HEARTBEAT_EVERY, watchdog::Pulse};

/// Beats for ever.
pub(crate) async fn beat(pulse: Arc<Pulse>) -> Infallible {
    loop {
        pulse.round();
        sleep(HEARTBEAT_EVERY).await;
    }
}
