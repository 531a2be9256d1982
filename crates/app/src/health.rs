//! What `/healthz` says beyond being alive. Anyone may read it.

use cordboard_frontend::Details;
use cordboard_gateway::{Hub, State};

/// How the gateway stands, in one word, and for how long.
pub(crate) fn details(hub: Hub) -> impl Fn() -> Details + Send + Sync + 'static {
    move || {
        let state = hub.health().state;
        let word = match state {
            State::Connecting { .. } => "connecting",
            State::Ready { .. } => "ready",
            State::Resuming { .. } => "resuming",
            State::Degraded { .. } => "degraded",
            State::Fatal(_) => "fatal",
            _ => "stopped",
        };
        let seconds = state.since().map(|since| since.elapsed().as_secs());
        Details::from([
            ("gateway", word.into()),
            ("gateway_seconds", seconds.into()),
        ])
    }
}
