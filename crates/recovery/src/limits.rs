//! Every bound of this crate, and why it is what it is.

/// Messages of a full page (Discord: resources/message#get-channel-messages, `limit`). A page with
/// fewer is the last one.
pub const PAGE_MESSAGES: usize = 100;

/// Pages that one [`catch_up`](crate::catch_up) reads. What one conversation waits for fits into
/// the first; 1000 messages later the channel is not about it any more.
pub(crate) const CATCH_UP_PAGES_MAX: u32 = 10;

/// Messages that one [`Merge`](crate::Merge) holds, deleted ones included. When there are more, the
/// oldest are forgotten, for good. As many as one catch-up can bring.
pub(crate) const VIEW_MESSAGES_MAX: usize = 1_000;
