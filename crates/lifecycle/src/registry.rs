//! The durable record of owned channels.

mod memory;

use twilight_model::id::{
    Id,
    marker::{AuditLogEntryMarker, ChannelMarker, GuildMarker},
};

pub use self::memory::MemoryRegistry;
use crate::{AttemptId, Event, IllegalStep, Owner, Row, Source, Stage};

/// The beginning of a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// A number drawn at the process's start.
    pub instance: u64,
    /// The guild it works in.
    pub guild_id: Id<GuildMarker>,
    /// Now, in milliseconds since 1970.
    pub at_ms: u64,
}

/// What a registry tells a life at its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entered {
    /// Who the life is.
    pub owner: Owner,
    /// What is known of the guild.
    pub horizon: Horizon,
}

/// How far a registry's knowledge of one guild reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Horizon {
    /// The audit log has been read up to this entry, on behalf of every row there was.
    pub read_to: Option<Id<AuditLogEntryMarker>>,
    /// The youngest channel on record.
    pub youngest: Option<Id<ChannelMarker>>,
    /// Rows that were inserted in the 24 hours before the entry, give or take an hour.
    pub inserted: u64,
    /// Rows whose first [`Event::Asked`] was in those hours.
    pub asked: u64,
}

/// Something that happened to one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The row.
    pub attempt: AttemptId,
    /// What happened.
    pub event: Event,
    /// Who says so.
    pub owner: Owner,
    /// Now, in milliseconds since 1970.
    pub at_ms: u64,
    /// When something is to be done about it, in milliseconds since 1970.
    pub next_at_ms: u64,
    /// What was tried in vain.
    pub tries: u32,
    /// Why it does not get any further, for people.
    pub reason: Option<String>,
}

// === impl Step ===

impl Step {
    /// The row after this step took it to `stage`: as it was but for its owner, if that is where it
    /// stood.
    #[must_use]
    pub fn applied(self, row: Row, stage: Stage) -> Row {
        if row.stage == stage {
            return Row {
                owner: self.owner,
                ..row
            };
        }
        Row {
            stage,
            owner: self.owner,
            since_ms: self.at_ms,
            next_at_ms: self.next_at_ms,
            tries: self.tries,
            reason: self.reason,
            ..row
        }
    }
}

/// What a step did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stepped {
    /// Where the row stood before.
    pub before: Stage,
    /// The row now.
    pub row: Row,
}

/// The durable record of owned channels.
///
/// What a call says it wrote must survive the death of the process and of the machine: a row is
/// written before Discord is asked, so that no channel can exist of which nothing is known. Each
/// change is also written down in a journal, in the same transaction: which row, from which stage to
/// which, when, by whom, and why.
///
/// The suite in `cordboard_lifecycle::conformance` (feature `conformance`) tells whether an
/// implementation is one.
pub trait Registry: Send + Sync + 'static {
    /// Begins a life. It gets a larger epoch than every life before it. In a registry for one
    /// process the lives before it are closed with that: what they still want to write is refused
    /// ([`RegistryError::Fenced`]), and their rows are taken over by the first step that the new
    /// life takes with them.
    fn enter(&self, entry: Entry) -> impl Future<Output = Result<Entered, RegistryError>> + Send;

    /// Writes a new row: planned, condemned when a channel of ours turned up without one, or
    /// quarantined when a channel with our mark did. `false`, and nothing written, if its attempt or
    /// its channel is on record already.
    fn insert(&self, row: Row) -> impl Future<Output = Result<bool, RegistryError>> + Send;

    /// Takes a row to the stage [`Stage::after`] the event, with the step's owner, times, tries and
    /// reason; an event that changes no stage changes nothing but the owner. Nothing comes between
    /// reading the row and writing it.
    fn step(&self, step: Step) -> impl Future<Output = Result<Stepped, RegistryError>> + Send;

    /// Reads the open rows (see [`Stage::is_open`]) above `after` in the order of their attempts, at
    /// most `rows_max`. Its cost does not grow with the rows that are not open.
    fn open(
        &self,
        after: Option<AttemptId>,
        rows_max: usize,
    ) -> impl Future<Output = Result<Vec<Row>, RegistryError>> + Send;

    /// Moves [`Horizon::read_to`] forward; back it never goes. A life that reads the log now and then
    /// learns here, if nowhere else, that another one has begun.
    fn read_to(
        &self,
        owner: Owner,
        guild_id: Id<GuildMarker>,
        entry_id: Id<AuditLogEntryMarker>,
    ) -> impl Future<Output = Result<(), RegistryError>> + Send;
}

/// Why the registry did not do as told, sorted by what it means.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The state machine forbids it, or the channel belongs to another row. Nothing was written.
    #[error("the registry refused a step")]
    Illegal {
        /// The row as it is.
        row: Box<Row>,
        /// The step.
        source: IllegalStep,
    },
    /// There is no such row. Nothing was written.
    #[error("the registry has no row of attempt {attempt}")]
    Missing {
        /// The attempt that was named.
        attempt: AttemptId,
    },
    /// Another life has begun on this registry. Nothing was written, and nothing this life writes
    /// will be: the process should end.
    #[error("another process has taken over the registry")]
    Fenced,
    /// It may or may not have been written, and nothing more can be promised: the process should
    /// end, and the next one start from what is on record.
    #[error("the registry failed")]
    Failed {
        /// What was observed.
        source: Source,
    },
}
