//! The permissions that Cordboard's bot needs in its guild.

use twilight_model::guild::Permissions;

/// One permission, and what goes wrong without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PermissionNeed {
    /// The permission bit (Discord: topics/permissions).
    pub permission: Permissions,
    /// Its name in Discord's settings.
    pub name: &'static str,
    /// What happens without it, as the end of a sentence.
    pub consequence: &'static str,
    /// Whether nothing works without it; otherwise some promise is weaker.
    pub required: bool,
}

/// Everything Cordboard needs, most needed first.
pub const NEEDS: [PermissionNeed; 6] = [
    PermissionNeed {
        permission: Permissions::VIEW_CHANNEL,
        name: "View Channels",
        consequence: "Cordboard cannot see the channels it works in",
        required: true,
    },
    PermissionNeed {
        permission: Permissions::MANAGE_CHANNELS,
        name: "Manage Channels",
        consequence: "no channel can be created or deleted",
        required: true,
    },
    PermissionNeed {
        permission: Permissions::SEND_MESSAGES,
        name: "Send Messages",
        consequence: "no prompt can be posted",
        required: true,
    },
    PermissionNeed {
        permission: Permissions::READ_MESSAGE_HISTORY,
        name: "Read Message History",
        consequence: "a reply that was missed cannot be read again, and nothing says so",
        required: true,
    },
    PermissionNeed {
        permission: Permissions::VIEW_AUDIT_LOG,
        name: "View Audit Log",
        consequence: "a channel whose creation was not answered cannot be proven ours, and stays",
        required: false,
    },
    PermissionNeed {
        permission: Permissions::ATTACH_FILES,
        name: "Attach Files",
        consequence: "prompts with files, and very long prompts, are refused by Discord",
        required: false,
    },
];

/// What it needs besides when conversations have threads (Discord: topics/threads#permissions).
pub const THREAD_NEEDS: [PermissionNeed; 3] = [
    PermissionNeed {
        permission: Permissions::CREATE_PUBLIC_THREADS,
        name: "Create Public Threads",
        consequence: "no thread can be created",
        required: true,
    },
    PermissionNeed {
        permission: Permissions::SEND_MESSAGES_IN_THREADS,
        name: "Send Messages in Threads",
        consequence: "no prompt can be posted in a thread",
        required: true,
    },
    PermissionNeed {
        permission: Permissions::MANAGE_THREADS,
        name: "Manage Threads",
        consequence: "no thread can be deleted",
        required: true,
    },
];

/// What of [`NEEDS`], and of [`THREAD_NEEDS`] if there are to be threads, is not in `granted`, the
/// bot's permissions in its guild.
pub fn missing_permissions(
    granted: Permissions,
    threads: bool,
) -> impl Iterator<Item = &'static PermissionNeed> {
    // An administrator passes every check, whatever else is set (Discord: topics/permissions).
    let all = granted.contains(Permissions::ADMINISTRATOR);
    let threads: &[PermissionNeed] = if threads { &THREAD_NEEDS } else { &[] };
    NEEDS
        .iter()
        .chain(threads)
        .filter(move |need| !all && !granted.contains(need.permission))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_missing_permission_is_named_and_no_other() {
        let everything = || NEEDS.iter().chain(&THREAD_NEEDS);
        let all = everything().fold(Permissions::empty(), |all, need| all | need.permission);
        assert_eq!(missing_permissions(all, true).count(), 0);
        for need in everything() {
            let missing: Vec<_> = missing_permissions(all - need.permission, true).collect();
            assert_eq!(missing, [need]);
        }
        for need in &THREAD_NEEDS {
            let without = all - need.permission;
            assert_eq!(missing_permissions(without, false).count(), 0);
        }
    }

    #[test]
    fn an_administrator_lacks_nothing() {
        assert_eq!(
            missing_permissions(Permissions::ADMINISTRATOR, true).count(),
            0
        );
    }
}
