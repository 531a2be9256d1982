//! The gateway, as a test or a program handles it.

use crate::{gateway::GatewayCommand, shared::Shared, simulator::Simulator};

impl Simulator {
    /// Does something to the gateway's connections.
    pub fn gateway(&self, command: GatewayCommand) {
        act(&self.shared, command);
    }

    /// When a session of the gateway began, in milliseconds since 1970: each event from then on is for it.
    /// `None`: it is over.
    #[must_use]
    pub fn session_began_ms(&self, session_id: &str) -> Option<u64> {
        self.shared.sessions.began_ms(session_id)
    }

    /// Whether the fault `drop_event` has left out the event that this message, channel or thread was created
    /// (`MESSAGE_CREATE`, `CHANNEL_CREATE` or `THREAD_CREATE`): who listens to events alone need not know of
    /// it. An event that was left out later, as `MESSAGE_UPDATE`, excuses nobody from knowing that there is one.
    #[must_use]
    pub fn has_left_out(&self, id: u64) -> bool {
        self.shared.sessions.has_left_out(id)
    }
}

/// Does something to the gateway's connections.
pub(crate) fn act(shared: &Shared, command: GatewayCommand) {
    shared.record.acted(shared.clock.now_ms(), &command);
    let reached = shared.sessions.command(command);
    shared.faults.note("gateway", command.name(), reached);
}
