//! Discord's own numbers (discord-facts 2.1) and the two that are ours.

/// Categories per guild, of its 500 channels.
pub(crate) const CATEGORIES_MAX: usize = 50;
/// How long a new channel is not counted where a race may overshoot, in milliseconds: longer than a
/// burst of requests on one connection pool, shorter than a client's next thought.
pub(crate) const OVERSHOOT_WINDOW_MS: u64 = 250;
/// Roles per guild, `@everyone` included.
pub(crate) const ROLES_MAX: usize = 250;
/// Overwrites in one request.
pub(crate) const OVERWRITES_REQUEST_MAX: usize = 100;
/// Overwrites per channel.
pub(crate) const OVERWRITES_MAX: usize = 1_000;
/// Characters in the name of a channel, thread or role.
pub(crate) const NAME_MAX: usize = 100;
/// Characters in a topic.
pub(crate) const TOPIC_MAX: usize = 1_024;
/// Characters in a forum's or media channel's topic.
pub(crate) const FORUM_TOPIC_MAX: usize = 4_096;
/// Slow mode, in seconds.
pub(crate) const SLOWMODE_MAX: u64 = 21_600;
/// Unicode scalar values in a message.
pub(crate) const CONTENT_MAX: usize = 2_000;
/// Characters in a nonce.
pub(crate) const NONCE_MAX: usize = 25;
/// How long a nonce is remembered, in milliseconds. Discord says "the past few minutes".
pub(crate) const NONCE_WINDOW_MS: u64 = 300_000;
/// Embeds per message.
pub(crate) const EMBEDS_MAX: usize = 10;
/// Characters over all embeds of a message.
pub(crate) const EMBEDS_TOTAL_MAX: usize = 6_000;
/// Fields per embed.
pub(crate) const EMBED_FIELDS_MAX: usize = 25;
/// Components per message.
pub(crate) const COMPONENTS_MAX: usize = 40;
/// Files per message.
pub(crate) const ATTACHMENTS_MAX: usize = 10;
/// Bytes per file.
pub(crate) const FILE_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Ids in `allowed_mentions.users` and `.roles`.
pub(crate) const ALLOWED_MENTIONS_MAX: usize = 100;
/// Messages per page of a history.
pub(crate) const PAGE_MAX: u64 = 100;
/// Messages per page when none is asked for.
pub(crate) const PAGE_DEFAULT: u64 = 50;
/// Messages per bulk deletion.
pub(crate) const BULK_MAX: usize = 100;
/// How old a message may be for a bulk deletion, in milliseconds: 14 days.
pub(crate) const BULK_AGE_MS: u64 = 14 * 24 * 3_600 * 1_000;
/// Pins per channel.
pub(crate) const PINS_MAX: usize = 250;
/// Members per thread.
pub(crate) const THREAD_MEMBERS_MAX: usize = 1_000;
/// Members per page.
pub(crate) const MEMBERS_PAGE_MAX: u64 = 1_000;
/// How long a member can be timed out, in milliseconds: 28 days.
pub(crate) const TIME_OUT_MS: u64 = 28 * 24 * 3_600 * 1_000;
/// Webhooks per channel.
pub(crate) const WEBHOOKS_MAX: usize = 15;
/// Webhooks per guild.
pub(crate) const GUILD_WEBHOOKS_MAX: usize = 1_000;
/// Characters in a webhook's name.
pub(crate) const WEBHOOK_NAME_MAX: usize = 80;
/// Characters in an audit-log reason.
pub(crate) const REASON_MAX: usize = 512;
/// How long the audit log remembers, in milliseconds: 45 days.
pub(crate) const AUDIT_AGE_MS: u64 = 45 * 24 * 3_600 * 1_000;
/// How long a signed attachment address is good for, in milliseconds: 24 hours.
pub(crate) const SIGNATURE_AGE_MS: u64 = 24 * 3_600 * 1_000;
/// Results per page of a message search.
pub(crate) const SEARCH_PAGE_MAX: u64 = 25;
/// Deepest offset of a message search.
pub(crate) const SEARCH_OFFSET_MAX: u64 = 9_975;
/// Dead channels whose messages are kept for the ground truth. Enough for any test; a load run
/// for hours must not keep every message it ever sent.
pub(crate) const DEAD_HISTORIES_MAX: usize = 4_096;
/// Lines of the audit log. A load run for hours must not keep all of them:
/// the oldest fall out, as they do after 45 days anyway.
pub(crate) const AUDIT_ENTRIES_MAX: usize = 50_000;
