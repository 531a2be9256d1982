//! Our own bot: its token, and what the developer portal lets it have.

use twilight_model::oauth::ApplicationFlags;

use super::Finding;

/// A privileged intent that something needs (events/gateway#privileged-intents).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntentNeed {
    /// Its name in the portal.
    pub name: &'static str,
    /// The flags of an application that has it, in either form: for large, reviewed applications and
    /// for small ones (resources/application#application-object-application-flags).
    pub flags: ApplicationFlags,
    /// What happens without it, as the end of a sentence.
    pub consequence: &'static str,
}

/// What others write. Needed always.
pub const MESSAGE_CONTENT: IntentNeed = IntentNeed {
    name: "Message Content",
    flags: ApplicationFlags::GATEWAY_MESSAGE_CONTENT
        .union(ApplicationFlags::GATEWAY_MESSAGE_CONTENT_LIMITED),
    consequence: "every reply arrives empty",
};

/// Who is in the guild.
pub const GUILD_MEMBERS: IntentNeed = IntentNeed {
    name: "Server Members",
    flags: ApplicationFlags::GATEWAY_GUILD_MEMBERS
        .union(ApplicationFlags::GATEWAY_GUILD_MEMBERS_LIMITED),
    consequence: "members cannot be listed",
};

/// Who is online.
pub const GUILD_PRESENCES: IntentNeed = IntentNeed {
    name: "Presence",
    flags: ApplicationFlags::GATEWAY_PRESENCE.union(ApplicationFlags::GATEWAY_PRESENCE_LIMITED),
    consequence: "nobody is told who is online",
};

// === impl IntentNeed ===

impl IntentNeed {
    /// Whether an application with these flags has it.
    #[must_use]
    pub const fn is_met(&self, flags: ApplicationFlags) -> bool {
        flags.intersects(self.flags)
    }
}

/// Judges our own bot, which Discord knows by this name. `flags` are its application's, where Discord
/// tells them.
#[must_use]
pub fn bot(name: &str, flags: Option<ApplicationFlags>, needs: &[IntentNeed]) -> Vec<Finding> {
    let intents = needs.iter().map(|need| intent(flags, need));
    let token = Finding::ok("bot.token", "the token").noting(format!("it is that of {name}"));
    std::iter::once(token).chain(intents).collect()
}

fn intent(flags: Option<ApplicationFlags>, need: &IntentNeed) -> Finding {
    let subject = format!("the intent {}", need.name);
    match flags {
        Some(flags) if need.is_met(flags) => Finding::ok("bot.intent", subject),
        Some(_) => Finding::wrong(
            "bot.intent",
            subject,
            format!("is off: {}", need.consequence),
            format!(
                "switch on {} Intent at https://discord.com/developers/applications, under Bot",
                need.name
            ),
        ),
        None => Finding::unknown(
            "bot.intent",
            subject,
            "Discord does not tell this token which intents its application has",
            "look at https://discord.com/developers/applications, under Bot, or run doctor with --probe",
        ),
    }
}
