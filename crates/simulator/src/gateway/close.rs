//! Why a connection is closed, in Discord's numbers.

/// A close code of ours (Discord: topics/opcodes-and-status-codes#gateway-close-event-codes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CloseCode {
    UnknownOpcode,
    DecodeError,
    NotAuthenticated,
    AuthenticationFailed,
    AlreadyAuthenticated,
    InvalidSequence,
    RateLimited,
    SessionTimedOut,
    InvalidShard,
    InvalidVersion,
    InvalidIntents,
    DisallowedIntents,
    /// Whatever a test asked for.
    Other(u16),
}

impl CloseCode {
    /// The number on the wire.
    pub(crate) fn number(self) -> u16 {
        match self {
            Self::UnknownOpcode => 4001,
            Self::DecodeError => 4002,
            Self::NotAuthenticated => 4003,
            Self::AuthenticationFailed => 4004,
            Self::AlreadyAuthenticated => 4005,
            Self::InvalidSequence => 4007,
            Self::RateLimited => 4008,
            Self::SessionTimedOut => 4009,
            Self::InvalidShard => 4010,
            Self::InvalidVersion => 4012,
            Self::InvalidIntents => 4013,
            Self::DisallowedIntents => 4014,
            Self::Other(number) => number,
        }
    }

    /// The words that go with it.
    pub(crate) fn reason(self) -> &'static str {
        match self.number() {
            4000 => "Unknown error.",
            4001 => "Unknown opcode.",
            4002 => "Error while decoding payload.",
            4003 => "Not authenticated.",
            4004 => "Authentication failed.",
            4005 => "Already authenticated.",
            4007 => "Invalid seq.",
            4008 => "You are being rate limited.",
            4009 => "Session timed out.",
            4010 => "Invalid shard.",
            4011 => "Sharding required.",
            4012 => "Invalid API version.",
            4013 => "Invalid intent(s).",
            4014 => "Disallowed intent(s).",
            _ => "",
        }
    }

    /// Whether the session is over too: resuming it after this code cannot work.
    pub(crate) fn ends_session(self) -> bool {
        matches!(self.number(), 4003 | 4004 | 4007 | 4009..=4014)
    }
}

/// Whether a client that closes with `code` gives its session up (Discord:
/// events/gateway#initiating-a-disconnect). Anything else, also a bare end of the TCP stream,
/// keeps it for the resume window.
pub(crate) fn client_gives_up(code: u16) -> bool {
    matches!(code, 1000 | 1001)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_after_which_no_session_is_left() {
        for (number, ends) in [
            (4000, false),
            (4001, false),
            (4004, true),
            (4007, true),
            (4008, false),
            (4009, true),
        ] {
            assert_eq!(CloseCode::Other(number).ends_session(), ends, "{number}");
        }
        assert_eq!(CloseCode::SessionTimedOut.reason(), "Session timed out.");
        assert!(client_gives_up(1001) && !client_gives_up(4000) && !client_gives_up(1006));
    }
}
