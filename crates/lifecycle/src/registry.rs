//! The durable record of owned channels.

mod memory;

use twilight_model::id::{
    Id,
    marker::{AuditLogEntryMarker, ChannelMarker, GuildMarker},
};

pub use self::memory::MemoryRegistry;
use crate::{AttemptId, Event, IllegalStep, Row, Source, Stage};

/// Something that happened to one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The row.
    pub attempt: AttemptId,
    /// What happened.
    pub event: Event,
    /// When something is to be done about it, in milliseconds since 1970.
    pub next_at_ms: u64,
    /// What was tried in vain.
    pub tries: u32,
}

/// What a step did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stepped {
    /// Where the row stood before.
    pub before: Stage,
    /// The row now.
    pub row: Row,
}

/// How far a registry's knowledge of one guild reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Horizon {
    /// The audit log has been read up to this entry, on behalf of every row there was.
    pub read_to: Option<Id<AuditLogEntryMarker>>,
    /// The youngest channel on record.
    pub youngest: Option<Id<ChannelMarker>>,
}

/// The durable record of owned channels.
///
/// What a call says it wrote must survive the death of the process and of the machine: a row is
/// written before Discord is asked, so that no channel can exist of which nothing is known. The
/// suite in `cordboard_lifecycle::conformance` (feature `conformance`) tells whether an
/// implementation is one.
pub trait Registry: Send + Sync + 'static {
    /// Writes a new row: planned, or condemned when a channel of ours turned up without one.
    /// `false`, and nothing written, if its attempt or its channel is on record already.
    fn insert(&self, row: Row) -> impl Future<Output = Result<bool, RegistryError>> + Send;

    /// Takes a row to the stage [`Stage::after`] the event, with `next_at_ms` and `tries`; an event
    /// that changes nothing leaves the whole row as it is. Nothing comes between reading the row
    /// and writing it.
    fn step(&self, step: Step) -> impl Future<Output = Result<Stepped, RegistryError>> + Send;

    /// Reads one row.
    fn row(
        &self,
        attempt: AttemptId,
    ) -> impl Future<Output = Result<Option<Row>, RegistryError>> + Send;

    /// Reads the open rows (see [`Stage::is_open`]) above `after` in the order of their attempts, at
    /// most `rows_max`. Its cost does not grow with the rows that are not open.
    fn open(
        &self,
        after: Option<AttemptId>,
        rows_max: usize,
    ) -> impl Future<Output = Result<Vec<Row>, RegistryError>> + Send;

    /// Moves [`Horizon::read_to`] forward, if given and further than before, and returns what it
    /// is now.
    fn horizon(
        &self,
        guild_id: Id<GuildMarker>,
        read_to: Option<Id<AuditLogEntryMarker>>,
    ) -> impl Future<Output = Result<Horizon, RegistryError>> + Send;
}

/// Why the registry did not do as told, sorted by what it means.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The state machine forbids it, or the channel belongs to another row. Nothing was written.
    #[error("the registry refused a step")]
    Illegal(#[source] IllegalStep),
    /// There is no such row. Nothing was written.
    #[error("the registry has no row of attempt {attempt}")]
    Missing {
        /// The attempt that was named.
        attempt: AttemptId,
    },
    /// It may or may not have been written, and nothing more can be promised: the process should
    /// end, and the next one start from what is on record.
    #[error("the registry failed")]
    Failed {
        /// What was observed.
        source: Source,
    },
}
