#![doc = include_str!("../README.md")]

mod catch_up;
mod change;
mod channel;
mod consumers;
mod cursor;
mod entry;
mod failure;
mod fields;
mod history;
mod inbox;
mod limits;
mod log;
mod memory;
mod merge;
mod record;
mod snowflake;

pub use self::{
    catch_up::{Pages, Reading, catch_up},
    change::Change,
    channel::{Channel, Dirty, DirtyReason},
    consumers::{Consumer, ConsumerError, Consumers, FailedEntry},
    cursor::{Cursor, Progress},
    entry::{Entry, Gap, GapReason, News},
    failure::{Failure, Unreadable},
    history::{History, Message},
    inbox::{Batch, Committed, Inbox, InboxError, Loaded, SessionMark},
    limits::{ATTEMPTS_MAX, CONSUMER_NAME_MAX, PAGE_MESSAGES},
    log::{
        Entries, EntryQuery, GapQuery, Logged, MessageLog, MessageQuery, NumberedGap, Retention,
    },
    memory::MemoryInbox,
    merge::{Merge, Ticket},
    record::{Known, Presence, Record, Sight, Verdict},
};
