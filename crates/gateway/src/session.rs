//! A session, as it can be written down.

use twilight_gateway::Session as Resumable;

use crate::url;

/// A session that another connection, or another process, can go on with (Discord:
/// events/gateway#resuming). Discord keeps it for some minutes after its connection has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Discord's name for it. It opens nothing without the token.
    pub id: String,
    /// `s` of the last event that was dealt with: everything after it is sent again. An older number
    /// than the last one is as good, as long as Discord still has what came after it.
    pub sequence: u64,
    /// Where Discord wants it to be resumed.
    pub resume_url: Option<String>,
}

// === impl Session ===

impl Session {
    /// As twilight goes on with it, and where.
    pub(crate) fn resumable(self) -> (Resumable, Option<String>) {
        let url = self.resume_url.as_deref().and_then(usable);
        (Resumable::new(self.sequence, self.id), url)
    }
}

/// An address, unless it would give the token away.
pub(crate) fn usable(resume_url: &str) -> Option<String> {
    match url::usable(resume_url) {
        Ok(url) => Some(url),
        Err(error) => {
            tracing::warn!(%error, "discord gave a resume address that cannot be used");
            None
        }
    }
}
