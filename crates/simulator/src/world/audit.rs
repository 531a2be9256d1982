//! The audit log: who did what to what, why, and for how long it is remembered.

use serde_json::{Value, json};

use super::{
    ApiError, Replica, World, bounds,
    event::{self, Audience},
    permission,
    snowflake::created_ms,
};

/// `GUILD_UPDATE`.
pub(crate) const GUILD_UPDATE: u64 = 1;
/// `CHANNEL_CREATE`.
pub(crate) const CHANNEL_CREATE: u64 = 10;
/// `CHANNEL_UPDATE`.
pub(crate) const CHANNEL_UPDATE: u64 = 11;
/// `CHANNEL_DELETE`.
pub(crate) const CHANNEL_DELETE: u64 = 12;
/// `CHANNEL_OVERWRITE_CREATE`.
pub(crate) const OVERWRITE_CREATE: u64 = 13;
/// `CHANNEL_OVERWRITE_UPDATE`.
pub(crate) const OVERWRITE_UPDATE: u64 = 14;
/// `CHANNEL_OVERWRITE_DELETE`.
pub(crate) const OVERWRITE_DELETE: u64 = 15;
/// `MEMBER_KICK`.
pub(crate) const MEMBER_KICK: u64 = 20;
/// `MEMBER_UPDATE`.
pub(crate) const MEMBER_UPDATE: u64 = 24;
/// `MEMBER_ROLE_UPDATE`.
pub(crate) const MEMBER_ROLE_UPDATE: u64 = 25;
/// `BOT_ADD`.
pub(crate) const BOT_ADD: u64 = 28;
/// `ROLE_CREATE`.
pub(crate) const ROLE_CREATE: u64 = 30;
/// `ROLE_UPDATE`.
pub(crate) const ROLE_UPDATE: u64 = 31;
/// `ROLE_DELETE`.
pub(crate) const ROLE_DELETE: u64 = 32;
/// `WEBHOOK_CREATE`.
pub(crate) const WEBHOOK_CREATE: u64 = 50;
/// `WEBHOOK_UPDATE`.
pub(crate) const WEBHOOK_UPDATE: u64 = 51;
/// `WEBHOOK_DELETE`.
pub(crate) const WEBHOOK_DELETE: u64 = 52;
/// `MESSAGE_DELETE` (of another's message).
pub(crate) const MESSAGE_DELETE: u64 = 72;
/// `MESSAGE_BULK_DELETE`.
pub(crate) const MESSAGE_BULK_DELETE: u64 = 73;
/// `MESSAGE_PIN`.
pub(crate) const MESSAGE_PIN: u64 = 74;
/// `MESSAGE_UNPIN`.
pub(crate) const MESSAGE_UNPIN: u64 = 75;
/// `THREAD_CREATE`.
pub(crate) const THREAD_CREATE: u64 = 110;
/// `THREAD_UPDATE`.
pub(crate) const THREAD_UPDATE: u64 = 111;
/// `THREAD_DELETE`.
pub(crate) const THREAD_DELETE: u64 = 112;

/// `ONBOARDING_UPDATE`.
pub(crate) const ONBOARDING_UPDATE: u64 = 167;

/// What was done, before it has an id.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    action: u64,
    target_id: u64,
    changes: Vec<Value>,
    options: Option<Value>,
}

/// One line of the log.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    id: u64,
    user_id: u64,
    reason: Option<String>,
    act: Act,
}

/// Which lines to list.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Filter {
    /// Only by this user.
    pub(crate) user_id: Option<u64>,
    /// Only this action.
    pub(crate) action: Option<u64>,
    /// Only older ones, newest first.
    pub(crate) before: Option<u64>,
    /// Only newer ones, oldest first.
    pub(crate) after: Option<u64>,
    /// At most so many.
    pub(crate) limit: u64,
}

impl Act {
    /// An action on a target.
    pub(crate) fn on(action: u64, target_id: u64) -> Self {
        Self {
            action,
            target_id,
            changes: Vec::new(),
            options: None,
        }
    }

    /// Notes what a field became.
    pub(crate) fn new_value(mut self, key: &str, value: &Value) -> Self {
        self.changes.push(json!({ "key": key, "new_value": value }));
        self
    }

    /// Notes what a field was.
    pub(crate) fn old_value(mut self, key: &str, value: &Value) -> Self {
        self.changes.push(json!({ "key": key, "old_value": value }));
        self
    }

    /// Notes a change, unless there was none.
    pub(crate) fn changed(mut self, key: &str, old: &Value, new: &Value) -> Self {
        if old != new {
            self.changes
                .push(json!({ "key": key, "old_value": old, "new_value": new }));
        }
        self
    }

    /// Adds what the action's kind has to say.
    pub(crate) fn with(mut self, options: Value) -> Self {
        self.options = Some(options);
        self
    }
}

impl Entry {
    /// The audit-log entry object.
    pub(crate) fn value(&self) -> Value {
        let mut value = json!({
            "id": self.id.to_string(),
            "user_id": self.user_id.to_string(),
            "target_id": self.act.target_id.to_string(),
            "action_type": self.act.action,
        });
        if !self.act.changes.is_empty() {
            value["changes"] = json!(self.act.changes);
        }
        if let Some(options) = &self.act.options {
            value["options"] = options.clone();
        }
        if let Some(reason) = &self.reason {
            value["reason"] = json!(reason);
        }
        value
    }
}

impl Filter {
    fn keeps(&self, entry: &Entry) -> bool {
        self.user_id.is_none_or(|id| id == entry.user_id)
            && self.action.is_none_or(|action| action == entry.act.action)
            && self.before.is_none_or(|before| entry.id < before)
            && self.after.is_none_or(|after| entry.id > after)
    }
}

impl World {
    /// Writes a line, and tells everybody who may read the log.
    pub(crate) fn audit(&mut self, guild_id: u64, actor: u64, act: Act, reason: Option<&str>) {
        let id = self.snowflakes.next(&self.clock);
        let entry = Entry {
            id,
            user_id: actor,
            reason: reason.map(ToOwned::to_owned),
            act,
        };
        let mut value = entry.value();
        value["guild_id"] = json!(guild_id.to_string());
        let Some(guild) = self.guilds.get_mut(&guild_id) else {
            return;
        };
        guild.audit.push_back(entry);
        let horizon = self.clock.now_ms().saturating_sub(bounds::AUDIT_AGE_MS);
        while guild.audit.len() > bounds::AUDIT_ENTRIES_MAX
            || guild
                .audit
                .front()
                .is_some_and(|entry| created_ms(entry.id) < horizon)
        {
            guild.audit.pop_front();
        }
        let readers: Vec<u64> = self.bots.clone();
        for reader in readers {
            if self.guild_permissions(guild_id, reader) & permission::VIEW_AUDIT_LOG != 0 {
                let audience = (Audience::Only(reader), event::GUILD_MODERATION);
                let name = "GUILD_AUDIT_LOG_ENTRY_CREATE";
                self.emit(name, guild_id, audience, value.clone());
            }
        }
    }

    /// `GET /guilds/{guild_id}/audit-logs`, as far as the replica knows.
    pub(crate) fn audit_log(
        &mut self,
        actor: u64,
        guild_id: u64,
        filter: &Filter,
        replica: Replica,
    ) -> Result<Value, ApiError> {
        let known_ms = self.known_ms(replica);
        let guild = self.need_in_guild(actor, guild_id, permission::VIEW_AUDIT_LOG)?;
        let horizon = self.clock.now_ms().saturating_sub(bounds::AUDIT_AGE_MS);
        let page = usize::try_from(filter.limit).unwrap_or(usize::MAX);
        let known = guild
            .audit
            .iter()
            .filter(|entry| (horizon..=known_ms).contains(&created_ms(entry.id)));
        let kept = known.filter(|entry| filter.keeps(entry));
        let entries: Vec<&Entry> = match filter.after {
            Some(_) => kept.take(page).collect(),
            None => kept.rev().take(page).collect(),
        };
        let mut users: Vec<u64> = entries.iter().map(|entry| entry.user_id).collect();
        users.sort_unstable();
        users.dedup();
        let users: Vec<Value> = users.iter().map(|id| self.user_object(*id)).collect();
        let mut entries = entries.into_iter().map(Entry::value).collect();
        self.omit(replica, &mut entries);
        Ok(json!({
            "audit_log_entries": entries,
            "users": users,
            "application_commands": [],
            "auto_moderation_rules": [],
            "guild_scheduled_events": [],
            "integrations": [],
            "threads": [],
            "webhooks": [],
        }))
    }
}
