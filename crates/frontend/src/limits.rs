//! Every bound of the front. Those that an operator may move are defaults of `Settings`.

use std::time::Duration;

// === connections ===

/// Open connections: four for each of 256 conversations, since browsers and pools keep spares.
pub(crate) const CONNECTIONS_MAX: usize = 1_024;

/// From accepting a connection to the end of its first request's head. Clients send heads at once;
/// who needs longer holds the place of another.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(15);

/// A connection between two requests, to the end of the next one's head; longer than most clients
/// keep theirs, so that they close first and none asks into a connection that is being closed.
pub(crate) const IDLE_TIMEOUT: Duration = Duration::from_secs(75);

/// The head of a request and each of hyper's buffers (64 KiB): agents send headers of many kilobytes.
pub(crate) const HEAD_BYTES_MAX: usize = 64 << 10;

/// The same for HTTP/2, whose setting is a `u32`.
pub(crate) const HTTP2_HEAD_BYTES_MAX: u32 = 64 << 10;

/// Requests at once on one HTTP/2 connection: a proxy in front shares one among its clients.
pub(crate) const HTTP2_STREAMS_MAX: u32 = 64;

/// How often an HTTP/2 connection is asked whether it is still there.
pub(crate) const HTTP2_PING_INTERVAL: Duration = Duration::from_secs(20);

/// How long it may take to say so.
pub(crate) const HTTP2_PING_TIMEOUT: Duration = Duration::from_secs(10);

/// A client that takes nothing off the wire for so long is gone or stuck, and its channel is needed.
pub(crate) const WRITE_STALL_MAX: Duration = Duration::from_secs(30);

/// When the kernel first asks a silent peer whether it is there.
pub(crate) const TCP_KEEPALIVE_TIME: Duration = Duration::from_secs(10);

/// How often it repeats the question.
pub(crate) const TCP_KEEPALIVE_INTERVAL: Duration = Duration::from_secs(3);

/// Unanswered questions until the peer counts as gone.
pub(crate) const TCP_KEEPALIVE_RETRIES: u32 = 3;

/// How long sent bytes may stay unacknowledged. Without it a vanished client (cable, suspended
/// phone) keeps its stream for about 15 minutes, since keep-alive probes pause while data is unacknowledged.
pub(crate) const TCP_USER_TIMEOUT: Duration = Duration::from_secs(15);

/// The wait after a failed accept. Out of file descriptors, the next would fail at once too.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(250);

/// What open streams get after the hard stop to tell their clients why.
pub(crate) const LAST_WORDS: Duration = Duration::from_secs(1);

// === bodies ===

/// One request body (64 MiB): chat clients inline images.
pub(crate) const BODY_BYTES_MAX: usize = 64 << 20;

/// All request bodies that are in memory at once (256 MiB).
pub(crate) const BODIES_BYTES_MAX: usize = 256 << 20;

/// A whole body: 64 MiB over a 5 Mbit/s line.
pub(crate) const BODY_TIMEOUT: Duration = Duration::from_mins(2);

/// Between two parts of a body.
pub(crate) const BODY_IDLE_TIMEOUT: Duration = Duration::from_secs(10);

/// What is read of a body only to be thrown away, so that the client, still writing, gets to read
/// why it was refused instead of a reset (256 MiB).
pub(crate) const DISCARD_BYTES_MAX: usize = 256 << 20;

/// How long that may take.
pub(crate) const DISCARD_TIMEOUT: Duration = Duration::from_secs(30);

/// What a client is told to wait when too many bodies are in memory: they leave it once posted.
pub(crate) const BODIES_RETRY_AFTER: Duration = Duration::from_secs(2);

/// From this size on (256 KiB) a body is parsed off the runtime's threads: below it costs less
/// than a millisecond, above it would hold up other streams.
pub(crate) const PARSE_INLINE_BYTES_MAX: usize = 256 << 10;

// === requests ===

/// One request in all, from its first byte to its last answer.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_mins(10);

/// What the desk gets on top of the deadline to say so itself.
pub(crate) const DEADLINE_GRACE: Duration = Duration::from_secs(5);

/// When a stream answers 200 although the prompt is not posted yet: some clients give up after
/// 60 s without a head. Until then errors still get their own status.
pub(crate) const COMMIT_AFTER: Duration = Duration::from_secs(10);

/// The silence after which a comment is sent. Load balancers cut idle connections from 30 s on.
pub(crate) const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(10);

// === files ===

/// Enough for any real name; Discord shortens longer ones.
pub(crate) const FILE_NAME_CHARS_MAX: usize = 100;

/// Longer media types are not registered anywhere.
pub(crate) const MEDIA_TYPE_BYTES_MAX: usize = 100;

/// An address longer than this cannot be part of a Discord message anyway.
pub(crate) const URL_BYTES_MAX: usize = 2_000;

// === administration ===

/// Debts on one page, when the query does not say: as many as a person cares to read.
pub(crate) const DEBTS_DEFAULT: usize = 100;

/// Debts on one page at most: a guild holds 500 channels, so that they fit on one, and at about 300
/// bytes each it stays below 200 KiB.
pub(crate) const DEBTS_MAX: usize = 500;

/// Where a page goes on: a mark is half as long.
pub(crate) const DEBTS_AFTER_BYTES_MAX: usize = 128;

/// How much of an unknown query name is repeated.
pub(crate) const QUERY_NAME_CHARS_MAX: usize = 40;

/// How long the registry may take: it reads one page, or writes one row. A person is waiting.
pub(crate) const DEBTS_TIMEOUT: Duration = Duration::from_secs(10);

/// The body of a setting (4 KiB): it holds one word.
pub(crate) const ADMIN_BODY_BYTES_MAX: usize = 4 << 10;

// === relay ===

/// Messages or gaps on one page, when the query does not say.
pub(crate) const RELAY_DEFAULT: usize = 100;

/// Messages or gaps on one page at most: at about 2 KiB a message that is 1 MiB.
pub(crate) const RELAY_MAX: usize = 500;

/// The largest id and sequence (2^63 - 1): stores keep signed numbers, and Discord's ids reach it
/// in 2084.
pub(crate) const RELAY_ID_MAX: u64 = i64::MAX as u64;

/// Channels by which one stream may be filtered: as many as fit into a query that people still
/// read. For more, ask for all.
pub(crate) const STREAM_CHANNELS_MAX: usize = 100;

/// Open streams: a quarter of all connections, since they stay and would crowd out the chat.
pub(crate) const STREAMS_MAX: usize = 256;

/// Events that a stream holds at once: at about 2 KiB each, 64 KiB for a stream and 16 MiB for all.
pub(crate) const STREAM_EVENTS_MAX: usize = 32;

/// The silence after which a stream gets a comment. Load balancers cut idle connections from 30 s on.
pub(crate) const STREAM_HEARTBEAT: Duration = Duration::from_secs(15);

/// When a client is to come back after the end of a stream: soon, since messages wait.
pub(crate) const STREAM_RECONNECT: Duration = Duration::from_secs(1);

/// The wait when there was news and then nothing to read: it is on its way.
pub(crate) const STREAM_EMPTY_PAUSE: Duration = Duration::from_millis(100);

/// What a client is told to wait when too many streams are open.
pub(crate) const STREAMS_RETRY_AFTER: Duration = Duration::from_secs(5);

/// How long the log and the consumers' positions may take: they read one page, or write one row.
/// Less than the 30 s of silence that load balancers allow.
pub(crate) const RELAY_TIMEOUT: Duration = Duration::from_secs(10);

/// A consumer's name: enough for a host name and a purpose.
pub(crate) const CONSUMER_NAME_BYTES_MAX: usize = 64;

/// Why an event failed: the beginning of an error message, which tells most of it.
pub(crate) const FAILURE_REASON_CHARS_MAX: usize = 500;

/// The body of an acknowledgement (16 KiB): the reason may be written in escapes of 12 bytes each.
pub(crate) const ACKNOWLEDGEMENT_BYTES_MAX: usize = 16 << 10;

// === keys ===

/// How much of a wrong key is repeated.
pub(crate) const KEY_ENDING_CHARS: usize = 4;

/// A key shorter than this is not repeated at all: four characters would be too much of it.
pub(crate) const KEY_SHOWN_CHARS_MIN: usize = 12;

// === waits that clients are told ===

/// When Discord is away and did not say for how long.
pub(crate) const UNAVAILABLE_RETRY_AFTER: Duration = Duration::from_secs(5);

/// While this process starts: most starts take seconds, and one that takes minutes is asked in vain
/// a few times.
pub(crate) const STARTING_RETRY_AFTER: Duration = Duration::from_secs(5);

/// When this process is going away: about what a supervisor needs to start the next.
pub(crate) const CLOSING_RETRY_AFTER: Duration = Duration::from_secs(5);
