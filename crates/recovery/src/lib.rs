#![doc = include_str!("../README.md")]

mod agenda;
mod book;
mod catch_up;
mod change;
mod channel;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod consumers;
mod cursor;
mod dead_letters;
mod directory;
mod driver;
mod entry;
mod failure;
mod fields;
mod forecast;
mod history;
mod inbox;
mod limits;
mod log;
mod memory;
mod merge;
mod observed;
mod oddities;
mod record;
mod recovery;
mod sabotage;
mod settings;
mod snowflake;
mod standing;
mod tail;
mod waiting;
mod walk;

pub use self::{
    catch_up::{Pages, Reading, catch_up},
    change::Change,
    channel::{Channel, Dirty, DirtyReason},
    consumers::{Consumer, ConsumerError, Consumers, FailedEntry},
    cursor::{Cursor, Progress},
    dead_letters::{DeadLetter, DeadLetterQuery, DeadLetters},
    directory::{Archive, ChannelDirectory, Head},
    driver::Driver,
    entry::{Entry, Gap, GapReason, News},
    failure::{Failure, Unreadable},
    history::{History, Message},
    inbox::{Batch, Committed, Inbox, InboxError, Loaded, SessionMark},
    limits::{ATTEMPTS_MAX, CONSUMER_NAME_MAX, PAGE_MESSAGES, REASON_CHARS_MAX},
    log::{
        Entries, EntryQuery, GapQuery, Logged, MessageLog, MessageQuery, NumberedGap, Retention,
    },
    memory::MemoryInbox,
    merge::{Merge, Ticket},
    observed::{EVENTS, Event, Observed},
    oddities::Oddities,
    record::{Known, Presence, Record, Sight, Verdict},
    recovery::{Ended, Recovery, Uptake, recovery},
    settings::{Settings, Start, Watch},
    standing::{Standing, Unheard},
    tail::Tail,
};

#[cfg(feature = "sabotage")]
pub use self::sabotage::Sabotage;
