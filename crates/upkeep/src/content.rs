//! Whether the bot may read what others write.

use twilight_model::oauth::ApplicationFlags;

/// Whether the *Message Content* intent is switched on for the application, in either form that
/// Discord knows (for large, reviewed applications and for small ones).
///
/// Without it the content of other bots' messages arrives empty, on the gateway and over REST, and
/// nothing says so. Discord: events/gateway#message-content-intent, resources/application.
#[must_use]
pub fn may_read_content(flags: ApplicationFlags) -> bool {
    flags.intersects(
        ApplicationFlags::GATEWAY_MESSAGE_CONTENT
            | ApplicationFlags::GATEWAY_MESSAGE_CONTENT_LIMITED,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_form_of_the_intent_will_do() {
        assert!(may_read_content(ApplicationFlags::GATEWAY_MESSAGE_CONTENT));
        assert!(may_read_content(
            ApplicationFlags::GATEWAY_MESSAGE_CONTENT_LIMITED
        ));
        assert!(!may_read_content(ApplicationFlags::GATEWAY_GUILD_MEMBERS));
        assert!(!may_read_content(ApplicationFlags::empty()));
    }
}
