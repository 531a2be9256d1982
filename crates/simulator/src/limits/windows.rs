//! Windows that begin with the first request in them.

use std::collections::HashMap;

use super::admission::{RATE_LIMITED, Refusal};
use crate::{config::WindowLimit, fault::Scope};

/// The windows that are open; closed ones are swept now and then.
#[derive(Debug, Default)]
pub(super) struct Windows {
    open: HashMap<Key, Window>,
    sweep_at: usize,
    /// Until when Cloudflare answers instead of Discord.
    pub(super) banned_until_ms: u64,
}

/// Which window: of what, of whom (`0`: of all), at which top-level resource.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Key {
    pub(super) what: What,
    pub(super) actor: u64,
    pub(super) resource: u64,
}

/// What is counted.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum What {
    Global,
    Invalid,
    Rename,
    Retopic,
    Creation,
    ThreadCreation,
    Write,
    OldEdit,
    WebhookCall,
    /// A bucket, by its hash: routes that share it share the window.
    Bucket(u64),
}

/// One open window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) used: u32,
    pub(super) resets_at_ms: u64,
}

// === impl Windows ===

impl Windows {
    /// The window, if it is still open.
    pub(super) fn open(&self, key: Key, now_ms: u64) -> Option<Window> {
        self.open
            .get(&key)
            .copied()
            .filter(|window| now_ms < window.resets_at_ms)
    }

    /// Whether one more fits; else for how many milliseconds it does not.
    pub(super) fn peek(&self, key: Key, limit: WindowLimit, now_ms: u64) -> Result<(), u64> {
        match self.open(key, now_ms) {
            Some(window) if limit.limit > 0 && window.used >= limit.limit => {
                Err(window.resets_at_ms - now_ms)
            }
            _ => Ok(()),
        }
    }

    /// Takes one place, if there is one.
    pub(super) fn take(&mut self, key: Key, limit: WindowLimit, now_ms: u64) -> Result<(), u64> {
        if limit.limit == 0 {
            return Ok(());
        }
        self.peek(key, limit, now_ms)?;
        let fresh = Window {
            used: 0,
            resets_at_ms: now_ms + limit.window_ms,
        };
        let window = self.open.entry(key).or_insert(fresh);
        if now_ms >= window.resets_at_ms {
            *window = fresh;
        }
        window.used += 1;
        Ok(())
    }

    /// Forgets closed windows whenever their number has doubled: constant cost per request.
    pub(super) fn sweep(&mut self, now_ms: u64) {
        if self.open.len() < self.sweep_at.max(1_024) {
            return;
        }
        self.open.retain(|_, window| now_ms < window.resets_at_ms);
        self.sweep_at = self.open.len() * 2;
    }
}

// === impl What ===

impl What {
    /// The 429 that says so.
    pub(super) fn refusal(self, retry_after_ms: u64) -> Refusal {
        let (scope, code, message) = match self {
            Self::Write => (
                Scope::Shared,
                Some(20_028),
                "The write action you are performing on the channel has hit the write rate limit.",
            ),
            Self::OldEdit => (
                Scope::Shared,
                Some(30_046),
                "Maximum number of edits to messages older than 1 hour reached. Try again later.",
            ),
            Self::ThreadCreation => (Scope::Shared, None, RATE_LIMITED),
            Self::Global => (Scope::Global, None, RATE_LIMITED),
            _ => (Scope::User, None, RATE_LIMITED),
        };
        Refusal {
            scope,
            retry_after_ms,
            code,
            message,
            bucket: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(resource: u64) -> Key {
        Key {
            what: What::Write,
            actor: 0,
            resource,
        }
    }

    #[test]
    fn a_window_begins_with_its_first_request() {
        let mut windows = Windows::default();
        let two = WindowLimit::new(2, 1_000);
        assert_eq!(windows.take(key(1), two, 500), Ok(()));
        assert_eq!(windows.take(key(1), two, 1_400), Ok(()));
        assert_eq!(windows.take(key(1), two, 1_499), Err(1));
        assert_eq!(windows.take(key(2), two, 1_499), Ok(()), "another resource");
        assert_eq!(windows.take(key(1), two, 1_500), Ok(()));
    }

    #[test]
    fn no_limit_is_no_window() {
        let mut windows = Windows::default();
        for _ in 0..10 {
            assert_eq!(windows.take(key(1), WindowLimit::new(0, 1_000), 0), Ok(()));
        }
    }

    #[test]
    fn closed_windows_are_forgotten() {
        let mut windows = Windows::default();
        for resource in 0..100_000 {
            windows.sweep(resource);
            windows
                .take(key(resource), WindowLimit::new(1, 10), resource)
                .unwrap();
        }
        assert!(windows.open.len() <= 1_024, "{}", windows.open.len());
    }
}
