//! Every bound of this crate, each with the reason for its number.

use std::time::Duration;

/// Requests that wait for the database at once; more callers wait for a place. Twice the rows that
/// a busy proxy has in hand, and a second's work at most.
pub const WAITING_MAX: usize = 1_024;

/// Requests that share one commit. One sync of the disk costs as much as hundreds of rows; beyond
/// this only the first ones would wait longer.
pub const BATCH_MAX: usize = 256;

/// How long a caller waits for the database in all, from the queue to the commit. A commit takes
/// milliseconds and a full queue a second; a disk that takes this long is dead or as good as dead,
/// and a process that waits for it would hang without a word.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a look at all of a file may take: minutes for the largest record of messages on a slow disk.
pub const CHECKUP_TIMEOUT: Duration = Duration::from_hours(1);

/// Lines of damage that are told: the first ones say what it is.
pub const DAMAGE_TOLD_MAX: usize = 20;

/// How long a copy of a file may take: minutes for the largest record of messages on a slow disk.
pub const COPY_TIMEOUT: Duration = Duration::from_hours(1);

/// Pages that are copied at once, 4 MiB: between two such steps somebody may stop it, and hears how far
/// it is.
pub const COPY_PAGES: i32 = 1_000;

/// How long a start waits for the former process to let go of the file: a supervisor may start the
/// next one a moment before the last one has ended.
pub const LOCK_WAIT: Duration = Duration::from_secs(2);

/// Processes in a row that are given one gateway session although none of them left it again, which
/// each does within ten seconds. Perhaps something that the session replays kills them: the next one
/// begins a new session, which replays nothing.
pub const SESSION_TAKES_MAX: u32 = 3;

/// What is read of a lock file: more than the longest process id, and the name of a program.
pub const HOLDER_BYTES_MAX: u64 = 64;

/// The pause between two tries to take the lock.
pub const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// How long a statement waits for another program, such as an operator's `sqlite3`, to finish.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Prepared statements that are kept: all there are, and room to grow.
pub const STATEMENTS_KEPT: usize = 64;

/// Full hours before the current one that count as the last day, for the brake on deletions.
pub const HOURS_COUNTED: u64 = 24;

/// Lines of one row's history that are read at once, the oldest ones. A life in order has six; this
/// is one whose deletion was asked for every minute of a day.
pub const HISTORY_MAX: usize = 2_000;

/// How long settled rows and lines of the journal are kept, in milliseconds: 90 days, twice as long
/// as Discord keeps its audit log. A creation that comes to light later than that has no evidence.
pub const PRUNED_AFTER_MS: u64 = 90 * 24 * 3_600_000;

/// Rows that are forgotten in one request: a few milliseconds, so that nobody who shares the commit
/// notices.
pub const PRUNE_ROWS_MAX: u64 = 256;

/// Lines of the journal that are forgotten in one request: the lines of as many rows.
pub const PRUNE_LINES_MAX: u64 = 1_024;

/// Free bytes below which a disk is low: 256 MiB. It holds the registry of a busy year, and leaves
/// a moment to act before SQLite itself finds the disk full, which ends the process.
pub const SPACE_LOW_BYTES: u64 = 256 << 20;

/// Free part below which a disk is low, in percent. File systems get slow when they are nearly
/// full, and whatever fills a large disk fills it by gigabytes.
pub const SPACE_LOW_PERCENT: u64 = 5;

/// Pages of `-wal` after which SQLite moves them into the database: its default, 4 MiB. More would
/// make the next start read more; less would sync the database more often.
pub const CHECKPOINT_PAGES: u32 = 1_000;

/// What `-wal` is cut back to after it was moved, in bytes: a few checkpoints. It grows beyond only
/// while another program reads an old state of the database.
pub const WAL_KEPT_BYTES: u32 = 16 << 20;

/// Memory for pages of the database, in KiB: the index of the attempts of 90 busy days.
pub const CACHE_KIB: u32 = 16 << 10;

/// Files up to this size are checked as a whole when they are opened, in bytes: 32 MiB, some 40,000
/// rows with their lines, take 0.3 s. Of larger ones only the rows are, 0.1 s for 200,000.
pub const CHECKED_BYTES_MAX: u64 = 32 << 20;

/// Rows of the record of messages that are read in one request, whatever was asked for. They keep the
/// database for half a millisecond, and a conversation that is being planned may have to wait for that.
pub const READ_ROWS_MAX: usize = 256;

/// Bytes of message objects that are read in one request, after which no more rows are: 512 KiB. A
/// message takes about one KiB, and one with many embeds and a quotation a hundred.
pub const READ_BYTES_MAX: usize = 512 << 10;

/// Entries that are looked through in one request for those of some channels: passing one by takes a
/// quarter of the time that reading it does.
pub const LOOKED_THROUGH_MAX: u64 = 1_000;

/// Messages that are looked for in one request: a start asks for one in each channel, and there may be
/// ten thousand.
pub const HELD_MAX: usize = 500;

/// Entries that are dropped in one request, and gaps. Their messages are spread over as many pages, all
/// of which have to be written: as much work as a full batch of new ones.
pub const PRUNE_ENTRIES_MAX: u64 = 64;

/// How long it is told what was written to Discord, in milliseconds: a year, in which somebody may ask.
/// An act takes 300 bytes.
pub const ACTS_KEPT_MS: u64 = 366 * 24 * 3_600_000;

/// Old acts that are forgotten with each new one: more than one, so that what has gathered goes, and few
/// enough that nobody waits for it.
pub const ACTS_FADE_MAX: u64 = 100;

/// Acts that are read at once, the newest: what somebody looks through.
pub const ACTS_READ_MAX: u64 = 1_000;

/// Orders of which nothing has come yet that may stand at once: people give one after the other, and a
/// script that gives more has nobody who carries them out.
pub const ORDERS_OPEN_MAX: u64 = 100;

/// For how long an open order counts as one that somebody may still carry out, in milliseconds: an hour, as
/// `cordboard-app` lets it stand. A command that is killed where there is no proxy leaves one for good.
pub(crate) const ORDERS_COUNTED_MS: u64 = 60 * 60 * 1_000;

/// How long it is told how bots were that are kept alive, in milliseconds: 90 days.
pub const KEEPALIVES_KEPT_MS: u64 = 90 * 24 * 3_600_000;

/// What came of it for one bot that is read at once: three times a day for as long as that.
pub const KEEPALIVES_READ_MAX: u64 = 270;
