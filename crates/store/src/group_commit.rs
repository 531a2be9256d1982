//! Many callers, one commit: what waits while the disk syncs goes into the next transaction.

use std::{collections::VecDeque, mem, sync::Arc};

use cordboard_lifecycle::kp;
use parking_lot::Mutex;
use rusqlite::{Connection, ErrorCode};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch},
    time::timeout,
};

use crate::{
    StoreError,
    error::advice,
    file::Database,
    limits::{ANSWER_TIMEOUT, BATCH_MAX, WAITING_MAX},
};

/// A database whose callers share transactions.
///
/// The work is done on one of tokio's blocking threads that is taken when there is something to
/// do and given back when there is nothing left. A thread of our own would not do: a paused clock
/// stands still while a blocking thread works, and runs on while we wait for a thread it does not
/// know.
pub(crate) struct GroupCommit {
    database: Mutex<Database>,
    queue: Mutex<Queue>,
    places: Arc<Semaphore>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Box<dyn Request>>,
    /// Whether a thread is at work and will see what is put here.
    is_served: bool,
    has_failed: watch::Sender<bool>,
}

impl Queue {
    /// Nothing is done any more, and whoever waits is told.
    fn fail(&mut self) {
        self.has_failed.send_replace(true);
        self.waiting.clear();
    }
}

/// Something to do in a transaction, and a caller to tell.
trait Request: Send {
    /// Does it, and says whether to keep what it did. An error means that the database failed.
    fn run(&mut self, connection: &Connection) -> rusqlite::Result<bool>;

    /// Tells the caller what came of it, after the commit.
    fn tell(self: Box<Self>, is_committed: bool);
}

struct Call<W, T> {
    work: Option<W>,
    outcome: Option<T>,
    failure: Option<rusqlite::Error>,
    caller: oneshot::Sender<Result<T, StoreError>>,
    /// Held until the work is done, also when the caller has left.
    _place: OwnedSemaphorePermit,
}

// === impl GroupCommit ===

impl GroupCommit {
    pub(crate) fn new(database: Database) -> Self {
        Self {
            database: Mutex::new(database),
            queue: Mutex::new(Queue::default()),
            places: Arc::new(Semaphore::new(WAITING_MAX)),
        }
    }

    /// Does some work in a transaction and returns when it is durable. The work is done even if
    /// the caller leaves; an error of SQLite in it undoes it, and only it.
    ///
    /// A database that does not answer within [`ANSWER_TIMEOUT`] has failed.
    pub(crate) async fn call<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let answered = timeout(ANSWER_TIMEOUT, self.queued(work)).await;
        answered.unwrap_or_else(|_| {
            // What is under way may still be written or not: it is as uncertain as after an error.
            self.queue.lock().fail();
            tracing::error!("the database does not answer; is its disk stuck?");
            Err(StoreError::Stuck {
                within: ANSWER_TIMEOUT,
            })
        })
    }

    /// Waits until the database has failed, in whosever call it did.
    pub(crate) async fn failed(&self) {
        let mut has_failed = self.queue.lock().has_failed.subscribe();
        let failed = has_failed.wait_for(|has_failed| *has_failed).await;
        failed
            .map(drop)
            .expect("the sender is in the queue, which we borrow");
    }

    async fn queued<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let closed = |_| StoreError::Failed { source: None };
        let places = Arc::clone(&self.places);
        let place = places.acquire_owned().await.map_err(closed)?;
        let (caller, answer) = oneshot::channel();
        let call = Call {
            work: Some(work),
            outcome: None,
            failure: None,
            caller,
            _place: place,
        };
        self.put(Box::new(call))?;
        kp!("store.request.queued");
        answer
            .await
            .unwrap_or(Err(StoreError::Failed { source: None }))
    }

    fn put(self: &Arc<Self>, request: Box<dyn Request>) -> Result<(), StoreError> {
        let is_served = {
            let mut queue = self.queue.lock();
            if *queue.has_failed.borrow() {
                return Err(StoreError::Failed { source: None });
            }
            queue.waiting.push_back(request);
            mem::replace(&mut queue.is_served, true)
        };
        if !is_served {
            let server = Server {
                store: Arc::clone(self),
                has_ended: false,
            };
            #[cfg(feature = "sabotage")]
            if crate::sabotage::works_at_once() {
                crate::sabotage::work(move || server.serve());
                return Ok(());
            }
            // It needs no handle: each caller waits for its own answer. Not under the lock: a
            // runtime that is ending drops the server right here, and that takes the lock.
            drop(tokio::task::spawn_blocking(move || server.serve()));
        }
        Ok(())
    }
}

/// Serves the queue. If it ends with anything left there, because it panicked or its runtime went
/// away, the store has failed, and nobody waits for it in vain.
struct Server {
    store: Arc<GroupCommit>,
    /// Whether it left the queue in order. What is there after that is another server's.
    has_ended: bool,
}

// === impl Server ===

impl Server {
    fn serve(mut self) {
        let store = Arc::clone(&self.store);
        let database = store.database.lock();
        while let Some(batch) = self.next_batch() {
            if let Err(error) = commit(&database.connection, batch) {
                tracing::error!(%error, "{}", advice(&error));
                return;
            }
        }
    }

    fn next_batch(&mut self) -> Option<Vec<Box<dyn Request>>> {
        let mut queue = self.store.queue.lock();
        let size = queue.waiting.len().min(BATCH_MAX);
        if size == 0 {
            queue.is_served = false;
            self.has_ended = true;
            return None;
        }
        Some(queue.waiting.drain(..size).collect())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.has_ended {
            self.store.queue.lock().fail();
        }
    }
}

/// Does a batch in one transaction. After an error the outcome of all of it is uncertain, and so
/// is everything after it (a failed sync may have dropped the pages it could not write).
fn commit(connection: &Connection, mut batch: Vec<Box<dyn Request>>) -> rusqlite::Result<()> {
    let run = |sql| connection.prepare_cached(sql)?.execute([]).map(drop);
    let outcome = (|| {
        // Immediate: a transaction that has read before another program writes could not write
        // any more, however long it waited.
        kp!("store.batch.taken");
        run("BEGIN IMMEDIATE")?;
        kp!("store.batch.begun");
        for request in &mut batch {
            // What goes wrong in one request is undone without touching its neighbours.
            run("SAVEPOINT request")?;
            kp!("store.request.begun");
            if !request.run(connection)? {
                run("ROLLBACK TO request")?;
            }
            run("RELEASE request")?;
            kp!("store.request.done");
        }
        kp!("store.batch.done");
        run("COMMIT")
    })();
    kp!("store.batch.committed");
    for request in batch {
        request.tell(outcome.is_ok());
        kp!("store.request.told");
    }
    outcome
}

/// Whether an error is about the request rather than about the database.
fn is_local(error: &rusqlite::Error) -> bool {
    match error.sqlite_error_code() {
        Some(code) => code == ErrorCode::ConstraintViolation,
        // A value that we cannot read: the row is damaged, the database works.
        None => true,
    }
}

// === impl Call ===

impl<W, T> Request for Call<W, T>
where
    W: FnOnce(&Connection) -> rusqlite::Result<T> + Send,
    T: Send,
{
    fn run(&mut self, connection: &Connection) -> rusqlite::Result<bool> {
        let work = self.work.take().expect("a request runs once");
        match work(connection) {
            Ok(outcome) => self.outcome = Some(outcome),
            Err(error) if is_local(&error) => self.failure = Some(error),
            Err(error) => return Err(error),
        }
        Ok(self.outcome.is_some())
    }

    fn tell(self: Box<Self>, is_committed: bool) {
        let answer = match self.outcome {
            Some(outcome) if is_committed => Ok(outcome),
            _ => Err(StoreError::Failed {
                source: self.failure,
            }),
        };
        // A caller who has left does not mind.
        drop(self.caller.send(answer));
    }
}

#[cfg(test)]
mod tests;
