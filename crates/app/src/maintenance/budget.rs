//! How much is left of what is counted, and where each number comes from.

use cordboard_discord::DiscordError;
use cordboard_lifecycle::Clock as _;
use cordboard_store::{Peek, StoreError};
use serde::Serialize;

use super::Maintenance;
use crate::{
    Failed,
    error::chain,
    limits::{BUDGET_LOW_PERCENT, GUILD_ROLES_MAX},
    settings,
};

/// All budgets.
#[derive(Clone, Debug, Serialize)]
pub struct Budget {
    /// One after the other.
    pub lines: Vec<BudgetLine>,
    /// What no number can be had of from here.
    pub notes: Vec<String>,
}

/// One budget.
#[derive(Clone, Debug, Serialize)]
pub struct BudgetLine {
    /// What is counted, for programs.
    pub name: &'static str,
    /// How much is used; `None`: not known.
    pub used: Option<u64>,
    /// How much there is in all; `None`: Discord publishes no number.
    pub limit: Option<u64>,
    /// When it is full again, in seconds.
    pub resets_in_seconds: Option<u64>,
    /// Whether little is left.
    pub is_low: bool,
    /// Where the number comes from.
    pub source: &'static str,
    /// Why there is none.
    pub trouble: Option<String>,
}

// === impl Budget ===

impl Budget {
    /// Whether everything is known and nothing is low.
    #[must_use]
    pub fn is_well(&self) -> bool {
        let is_well = |line: &BudgetLine| !line.is_low && line.trouble.is_none();
        self.lines.iter().all(is_well)
    }
}

// === impl BudgetLine ===

impl BudgetLine {
    fn of<T>(
        name: &'static str,
        source: &'static str,
        told: Result<T, String>,
        read: impl FnOnce(T) -> (u64, Option<u64>),
    ) -> Self {
        let (numbers, trouble) = match told {
            Ok(told) => (Some(read(told)), None),
            Err(trouble) => (None, Some(trouble)),
        };
        let used = numbers.map(|(used, _)| used);
        let limit = numbers.and_then(|(_, limit)| limit);
        Self {
            name,
            used,
            limit,
            resets_in_seconds: None,
            is_low: used
                .zip(limit)
                .is_some_and(|(used, limit)| is_low(used, limit)),
            source,
            trouble,
        }
    }
}

fn is_low(used: u64, limit: u64) -> bool {
    limit.saturating_sub(used).saturating_mul(100) < limit.saturating_mul(BUDGET_LOW_PERCENT)
}

// === impl Maintenance ===

impl Maintenance {
    /// Asks Discord and the store what is left.
    ///
    /// # Errors
    /// When Discord cannot be asked at all. What else is not known says so in its line.
    pub async fn budget(&self) -> Result<Budget, Failed> {
        self.teller
            .tell("asking Discord and the store what is left");
        let guild_id = self.config.discord.guild_id;
        let identifies = self.discord.identifies().await;
        let identifies = identifies.map_err(settings::not_answered)?;
        let used = identifies.total.saturating_sub(identifies.remaining);
        let mut lines = vec![BudgetLine {
            resets_in_seconds: Some(identifies.reset_after.as_secs()),
            ..BudgetLine::of(
                "identifies",
                "Discord, GET /gateway/bot",
                Ok(identifies),
                |told| (u64::from(used), Some(u64::from(told.total))),
            )
        }];
        let text = |error: DiscordError| match error {
            DiscordError::Never { .. } => format!("{}; check discord.guild_id", chain(&error)),
            _ => chain(&error),
        };
        let channels = self.discord.channel_count(guild_id).await.map_err(text);
        let quota = self.config.channels.quota;
        lines.push(BudgetLine::of(
            "guild_channels",
            "Discord, GET /guilds/{guild_id}/channels, of channels.guild_max",
            channels,
            |count| (count, Some(quota.channels_max as u64)),
        ));
        let roles = self.discord.role_count(guild_id).await.map_err(text);
        lines.push(BudgetLine::of(
            "guild_roles",
            "Discord, GET /guilds/{guild_id}/roles",
            roles,
            |count| (count, Some(GUILD_ROLES_MAX)),
        ));
        let threads = self.discord.active_thread_count(guild_id).await;
        lines.push(BudgetLine::of(
            "active_threads",
            "Discord, GET /guilds/{guild_id}/threads/active; it publishes no limit",
            threads.map_err(text),
            |count| (count, None),
        ));
        let day = self.day().await.map_err(|error| chain(&error));
        let source = "the store, hours of the last day; Discord publishes no limit";
        lines.push(BudgetLine::of(
            "creations_last_day",
            source,
            day.as_ref().map_err(Clone::clone),
            |day| (day.begun, None),
        ));
        lines.push(BudgetLine::of(
            "deletions_last_day",
            source,
            day.as_ref().map_err(Clone::clone),
            |day| (day.deleted, None),
        ));
        let note = "invalid requests (401, 403, 429; Discord bans an address at 10,000 in ten minutes) \
                    are counted by each process for itself, and are nowhere on record";
        Ok(Budget {
            lines,
            notes: vec![note.to_owned()],
        })
    }

    async fn day(&self) -> Result<cordboard_store::Day, StoreError> {
        let settings = settings::store(&self.config);
        let peek = Peek::open(&self.config.store, settings).await?;
        let now_ms = self.clock.now_ms();
        peek.day(self.config.discord.guild_id, now_ms).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_low_when_less_than_a_tenth_is_left() {
        for (used, limit, expected) in [
            (0, 1_000, false),
            (900, 1_000, false),
            (901, 1_000, true),
            (1_000, 1_000, true),
            (520, 500, true),
            (450, 500, false),
        ] {
            assert_eq!(is_low(used, limit), expected, "{used} of {limit}");
        }
    }
}
