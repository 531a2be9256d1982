//! What only one process may do at a time.

use std::sync::Arc;

use rusqlite::OptionalExtension as _;

use crate::{Daybook, StoreError, record::signed};

/// The right to do something that only one process may do at a time. It ends when it is given back,
/// or when its time has passed without being renewed: its holder is taken for dead then.
#[derive(Debug)]
#[must_use = "a lease that is not given back lasts until its time has passed"]
pub struct Lease {
    daybook: Daybook,
    name: Arc<str>,
}

// === impl Daybook ===

impl Daybook {
    /// Takes the lease `name` until `until_ms`, unless somebody else holds it now; one of our own is
    /// somebody else's as well. Nobody holds it for longer than whoever asks now would: what is on record
    /// beyond that was written before the clock was put back, perhaps by somebody who has died. Times are in
    /// milliseconds since 1970.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lease(
        &self,
        name: &str,
        now_ms: u64,
        until_ms: u64,
    ) -> Result<Option<Lease>, StoreError> {
        let (key, holder) = (name.to_owned(), Arc::clone(&self.holder));
        let is_ours = self.call(move |transaction| {
            let mut query =
                transaction.prepare_cached("SELECT until_ms FROM lease WHERE name = ?1")?;
            let until: Option<i64> = query.query_row([&key], |row| row.get(0)).optional()?;
            if let Some(until) = until.filter(|until| *until > signed(now_ms)) {
                if until > signed(until_ms) {
                    let mut cap = transaction
                        .prepare_cached("UPDATE lease SET until_ms = ?2 WHERE name = ?1")?;
                    cap.execute((&key, signed(until_ms)))?;
                }
                return Ok(false);
            }
            let mut replace = transaction.prepare_cached(
                "REPLACE INTO lease (name, holder, until_ms) VALUES (?1, ?2, ?3)",
            )?;
            replace.execute((&key, &*holder, signed(until_ms)))?;
            Ok(true)
        });
        Ok(is_ours.await?.then(|| Lease {
            daybook: self.clone(),
            name: name.into(),
        }))
    }

    /// The lease `name` as far as it is ours: whoever asked for it may not have lived to have the answer.
    pub(super) fn lease_of_ours(&self, name: &str) -> Lease {
        Lease {
            daybook: self.clone(),
            name: name.into(),
        }
    }
}

// === impl Lease ===

impl Lease {
    /// Holds it for longer. `false` when somebody else has taken it, because its time had passed: what
    /// it was for must end.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn renew(&self, until_ms: u64) -> Result<bool, StoreError> {
        let (name, holder) = (Arc::clone(&self.name), Arc::clone(&self.daybook.holder));
        let renewed = self.daybook.call(move |transaction| {
            let mut update = transaction
                .prepare_cached("UPDATE lease SET until_ms = ?3 WHERE name = ?1 AND holder = ?2")?;
            update.execute((&*name, &*holder, signed(until_ms)))
        });
        Ok(renewed.await? == 1)
    }

    /// Gives it back.
    ///
    /// # Errors
    /// When the database fails: then it ends with its time.
    pub async fn give_back(self) -> Result<(), StoreError> {
        let (name, holder) = (Arc::clone(&self.name), Arc::clone(&self.daybook.holder));
        let given = self.daybook.call(move |transaction| {
            let mut delete =
                transaction.prepare_cached("DELETE FROM lease WHERE name = ?1 AND holder = ?2")?;
            delete.execute((&*name, &*holder))
        });
        given.await.map(drop)
    }
}
