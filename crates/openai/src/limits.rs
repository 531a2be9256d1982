//! Bounds of what is read and written.

/// One server-sent event, `data: ` and the blank line included (48 KiB). one-api reads lines with
/// a scanner that loses the rest of the stream behind a line of 64 KiB.
pub const EVENT_BYTES_MAX: usize = 48 << 10;

/// What of an event is left to text once the frame around it is written, so that a long model name
/// cannot leave none (1 KiB).
pub(crate) const EVENT_TEXT_BYTES_MIN: usize = 1 << 10;

/// Messages in one request. A long agent session has a few hundred; the bound keeps a body of
/// `[0,0,0,…]` from growing sixteenfold in memory.
pub(crate) const MESSAGES_MAX: usize = 8_192;

/// Parts in one message, for the same reason.
pub(crate) const PARTS_MAX: usize = 256;

/// Entries of every other list that is looked at (`stop`, `modalities`).
pub(crate) const ENTRIES_MAX: usize = 64;

/// Stop sequences in one request (OpenAI's own limit).
pub(crate) const STOPS_MAX: usize = 4;

/// Characters of the caller's own words that an error message repeats.
pub(crate) const QUOTE_CHARS_MAX: usize = 128;

/// Characters that one token is taken to stand for, in estimates of usage.
pub(crate) const CHARS_PER_TOKEN: usize = 4;
