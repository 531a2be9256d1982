//! How much is left of what Discord counts.

use std::time::Duration;

use super::Finding;
use crate::limits::{CATEGORY_CHANNELS_MAX, GUILD_ROLES_MAX, IDENTIFIES_MIN, LOW_PERCENT};

/// What Discord counts, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headroom {
    /// The guild's channels that the bot can see, and how many there may be (`channels.guild_max`).
    pub channels: Option<(u64, u64)>,
    /// The channels in each configured category that the bot can see.
    pub categories: Vec<u64>,
    /// The guild's roles.
    pub roles: Option<u64>,
    /// How many gateway sessions may still be begun, of how many, and until when.
    pub identifies: Option<(u64, u64, Duration)>,
    /// What was created in the last day, as far as the store knows.
    pub creations: Option<u64>,
}

/// Judges what is left.
#[must_use]
pub fn headroom(facts: &Headroom) -> Vec<Finding> {
    let channels = facts.channels.map(|(used, limit)| {
        let fix = "look at `channels audit`, and delete what nobody needs";
        left(
            "headroom.channels",
            "the guild's channels",
            used,
            limit,
            fix,
        )
    });
    let categories = categories(&facts.categories);
    let roles = facts.roles.map(|used| {
        let fix = "remove roles that nobody needs (`roles remove`)";
        left(
            "headroom.roles",
            "the guild's roles",
            used,
            GUILD_ROLES_MAX,
            fix,
        )
    });
    let identifies = facts.identifies.map(|(remaining, total, reset)| {
        let used = total.saturating_sub(remaining);
        let fix = format!(
            "find out what starts or reconnects so often; there are {total} again in {} min",
            reset.as_secs() / 60
        );
        let subject = "gateway sessions of today";
        judged(
            "headroom.identifies",
            subject,
            used,
            total,
            IDENTIFIES_MIN,
            &fix,
        )
    });
    let creations = facts.creations.map(|count| {
        let note = format!("{count} were begun; Discord publishes no limit");
        Finding::ok("headroom.creations", "creations of the last day").noting(note)
    });
    [channels, categories, roles, identifies, creations]
        .into_iter()
        .flatten()
        .collect()
}

/// Of several categories, one after the other is filled: what counts is what is left in all.
fn categories(counts: &[u64]) -> Option<Finding> {
    if counts.is_empty() {
        return None;
    }
    let used = counts.iter().sum();
    let limit = CATEGORY_CHANNELS_MAX.saturating_mul(counts.len() as u64);
    let fix = "add another category to channels.category_ids, or delete what nobody needs there";
    let subject = "the channels under channels.category_ids";
    Some(left("headroom.categories", subject, used, limit, fix))
}

fn left(check: &'static str, subject: &str, used: u64, limit: u64, fix: &str) -> Finding {
    judged(check, subject, used, limit, 0, fix)
}

/// `least` has to be left in any case.
fn judged(
    check: &'static str,
    subject: &str,
    used: u64,
    limit: u64,
    least: u64,
    fix: &str,
) -> Finding {
    let left = limit.saturating_sub(used);
    let numbers = format!("{used} of {limit}");
    if left < least || left.saturating_mul(100) < limit.saturating_mul(LOW_PERCENT) {
        let matter = format!("are nearly used up: {numbers}");
        Finding::wrong(check, subject, matter, fix)
    } else {
        Finding::ok(check, subject).noting(numbers)
    }
}
