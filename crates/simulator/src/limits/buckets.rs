//! Who may pass now, and what the headers say.

use std::collections::HashMap;

use parking_lot::Mutex;

use super::{
    admission::{Admission, BucketState, Refusal, Subject},
    table::{self, Rule},
    windows::{Key, What, Windows},
};
use crate::{
    clock::DISCORD_EPOCH_MS,
    config::{LimitsConfig, WindowLimit},
};

#[cfg(test)]
mod tests;

/// All buckets of all bots.
#[derive(Debug)]
pub(crate) struct Limits {
    config: LimitsConfig,
    /// The bucket of each route template.
    buckets: HashMap<String, Bucket>,
    older: Bucket,
    ancient: Bucket,
    windows: Mutex<Windows>,
}

/// One bucket's numbers and name.
#[derive(Clone, Debug)]
struct Bucket {
    hash: String,
    number: u64,
    limit: WindowLimit,
    shown: Option<u32>,
}

// === impl Limits ===

impl Limits {
    /// No request yet.
    pub(crate) fn new(config: &LimitsConfig) -> Self {
        let mut buckets = HashMap::new();
        for rule in table::RULES {
            buckets.insert(rule.route.to_owned(), Bucket::of(rule, config));
        }
        for (route, &limit) in &config.routes {
            buckets.insert(route.clone(), Bucket::new(route, limit, None));
        }
        Self {
            config: config.clone(),
            buckets,
            older: Bucket::of(&table::DELETE_OLDER, config),
            ancient: Bucket::of(&table::DELETE_ANCIENT, config),
            windows: Mutex::default(),
        }
    }

    /// Counts one request, or says why it may not pass now.
    pub(crate) fn admit(&self, now_ms: u64, subject: &Subject) -> Admission {
        if !self.config.enabled {
            return Admission::Admitted(None);
        }
        let mut windows = self.windows.lock();
        windows.sweep(now_ms);
        if now_ms < windows.banned_until_ms {
            return Admission::Banned;
        }
        self.global(subject, &mut windows, now_ms)
            .or_else(|| self.announced(subject, &windows, now_ms))
            .or_else(|| self.unannounced(subject, &mut windows, now_ms))
            .map_or_else(
                || Admission::Admitted(self.count(subject, &mut windows, now_ms)),
                Admission::Refused,
            )
    }

    /// The bot's requests over all routes; webhooks are outside of it.
    fn global(&self, subject: &Subject, windows: &mut Windows, now_ms: u64) -> Option<Refusal> {
        if subject.actor == 0 {
            return None;
        }
        let key = Key {
            what: What::Global,
            actor: subject.actor,
            resource: 0,
        };
        let wait_ms = windows.take(key, self.config.global, now_ms).err()?;
        Some(What::Global.refusal(wait_ms))
    }

    /// The route's own bucket, looked at and not yet counted.
    fn announced(&self, subject: &Subject, windows: &Windows, now_ms: u64) -> Option<Refusal> {
        let bucket = self.bucket(subject, now_ms)?;
        let key = bucket.key(subject);
        let wait_ms = windows.peek(key, bucket.limit, now_ms).err()?;
        let state = bucket.state(windows, key, now_ms);
        // Here the headers stop lying (Discord: I#8161).
        let state = BucketState {
            limit: bucket.limit.limit,
            remaining: 0,
            ..state
        };
        Some(Refusal {
            bucket: Some(state),
            ..What::Bucket(bucket.number).refusal(wait_ms)
        })
    }

    /// Counts one request in the route's own bucket, which has a place free.
    fn count(&self, subject: &Subject, windows: &mut Windows, now_ms: u64) -> Option<BucketState> {
        let bucket = self.bucket(subject, now_ms)?;
        let key = bucket.key(subject);
        // It was free a moment ago, under this same lock.
        let _ = windows.take(key, bucket.limit, now_ms);
        Some(bucket.state(windows, key, now_ms))
    }

    /// Counts an answer; too many invalid ones and Cloudflare closes the door.
    pub(crate) fn answered(&self, now_ms: u64, status: u16, shared: bool) {
        let invalid = matches!(status, 401 | 403 | 429) && !shared;
        if !invalid || !self.config.enabled {
            return;
        }
        let mut windows = self.windows.lock();
        let key = Key {
            what: What::Invalid,
            actor: 0,
            resource: 0,
        };
        let spent = windows.take(key, self.config.invalid, now_ms).is_err();
        if spent && now_ms >= windows.banned_until_ms {
            windows.banned_until_ms = now_ms + self.config.ban_ms;
        }
    }

    fn bucket(&self, subject: &Subject, now_ms: u64) -> Option<&Bucket> {
        if !self.config.buckets {
            return None;
        }
        let age_ms = subject.message_id.map_or(0, |id| age_ms(id, now_ms));
        match subject.route {
            table::DELETE_MESSAGE if age_ms > 14 * 86_400_000 => Some(&self.ancient),
            table::DELETE_MESSAGE if age_ms > 10_000 => Some(&self.older),
            route => self.buckets.get(route),
        }
        .filter(|bucket| bucket.limit.limit > 0)
    }

    /// The limits of which no header speaks before they are hit.
    fn unannounced(
        &self,
        subject: &Subject,
        windows: &mut Windows,
        now_ms: u64,
    ) -> Option<Refusal> {
        let keyed = self.unannounced_windows(subject, now_ms);
        let full = keyed.iter().find_map(|&(key, limit)| {
            let wait_ms = windows.peek(key, limit, now_ms).err()?;
            Some(key.what.refusal(wait_ms))
        });
        if let Some(refusal) = full {
            let bucket = self.bucket(subject, now_ms);
            let bucket = bucket.map(|b| b.state(windows, b.key(subject), now_ms));
            return Some(Refusal { bucket, ..refusal });
        }
        for (key, limit) in keyed {
            // It was free a moment ago, under this same lock.
            let _ = windows.take(key, limit, now_ms);
        }
        None
    }

    fn unannounced_windows(&self, subject: &Subject, now_ms: u64) -> Vec<(Key, WindowLimit)> {
        let config = &self.config;
        let of = |what, limit| {
            let Subject {
                actor, resource, ..
            } = *subject;
            (
                Key {
                    what,
                    actor,
                    resource,
                },
                limit,
            )
        };
        // What all share has no actor.
        let shared = |what, resource, limit| {
            (
                Key {
                    what,
                    actor: 0,
                    resource,
                },
                limit,
            )
        };
        let write = || shared(What::Write, subject.resource, config.channel_writes);
        let hidden = config.hidden;
        match subject.route {
            table::CREATE_MESSAGE | table::DELETE_MESSAGE => vec![write()],
            table::EDIT_MESSAGE => {
                let old = subject
                    .message_id
                    .is_some_and(|id| age_ms(id, now_ms) > 3_600_000);
                let edit = shared(What::OldEdit, subject.resource, config.old_edits);
                [write()]
                    .into_iter()
                    .chain((old && hidden).then_some(edit))
                    .collect()
            }
            table::MODIFY_CHANNEL if hidden => {
                let rename = subject
                    .renames
                    .then(|| of(What::Rename, config.channel_renames));
                let retopic = subject
                    .retopics
                    .then(|| of(What::Retopic, config.channel_renames));
                rename.into_iter().chain(retopic).collect()
            }
            table::CREATE_CHANNEL if hidden => vec![of(What::Creation, config.channel_creations)],
            // Whether the guild or the whole bot is the key is not known; there is one guild.
            table::CREATE_THREAD | table::CREATE_MESSAGE_THREAD => {
                vec![shared(What::ThreadCreation, 0, config.thread_creations)]
            }
            route if hidden && route.contains("/webhooks/{webhook_id}/") => {
                vec![shared(
                    What::WebhookCall,
                    subject.resource,
                    config.webhook_calls,
                )]
            }
            _ => Vec::new(),
        }
    }
}

// === impl Bucket ===

impl Bucket {
    fn of(rule: &Rule, config: &LimitsConfig) -> Self {
        let shown = rule.shown.filter(|_| config.lying_headers);
        Self::new(
            rule.route,
            WindowLimit::new(rule.limit, rule.window_ms),
            shown,
        )
    }

    fn new(route: &str, limit: WindowLimit, shown: Option<u32>) -> Self {
        Self {
            hash: hash_of(route),
            number: number_of(route),
            limit,
            shown,
        }
    }

    /// The window of this bot at this resource.
    fn key(&self, subject: &Subject) -> Key {
        let Subject {
            actor, resource, ..
        } = *subject;
        Key {
            what: What::Bucket(self.number),
            actor,
            resource,
        }
    }

    /// What the headers say of it.
    fn state(&self, windows: &Windows, key: Key, now_ms: u64) -> BucketState {
        let open = windows.open(key, now_ms);
        let used = open.map_or(0, |window| window.used);
        let reset_after_ms = open.map_or(self.limit.window_ms, |w| w.resets_at_ms - now_ms);
        let limit = self.shown.unwrap_or(self.limit.limit);
        BucketState {
            hash: self.hash.clone(),
            limit,
            remaining: limit.saturating_sub(used),
            resets_at_ms: now_ms + reset_after_ms,
            reset_after_ms,
        }
    }
}

/// How old a snowflake is.
fn age_ms(id: u64, now_ms: u64) -> u64 {
    now_ms.saturating_sub((id >> 22) + DISCORD_EPOCH_MS)
}

/// A stable number for a bucket's name (FNV-1a).
fn number_of(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// What `X-RateLimit-Bucket` says: 32 hexadecimal digits that mean nothing.
fn hash_of(route: &str) -> String {
    let first = number_of(route);
    format!(
        "{first:016x}{:016x}",
        first.rotate_left(29).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    )
}
