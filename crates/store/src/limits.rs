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

/// How long a start waits for the former process to let go of the file: a supervisor may start the
/// next one a moment before the last one has ended.
pub const LOCK_WAIT: Duration = Duration::from_secs(2);

/// The pause between two tries to take the lock.
pub const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// How long a statement waits for another program, such as an operator's `sqlite3`, to finish.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Prepared statements that are kept: all there are, and room to grow.
pub const STATEMENTS_KEPT: usize = 32;
