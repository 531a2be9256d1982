//! What only the holder of the store can do, written down by somebody else.

use rusqlite::{OptionalExtension as _, named_params};

use crate::{
    Daybook, StoreError,
    limits::{ACTS_KEPT_MS, ORDERS_COUNTED_MS, ORDERS_OPEN_MAX},
    record::{signed, unsigned},
};

/// The number of an order that is on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OrderId(i64);

/// Something that the holder of the store is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Now, in milliseconds since 1970.
    pub at_ms: u64,
    /// Who wants it: the program and what it was told.
    pub actor: String,
    /// What is to be done, in the caller's words.
    pub body: String,
}

/// An order that is to be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenOrder {
    /// Its number.
    pub id: OrderId,
    /// What is to be done.
    pub order: Order,
    /// How often it was taken, this time included: whoever took it before has died over it.
    pub takes: u32,
}

/// Where an order stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderState {
    /// Nobody has begun with it.
    Waiting,
    /// Somebody is at it, or has died over it: the next holder of the store begins anew.
    Taken,
    /// This came of it, in the words of whoever did it.
    Done(String),
}

// === impl OrderId ===

impl OrderId {
    /// No order has a smaller one.
    pub const FIRST: Self = Self(0);
}

// === impl Daybook ===

impl Daybook {
    /// Writes an order down. `None` when as many of the last hour are open as there may be
    /// ([`ORDERS_OPEN_MAX`]): nobody carries them out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn give_order(&self, order: Order) -> Result<Option<OrderId>, StoreError> {
        self.call(move |transaction| {
            let mut fade = transaction
                .prepare_cached("DELETE FROM standing_order WHERE coalesce(done_ms, at_ms) < ?1")?;
            fade.execute([signed(order.at_ms.saturating_sub(ACTS_KEPT_MS))])?;
            let mut count = transaction.prepare_cached(
                "SELECT count(*) FROM standing_order WHERE done_ms IS NULL AND at_ms >= ?1",
            )?;
            let since_ms = order.at_ms.saturating_sub(ORDERS_COUNTED_MS);
            let open: u64 = count.query_row([signed(since_ms)], |row| unsigned(row, 0))?;
            if open >= ORDERS_OPEN_MAX {
                return Ok(None);
            }
            let mut insert = transaction.prepare_cached(
                "INSERT INTO standing_order (at_ms, actor, body) VALUES (:at_ms, :actor, :body)",
            )?;
            let id = insert.insert(named_params! {
                ":at_ms": signed(order.at_ms),
                ":actor": order.actor,
                ":body": order.body,
            })?;
            Ok(Some(OrderId(id)))
        })
        .await
    }

    /// Takes the oldest order of which nothing has come yet, from `first` on; one that a former holder of the
    /// store had taken, too. For the holder of the store, who alone may carry it out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_order(
        &self,
        OrderId(first): OrderId,
        now_ms: u64,
    ) -> Result<Option<TakenOrder>, StoreError> {
        self.call(move |transaction| {
            let mut take = transaction.prepare_cached(
                "UPDATE standing_order SET taken_ms = ?1, takes = takes + 1
                 WHERE id = (
                     SELECT min(id) FROM standing_order WHERE done_ms IS NULL AND id >= ?2
                 )
                 RETURNING id, at_ms, actor, body, takes",
            )?;
            let order = take.query_row([signed(now_ms), first], |row| {
                let order = Order {
                    at_ms: unsigned(row, 1)?,
                    actor: row.get(2)?,
                    body: row.get(3)?,
                };
                Ok(TakenOrder {
                    id: OrderId(row.get(0)?),
                    order,
                    takes: row.get(4)?,
                })
            });
            order.optional()
        })
        .await
    }

    /// Whether there is an order of which nothing has come yet, from `first` on. Writes nothing: it is asked
    /// all the time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_orders(&self, OrderId(first): OrderId) -> Result<bool, StoreError> {
        self.ask(move |connection| {
            let mut query = connection.prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM standing_order WHERE done_ms IS NULL AND id >= ?1)",
            )?;
            query.query_row([first], |row| row.get(0))
        })
        .await
    }

    /// A number above those of all orders that were given so far.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_order(&self) -> Result<OrderId, StoreError> {
        self.ask(|connection| {
            let mut query =
                connection.prepare_cached("SELECT coalesce(max(id), 0) + 1 FROM standing_order")?;
            query.query_row([], |row| row.get(0).map(OrderId))
        })
        .await
    }

    /// Writes down what came of an order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn order_done(
        &self,
        OrderId(id): OrderId,
        now_ms: u64,
        outcome: String,
    ) -> Result<(), StoreError> {
        self.call(move |transaction| {
            let mut update = transaction.prepare_cached(
                "UPDATE standing_order SET done_ms = ?2, outcome = ?3 WHERE id = ?1",
            )?;
            update.execute((id, signed(now_ms), outcome)).map(drop)
        })
        .await
    }

    /// Where an order stands; `None`: it was withdrawn, or is long done.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn order_state(
        &self,
        OrderId(id): OrderId,
    ) -> Result<Option<OrderState>, StoreError> {
        self.call(move |transaction| {
            let mut query = transaction
                .prepare_cached("SELECT taken_ms, outcome FROM standing_order WHERE id = ?1")?;
            let state = query.query_row([id], |row| {
                let taken: Option<i64> = row.get(0)?;
                let outcome: Option<String> = row.get(1)?;
                Ok(match (outcome, taken) {
                    (Some(outcome), _) => OrderState::Done(outcome),
                    (None, Some(_)) => OrderState::Taken,
                    (None, None) => OrderState::Waiting,
                })
            });
            state.optional()
        })
        .await
    }

    /// Withdraws an order; `false` when somebody has begun with it, or is done.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn withdraw_order(&self, OrderId(id): OrderId) -> Result<bool, StoreError> {
        self.call(move |transaction| {
            let mut delete = transaction
                .prepare_cached("DELETE FROM standing_order WHERE id = ?1 AND taken_ms IS NULL")?;
            Ok(delete.execute([id])? == 1)
        })
        .await
    }

    /// Takes an order back of which nothing has come yet, also one that somebody had begun with; `false` when
    /// it is done. For the holder of the store: nobody else can be at it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drop_order(&self, OrderId(id): OrderId) -> Result<bool, StoreError> {
        self.call(move |transaction| {
            let mut delete = transaction
                .prepare_cached("DELETE FROM standing_order WHERE id = ?1 AND done_ms IS NULL")?;
            Ok(delete.execute([id])? == 1)
        })
        .await
    }
}
