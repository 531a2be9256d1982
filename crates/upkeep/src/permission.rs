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

/// What of [`NEEDS`] is not in `granted`, the bot's permissions in its guild.
pub fn missing_permissions(granted: Permissions) -> impl Iterator<Item = &'static PermissionNeed> {
    // An administrator passes every check, whatever else is set (Discord: topics/permissions).
    let all = granted.contains(Permissions::ADMINISTRATOR);
    NEEDS
        .iter()
        .filter(move |need| !all && !granted.contains(need.permission))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_missing_permission_is_named_and_no_other() {
        let all = NEEDS
            .iter()
            .fold(Permissions::empty(), |all, need| all | need.permission);
        assert_eq!(missing_permissions(all).count(), 0);
        for need in &NEEDS {
            let missing: Vec<_> = missing_permissions(all - need.permission).collect();
            assert_eq!(missing, [need]);
        }
    }

    #[test]
    fn an_administrator_lacks_nothing() {
        assert_eq!(missing_permissions(Permissions::ADMINISTRATOR).count(), 0);
    }
}
