//! What is carried from one connection to the next.

use twilight_gateway::Session;

use crate::{Trouble, connection::Connection, limits::RESUME_ATTEMPTS_MAX, session};

/// What is carried from one connection to the next: the session, while Discord may still know it.
#[derive(Debug, Default)]
pub(crate) struct Link {
    session: Option<Session>,
    /// Where Discord wants the session to be resumed.
    resume_url: Option<String>,
    /// Connections in a row that reached Discord and could not resume.
    resumes_failed: u32,
}

impl Link {
    /// Goes on with a session that another process has left.
    pub(crate) fn take_over(&mut self, left: crate::Session) {
        let (session, resume_url) = left.resumable();
        self.session = Some(session);
        self.resume_url = resume_url;
    }

    /// The session as it can be written down.
    pub(crate) fn left(&self) -> Option<crate::Session> {
        let session = self.session.as_ref()?;
        Some(crate::Session {
            id: session.id().to_owned(),
            sequence: session.sequence(),
            resume_url: self.resume_url.clone(),
        })
    }

    /// The session that may be resumed.
    pub(crate) fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// Where to resume it, if Discord said so.
    pub(crate) fn resume_url(&self) -> Option<&str> {
        self.resume_url.as_deref()
    }

    /// Keeps the session for another process: `connection` was closed in a way that does not end it.
    pub(crate) fn leave(&mut self, connection: &Connection) {
        (self.session, self.resume_url) = connection.session();
    }

    /// Keeps what `connection` leaves behind. `ready` says whether it had READY or RESUMED.
    pub(crate) fn keep(&mut self, connection: &Connection, trouble: &Trouble, ready: bool) {
        let resuming = self.session.is_some();
        (self.session, self.resume_url) = connection.session();
        self.resume_url = self.resume_url.as_deref().and_then(session::usable);
        if ready || !connection.was_up() {
            self.resumes_failed = if ready { 0 } else { self.resumes_failed };
        } else if resuming {
            self.resumes_failed += 1;
        }
        if self.resumes_failed >= RESUME_ATTEMPTS_MAX || ends_session(trouble) {
            self.session = None;
        }
        if self.session.is_none() {
            self.resume_url = None;
            self.resumes_failed = 0;
        }
    }
}

/// Close codes after which Discord wants a new session
/// (Discord: topics/opcodes-and-status-codes#gateway-gateway-close-event-codes), and a session that
/// would go on to tell nothing.
fn ends_session(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Deaf | Trouble::Closed(4003 | 4007 | 4009))
}
