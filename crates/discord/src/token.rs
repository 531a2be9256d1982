//! Whether Discord still takes our token.

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::limits::TOKEN_PROBE_WAIT;

/// Latched by one 401, opened by a probe that succeeds.
///
/// A refused token that is sent again and again burns the invalid-request budget of the whole
/// address, and Discord asks to stop (topics/rate-limits#invalid-request-limit-aka-cloudflare-bans).
#[derive(Debug, Default)]
pub(crate) struct Token {
    /// Refused; when the next probe may go out.
    probe_at: Mutex<Option<Instant>>,
}

/// What a call may do about the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Accepted,
    /// Refused, and it is this caller's turn to ask `/users/@me` again.
    Probe,
    Refused,
}

impl Token {
    pub(crate) fn standing(&self, now: Instant) -> Standing {
        let mut probe_at = self.probe_at.lock();
        match *probe_at {
            None => Standing::Accepted,
            Some(at) if at <= now => {
                *probe_at = Some(now + TOKEN_PROBE_WAIT);
                Standing::Probe
            }
            Some(_) => Standing::Refused,
        }
    }

    pub(crate) fn is_refused(&self) -> bool {
        self.probe_at.lock().is_some()
    }

    /// A 401. Says whether this is news.
    pub(crate) fn refuse(&self, now: Instant) -> bool {
        self.probe_at
            .lock()
            .replace(now + TOKEN_PROBE_WAIT)
            .is_none()
    }

    /// A probe succeeded.
    pub(crate) fn accept(&self) {
        *self.probe_at.lock() = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_probe_at_a_time_until_one_succeeds() {
        let token = Token::default();
        let now = Instant::now();
        assert_eq!(token.standing(now), Standing::Accepted);
        assert!(token.refuse(now));
        assert!(!token.refuse(now));
        assert_eq!(token.standing(now), Standing::Refused);
        let later = now + TOKEN_PROBE_WAIT;
        assert_eq!(token.standing(later), Standing::Probe);
        assert_eq!(token.standing(later), Standing::Refused);
        assert!(token.is_refused());
        token.accept();
        assert_eq!(token.standing(later), Standing::Accepted);
    }
}
