//! What Discord still owes us: the front's view of the channels that should be gone and are not.

use std::{collections::BTreeMap, error::Error, pin::Pin, time::Duration};

use serde::Serialize;

/// Who knows the debts, and who can stop all deletions.
pub trait Debts: Send + Sync + 'static {
    /// Some of the debts that are open now, and how many there are in all.
    fn page(
        &self,
        query: DebtQuery,
    ) -> impl Future<Output = Result<DebtPage, DebtsError>> + Send + '_;

    /// Allows or forbids every deletion, from the next one on and also in later lives of the
    /// process. The same again changes nothing. Returns once it is durable; when the future is
    /// dropped before, it may have been done or not.
    fn set_deletions(
        &self,
        enabled: bool,
    ) -> impl Future<Output = Result<(), DebtsError>> + Send + '_;
}

/// Which debts are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DebtQuery {
    /// Go on behind this [`DebtPage::next`]; none: from the beginning. It comes from the caller:
    /// at most 128 bytes and otherwise unchecked.
    pub after: Option<String>,
    /// At most so many debts, 1 to 500.
    pub limit: usize,
    /// Only those that stand here.
    pub stage: Option<DebtStage>,
}

/// Some of the open debts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DebtPage {
    /// The debts, in an order that does not change from page to page: one that is open all the
    /// while is on exactly one page.
    pub debts: Vec<Debt>,
    /// All open debts, whatever was asked for. A stage that is left out has none.
    pub counts: BTreeMap<DebtStage, u64>,
    /// Where the next page goes on; none: this was the last. Only the maker reads it.
    pub next: Option<String>,
    /// Whether deletions are allowed.
    pub deletions_enabled: bool,
}

/// A channel that should be gone and is not proved to be, or a creation that may yet turn up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Debt {
    /// The channel, if it is known.
    pub channel_id: Option<u64>,
    /// The attempt to create it, as its mark has it.
    pub attempt: String,
    /// Where it stands.
    pub stage: DebtStage,
    /// Why it is still there, if that is known: Discord's answer, and what an operator can do.
    pub reason: Option<String>,
    /// How long it has been at its present stage.
    pub age: Duration,
    /// What was tried in vain.
    pub tries: u32,
    /// When the next try is due, as far as that is on record; none: soon, again and again, or when
    /// something happens.
    pub next_try_in: Option<Duration>,
    /// The guild it is in.
    pub guild_id: u64,
    /// The request it served; none is known of one that was found without a row.
    pub request_id: Option<String>,
}

/// Where a debt stands, in the registry's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DebtStage {
    /// Its deletion is overdue.
    Condemned,
    /// Discord accepted the deletion, and it is not proved yet.
    Verifying,
    /// It cannot be deleted now.
    Parked,
    /// It carries our mark, and nothing proves that it is ours: it is not deleted.
    Quarantined,
    /// The answer to the creation was lost.
    Unknown,
    /// Unknown, and no longer urgent.
    Abandoned,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DebtsError {
    /// The query's `after` is none of ours. The caller begins anew.
    #[error("no page ends there")]
    After,
    /// The registry does not answer. Later it may.
    #[error("the registry does not answer")]
    Unavailable {
        /// What is wrong with it.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

// === impl DebtStage ===

impl DebtStage {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Condemned,
        Self::Verifying,
        Self::Parked,
        Self::Quarantined,
        Self::Unknown,
        Self::Abandoned,
    ];

    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Condemned => "condemned",
            Self::Verifying => "verifying",
            Self::Parked => "parked",
            Self::Quarantined => "quarantined",
            Self::Unknown => "unknown",
            Self::Abandoned => "abandoned",
        }
    }
}

type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, DebtsError>> + Send + 'a>>;

/// [`Debts`] of any type: the front is generic over its desk already, and these are asked for by a
/// person now and then.
pub(crate) trait AnyDebts: Send + Sync {
    fn page(&self, query: DebtQuery) -> Pending<'_, DebtPage>;
    fn set_deletions(&self, enabled: bool) -> Pending<'_, ()>;
}

impl<T: Debts> AnyDebts for T {
    fn page(&self, query: DebtQuery) -> Pending<'_, DebtPage> {
        Box::pin(Debts::page(self, query))
    }

    fn set_deletions(&self, enabled: bool) -> Pending<'_, ()> {
        Box::pin(Debts::set_deletions(self, enabled))
    }
}
