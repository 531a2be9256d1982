//! Intents: what a session asks to be told (Discord: events/gateway#gateway-intents).

/// Channels, threads, roles and `GUILD_CREATE`.
pub(crate) const GUILDS: u64 = 1 << 0;
/// Members; privileged.
pub(crate) const GUILD_MEMBERS: u64 = 1 << 1;
/// Presences; privileged.
pub(crate) const GUILD_PRESENCES: u64 = 1 << 8;
/// The content of messages; privileged.
pub(crate) const MESSAGE_CONTENT: u64 = 1 << 15;

/// Those that need a switch in the portal.
const PRIVILEGED: u64 = GUILD_MEMBERS | GUILD_PRESENCES | MESSAGE_CONTENT;

/// Every bit that means something: 0 to 16, `AutoMod` (20, 21) and polls (24, 25).
const KNOWN: u64 = ((1 << 17) - 1) | (1 << 20) | (1 << 21) | (1 << 24) | (1 << 25);

/// What is wrong with a set of intents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IntentsRefusal {
    /// A bit that means nothing (4013).
    Invalid,
    /// A privileged bit that is switched off in the portal (4014).
    Disallowed,
}

/// Checks what an IDENTIFY asks for against the portal's switches.
pub(crate) fn check(intents: u64, privileged_allowed: u64) -> Result<(), IntentsRefusal> {
    if intents & !KNOWN != 0 {
        return Err(IntentsRefusal::Invalid);
    }
    if intents & PRIVILEGED & !privileged_allowed != 0 {
        return Err(IntentsRefusal::Disallowed);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intents_are_checked_against_the_portal() {
        assert_eq!(check(33_281, MESSAGE_CONTENT), Ok(()));
        assert_eq!(check(33_281, 0), Err(IntentsRefusal::Disallowed));
        assert_eq!(
            check(1 << 18, MESSAGE_CONTENT),
            Err(IntentsRefusal::Invalid)
        );
        assert_eq!(
            check(GUILDS | GUILD_MEMBERS, MESSAGE_CONTENT),
            Err(IntentsRefusal::Disallowed)
        );
        assert_eq!(check(0, 0), Ok(()));
    }
}
