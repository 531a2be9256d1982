//! Why there is no connection, when none has been tried since.

use crate::Trouble;

/// Why there is no connection. Its text is one line, to be read after "because".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// There was none before.
    #[error("the program has just begun")]
    Began,
    /// Another process held it, and has left its session.
    #[error("the session is taken over from another process")]
    TakenOver,
    /// It was lost: closed with a code, ended by an opcode, dropped, silent.
    #[error(transparent)]
    Lost(#[from] Trouble),
}
