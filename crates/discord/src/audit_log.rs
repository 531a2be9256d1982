//! The audit log as it comes over the wire, and what it says of channels.

use cordboard_lifecycle::{Creation, Kind, LogPage};
use serde::Deserialize;
use twilight_model::id::{
    Id,
    marker::{AuditLogEntryMarker, UserMarker},
};

use crate::limits::PAGE;

/// Actions in the audit log (resources/audit-log#audit-log-entry-object-audit-log-events).
const CHANNEL_CREATE: u16 = 10;
const THREAD_CREATE: u16 = 110;

/// One page of it.
#[derive(Deserialize)]
pub(crate) struct AuditLog {
    audit_log_entries: Vec<AuditLogEntry>,
}

/// One entry, as REST lists it and as the gateway tells of it (`GUILD_AUDIT_LOG_ENTRY_CREATE`).
#[derive(Clone, Debug, Deserialize)]
pub struct AuditLogEntry {
    id: Id<AuditLogEntryMarker>,
    action_type: u16,
    #[serde(default)]
    user_id: Option<Id<UserMarker>>,
    #[serde(default)]
    target_id: Option<String>,
    #[serde(default)]
    reason: Option<String>,
}

// === impl AuditLog ===

impl AuditLog {
    pub(crate) fn page(self) -> LogPage {
        let entries = self.audit_log_entries;
        let last = entries.iter().map(|entry| entry.id).max();
        let is_full = entries.len() >= usize::from(PAGE);
        let creations = entries.into_iter().filter_map(AuditLogEntry::creation);
        let mut creations: Vec<Creation> = creations.collect();
        creations.sort_unstable_by_key(|creation| creation.entry_id);
        LogPage {
            creations,
            last,
            is_full,
        }
    }
}

// === impl AuditLogEntry ===

impl AuditLogEntry {
    /// What was created. `None` for what is not the creation of a channel or thread by somebody.
    #[must_use]
    pub fn creation(self) -> Option<Creation> {
        let kind = match self.action_type {
            CHANNEL_CREATE => Kind::Text,
            THREAD_CREATE => Kind::Thread,
            _ => return None,
        };
        Some(Creation {
            entry_id: self.id,
            creator_id: self.user_id?,
            channel_id: self.target_id?.parse().ok()?,
            kind,
            reason: self.reason,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::send::json;

    #[test]
    fn only_creations_are_read_from_the_audit_log() {
        let log = br#"{"audit_log_entries":[
            {"id":"9","user_id":"5","target_id":"77","action_type":10,"reason":"cord:x","changes":[]},
            {"id":"8","user_id":"5","target_id":"66","action_type":12},
            {"id":"7","user_id":null,"target_id":"66","action_type":10},
            {"id":"6","user_id":"5","target_id":null,"action_type":10},
            {"id":"5","user_id":"5","target_id":"78","action_type":110,"reason":"cord:x"}],"users":[]}"#;
        let log: AuditLog = json(log).unwrap();
        let channel = Creation {
            entry_id: Id::new(9),
            creator_id: Id::new(5),
            channel_id: Id::new(77),
            kind: Kind::Text,
            reason: Some("cord:x".into()),
        };
        let thread = Creation {
            entry_id: Id::new(5),
            channel_id: Id::new(78),
            kind: Kind::Thread,
            ..channel.clone()
        };
        let expected = LogPage {
            creations: vec![thread, channel],
            last: Some(Id::new(9)),
            is_full: false,
        };
        assert_eq!(log.page(), expected);
    }
}
