//! Debts that a test sets, told in the order of their attempts.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use cordboard_frontend::{Debt, DebtPage, DebtQuery, DebtStage, Debts, DebtsError};
use parking_lot::Mutex;

#[derive(Clone, Debug, Default)]
pub(crate) struct Owed(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    debts: Vec<Debt>,
    forbidden: bool,
    mood: Mood,
    calls: usize,
}

/// How the registry is doing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Mood {
    #[default]
    Well,
    Broken,
    Hung,
}

impl Owed {
    pub(crate) fn of(debts: impl IntoIterator<Item = Debt>) -> Self {
        let owed = Self::default();
        owed.0.lock().debts.extend(debts);
        owed
    }

    pub(crate) fn set_mood(&self, mood: Mood) {
        self.0.lock().mood = mood;
    }

    pub(crate) fn deletions_enabled(&self) -> bool {
        !self.0.lock().forbidden
    }

    /// How often anything was asked of it.
    pub(crate) fn calls(&self) -> usize {
        self.0.lock().calls
    }

    async fn answer<T>(
        &self,
        answer: impl FnOnce(&mut State) -> Result<T, DebtsError>,
    ) -> Result<T, DebtsError> {
        let mood = self.0.lock().mood;
        self.0.lock().calls += 1;
        match mood {
            Mood::Well => answer(&mut self.0.lock()),
            Mood::Broken => Err(DebtsError::Unavailable {
                source: "disk I/O error in /secret/path".into(),
            }),
            Mood::Hung => std::future::pending().await,
        }
    }
}

impl Debts for Owed {
    async fn page(&self, query: DebtQuery) -> Result<DebtPage, DebtsError> {
        self.answer(|state| {
            let after = query.after.unwrap_or_default();
            if !after.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return Err(DebtsError::After);
            }
            let mut counts = BTreeMap::new();
            for debt in &state.debts {
                *counts.entry(debt.stage).or_default() += 1;
            }
            let asked = |debt: &&Debt| query.stage.is_none_or(|stage| stage == debt.stage);
            let mut debts = state.debts.iter().filter(asked);
            let page: Vec<_> = debts
                .by_ref()
                .filter(|debt| debt.attempt > after)
                .take(query.limit)
                .cloned()
                .collect();
            let more = debts.next().is_some();
            let next = page.last().filter(|_| more);
            Ok(DebtPage {
                next: next.map(|debt| debt.attempt.clone()),
                debts: page,
                counts,
                deletions_enabled: !state.forbidden,
            })
        })
        .await
    }

    async fn set_deletions(&self, enabled: bool) -> Result<(), DebtsError> {
        self.answer(|state| {
            state.forbidden = !enabled;
            Ok(())
        })
        .await
    }
}

/// A channel that cannot be deleted; the larger the number the later in the order.
pub(crate) fn parked(number: u64) -> Debt {
    Debt {
        channel_id: Some(1_087_394_857_203_948_000 + number),
        attempt: format!("a{number:03}"),
        stage: DebtStage::Parked,
        reason: Some("50013 Missing Permissions: give the bot Manage Channels".into()),
        age: Duration::from_millis(372_900),
        tries: 4,
        next_try_in: Some(Duration::from_mins(1)),
        guild_id: 1_087_394_857_203_940_000,
        request_id: Some("0123456789abcdef01234567".into()),
    }
}

/// A creation whose answer was lost, found by its mark alone.
pub(crate) fn unknown(number: u64) -> Debt {
    Debt {
        channel_id: None,
        stage: DebtStage::Unknown,
        reason: None,
        next_try_in: None,
        request_id: None,
        ..parked(number)
    }
}
