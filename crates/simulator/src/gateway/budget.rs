//! What one bot has left of its IDENTIFYs.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

use crate::config::GatewayConfig;

/// What an IDENTIFY meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spent {
    /// A session may begin.
    Granted,
    /// Another one of the same rate key was less than the interval ago: op 9.
    TooSoon,
    /// None is left: every session dies and the token with them.
    Exhausted,
}

/// One bot's IDENTIFYs of the last day (Discord: events/gateway#session-start-limit-object).
#[derive(Debug, Default)]
pub(crate) struct Budget {
    window_started: Option<Instant>,
    used: u64,
    last_by_rate_key: BTreeMap<u64, Instant>,
}

impl Budget {
    /// Counts one IDENTIFY. A hasty one counts too: it is a call all the same.
    pub(crate) fn spend(&mut self, now: Instant, rate_key: u64, gateway: &GatewayConfig) -> Spent {
        if self.reset_after(now, gateway).is_zero() {
            self.window_started = Some(now);
            self.used = 0;
        }
        if self.used >= gateway.identifies_per_day {
            return Spent::Exhausted;
        }
        self.used += 1;
        let interval = Duration::from_millis(gateway.identify_interval_ms);
        match self.last_by_rate_key.get(&rate_key) {
            Some(last) if now.duration_since(*last) < interval => Spent::TooSoon,
            _ => {
                self.last_by_rate_key.insert(rate_key, now);
                Spent::Granted
            }
        }
    }

    /// How many are left.
    pub(crate) fn remaining(&self, now: Instant, gateway: &GatewayConfig) -> u64 {
        let total = gateway.identifies_per_day;
        if self.reset_after(now, gateway).is_zero() {
            total
        } else {
            total.saturating_sub(self.used)
        }
    }

    /// How long until all are there again; zero when nothing was spent.
    pub(crate) fn reset_after(&self, now: Instant, gateway: &GatewayConfig) -> Duration {
        let window = Duration::from_millis(gateway.identify_day_ms);
        self.window_started.map_or(Duration::ZERO, |started| {
            window.saturating_sub(now - started)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn identifies_are_spaced_and_counted() {
        let mut budget = Budget::default();
        let gateway = GatewayConfig {
            identifies_per_day: 3,
            ..GatewayConfig::default()
        };
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(budget.spend(at(0), 0, &gateway), Spent::Granted);
        assert_eq!(budget.spend(at(1), 0, &gateway), Spent::TooSoon);
        assert_eq!(budget.remaining(at(1), &gateway), 1);
        assert_eq!(budget.spend(at(5), 0, &gateway), Spent::Granted);
        assert_eq!(budget.spend(at(3_600), 0, &gateway), Spent::Exhausted);
        assert_eq!(
            budget.reset_after(at(3_600), &gateway),
            Duration::from_hours(23)
        );
        assert_eq!(budget.spend(at(86_400), 0, &gateway), Spent::Granted);
        assert_eq!(budget.remaining(at(86_400), &gateway), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn rate_keys_do_not_wait_for_each_other() {
        let mut budget = Budget::default();
        let gateway = GatewayConfig::default();
        let now = Instant::now();
        assert_eq!(budget.spend(now, 0, &gateway), Spent::Granted);
        assert_eq!(budget.spend(now, 1, &gateway), Spent::Granted);
        assert_eq!(budget.spend(now, 1, &gateway), Spent::TooSoon);
    }
}
