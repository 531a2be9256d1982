//! Every bound of a conversation.

use std::time::Duration;

/// Discord's own limit, in Unicode scalars (Discord: resources/message#create-message).
pub(crate) const MESSAGE_CHARACTERS_MAX: usize = 2_000;

/// A longer nonce is refused by Discord (resources/message#create-message).
pub(crate) const NONCE_CHARACTERS_MAX: usize = 25;

/// Files with one message: Discord's limit (error 30015).
pub const FILES_MAX: usize = 10;

/// Bytes of one file: what Discord takes in a guild without boosts since January 2025 (reference#uploading-files).
pub const FILE_BYTES_MAX: usize = 10 << 20;

/// Discord takes requests of 25 MiB; 1 MiB is left for the multipart frame and the text.
pub(crate) const FILES_BYTES_MAX: usize = 24 << 20;

/// Fits into one attached file; far beyond what any bot reads.
pub(crate) const PROMPT_BYTES_MAX: usize = 8 << 20;

/// Conversations at the same time, unless configured: a guild holds 500 channels, and its people need some.
pub(crate) const CONVERSATIONS_MAX: usize = 256;

/// Requests that may wait for a place, unless configured: as many again as are being served.
pub(crate) const QUEUE_MAX: usize = 256;

/// A client that waits longer without a response head gives up by itself (some after 60 s).
pub(crate) const QUEUE_WAIT_MAX: Duration = Duration::from_secs(20);

/// What a client that found the queue full is told to wait: about the length of one reply.
pub(crate) const BUSY_RETRY_AFTER: Duration = Duration::from_secs(5);

/// Creating a channel: beyond this Discord is holding the request back (hidden daily limits were seen to hang).
pub(crate) const CREATE_FOR_MAX: Duration = Duration::from_secs(45);

/// Kept over the request's deadline before the channel's lease may be taken back: the release comes first.
pub(crate) const LEASE_MARGIN: Duration = Duration::from_mins(1);

/// One try to post a message, including the wait for a rate limit (five messages in five seconds per channel).
pub(crate) const POST_TIMEOUT: Duration = Duration::from_secs(15);

/// Discord drops a second message with the same nonce for "the past few minutes"; two are safely inside.
pub(crate) const NONCE_WINDOW: Duration = Duration::from_mins(2);

/// Tries to post one message. With the back-off below they span about 20 s of refusals.
pub(crate) const POST_TRIES_MAX: u32 = 8;

/// The first wait after a failed call; it doubles each time.
pub(crate) const BACK_OFF_MIN: Duration = Duration::from_millis(250);

/// The longest wait after a failed call.
pub(crate) const BACK_OFF_MAX: Duration = Duration::from_secs(4);

/// Tries to read the channel in one look.
pub(crate) const READ_TRIES_MAX: u32 = 6;

/// After a look that could not see, until the next one: an outage of seconds costs no more than that.
pub(crate) const BLIND_FOR: Duration = Duration::from_secs(5);

/// All tries of one look together: then it is looked whether something was heard.
pub(crate) const READ_FOR_MAX: Duration = Duration::from_secs(30);

/// A message that Discord announced less than this ago may be missing in a read without being deleted:
/// reads may lag behind events (Discord: reference#consistency).
pub(crate) const READ_LAG: Duration = Duration::from_secs(5);

/// How long reading the channel for the last time may take, in case its end was missed.
pub(crate) const LAST_LOOK: Duration = Duration::from_secs(3);

/// Text held back from the end of a growing reply: long enough for typing cursors and for fences that are
/// closed provisionally, short enough not to be noticed.
pub(crate) const HOLD_BACK_CHARACTERS: usize = 24;

/// Placeholders are short; longer messages are not searched for them.
pub(crate) const PLACEHOLDER_BYTES_MAX: usize = 200;

/// So are messages about limits.
pub(crate) const LIMIT_MESSAGE_BYTES_MAX: usize = 500;

/// Messages of one reply. A bot that goes on beyond is not answering any more.
pub(crate) const REPLY_MESSAGES_MAX: usize = 200;

/// A fence's language, repeated when the fence is opened again in the next part.
pub(crate) const FENCE_LANGUAGE_CHARACTERS_MAX: usize = 20;

/// Longer lengths of time in a configuration are slips.
pub(crate) const DURATION_MAX: Duration = Duration::from_hours(366 * 24);
