//! Sessions that begin.

use serde::Deserialize;

use super::{Book, grants::Member, owing::Owing};
use crate::Event;

/// The parts of READY that matter here (Discord: events/gateway-events#ready).
#[derive(Deserialize)]
struct Ready {
    session_id: String,
    #[serde(default)]
    resume_gateway_url: Option<String>,
    #[serde(default)]
    user: Option<Member>,
}

impl Book {
    /// A session has begun. Nobody knows what came between it and the one before.
    pub(super) fn hear_of_session(&mut self, event: &Event) {
        self.interrupt();
        self.waiting.outlive_session();
        self.outage_at = None;
        // The lists are wanted once the session has been handed over, and not before.
        self.wish = None;
        self.owing = Owing::default();
        let ready = serde_json::from_str::<Ready>(event.data.get()).ok();
        self.session = ready.map(|it| {
            self.grants.introduce(it.user);
            (it.session_id, it.resume_gateway_url)
        });
        if self.session.is_none() {
            self.mishear_session();
        }
    }
}
