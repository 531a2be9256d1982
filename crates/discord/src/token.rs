//! Whether Discord still takes our token.

use std::time::Duration;

use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use crate::{
    Trouble,
    limits::{TOKEN_DOUBT, TOKEN_PROBE_WAIT},
};

/// Doubted after one 401, refused after a second one that comes [`TOKEN_DOUBT`] later or more;
/// accepted again when a probe succeeds.
///
/// A hiccup of Discord's must not end the process. But a refused token that is sent again and again
/// burns the invalid-request budget of the whole address, and Discord asks to stop
/// (topics/rate-limits#invalid-request-limit-aka-cloudflare-bans): in doubt already, nothing but
/// the probe is sent.
#[derive(Debug)]
pub(crate) struct Token {
    state: watch::Sender<State>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Accepted,
    Doubted { since: Instant, probe_at: Instant },
    Refused { probe_at: Instant },
}

/// What a call may do about the token.
#[derive(Debug)]
pub(crate) enum Standing {
    Accepted,
    /// Not accepted, and it is this caller's turn to ask `/users/@me` again.
    Probe,
    /// [`Trouble::TokenDoubted`] or [`Trouble::TokenRefused`].
    Closed(Trouble),
}

impl Default for Token {
    fn default() -> Self {
        Self {
            state: watch::Sender::new(State::Accepted),
        }
    }
}

impl Token {
    /// To be asked before a call; a probe is handed out to one caller at a time.
    pub(crate) fn standing(&self, now: Instant) -> Standing {
        let mut standing = Standing::Accepted;
        self.state.send_if_modified(|state| {
            let (probe_at, pause) = match state {
                State::Accepted => return false,
                State::Doubted { probe_at, .. } => (probe_at, TOKEN_DOUBT),
                State::Refused { probe_at } => (probe_at, TOKEN_PROBE_WAIT),
            };
            if *probe_at <= now {
                *probe_at = now + pause;
                standing = Standing::Probe;
            } else {
                standing = state
                    .trouble(now)
                    .map_or(Standing::Accepted, Standing::Closed);
            }
            false // whose turn a probe is concerns nobody who watches
        });
        standing
    }

    /// What stops calls, if anything does.
    pub(crate) fn trouble(&self, now: Instant) -> Option<Trouble> {
        self.state.borrow().trouble(now)
    }

    pub(crate) fn is_refused(&self) -> bool {
        self.state.borrow().is_refused()
    }

    /// A 401. What the token has come to.
    pub(crate) fn refuse(&self, now: Instant) -> Trouble {
        self.state.send_if_modified(|state| {
            let before = *state;
            *state = match before {
                State::Accepted => State::Doubted {
                    since: now,
                    probe_at: now + TOKEN_DOUBT,
                },
                State::Doubted { since, .. } if now < since + TOKEN_DOUBT => before,
                State::Doubted { .. } | State::Refused { .. } => State::Refused {
                    probe_at: now + TOKEN_PROBE_WAIT,
                },
            };
            match (before, *state) {
                (State::Accepted, _) => {
                    tracing::warn!(
                        "discord answers 401: calls stop until the token is asked again"
                    );
                }
                (State::Doubted { .. }, State::Refused { .. }) => {
                    tracing::error!("discord refuses the token: calls stop");
                }
                _ => {}
            }
            before != *state
        });
        self.trouble(now).unwrap_or(Trouble::TokenRefused)
    }

    /// A probe succeeded.
    pub(crate) fn accept(&self) {
        self.state.send_if_modified(|state| {
            let before = std::mem::replace(state, State::Accepted);
            before != State::Accepted
        });
    }

    /// Returns when the token is refused for good (`true`) or when it is time to probe it.
    pub(crate) async fn verdict(&self) -> bool {
        let mut state = self.state.subscribe();
        let doubted = match state
            .wait_for(|state| *state != State::Accepted)
            .await
            .as_deref()
        {
            Ok(State::Doubted { since, .. }) => Some(*since),
            _ => None,
        };
        let Some(since) = doubted else { return true };
        tokio::select! {
            biased;
            refused = state.wait_for(State::is_refused) => refused.is_ok(),
            () = sleep_until(since + TOKEN_DOUBT) => false,
        }
    }
}

impl State {
    fn is_refused(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }

    fn trouble(self, now: Instant) -> Option<Trouble> {
        match self {
            Self::Accepted => None,
            Self::Doubted { probe_at, .. } => Some(Trouble::TokenDoubted {
                wait: probe_at
                    .saturating_duration_since(now)
                    .max(Duration::from_millis(1)),
            }),
            Self::Refused { .. } => Some(Trouble::TokenRefused),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(token: &Token, now: Instant) -> bool {
        matches!(token.refuse(now), Trouble::TokenRefused)
    }

    #[tokio::test(start_paused = true)]
    async fn one_probe_at_a_time_until_one_succeeds() {
        let token = Token::default();
        let now = Instant::now();
        assert!(matches!(token.standing(now), Standing::Accepted));
        assert!(!refused(&token, now));
        let later = now + TOKEN_DOUBT;
        assert!(refused(&token, later));
        assert!(matches!(
            token.standing(later),
            Standing::Closed(Trouble::TokenRefused)
        ));
        let later = later + TOKEN_PROBE_WAIT;
        assert!(matches!(token.standing(later), Standing::Probe));
        assert!(matches!(token.standing(later), Standing::Closed(_)));
        assert!(token.is_refused());
        token.accept();
        assert!(matches!(token.standing(later), Standing::Accepted));
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_of_401_is_a_doubt_and_one_that_lasts_is_a_refusal() {
        let token = Token::default();
        let now = Instant::now();
        for ms in [0, 1, 500, 1_999] {
            assert!(!refused(&token, now + Duration::from_millis(ms)), "{ms}");
        }
        let then = now + Duration::from_millis(500);
        let Standing::Closed(Trouble::TokenDoubted { wait }) = token.standing(then) else {
            panic!("doubted")
        };
        assert_eq!(wait, Duration::from_millis(1_500));
        assert!(matches!(token.standing(now + TOKEN_DOUBT), Standing::Probe));
        assert!(refused(&token, now + TOKEN_DOUBT));
        // A doubt that a probe cleared begins anew.
        token.accept();
        assert!(!refused(&token, now + TOKEN_PROBE_WAIT));
    }
}
