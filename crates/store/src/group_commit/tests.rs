use std::{
    pin::pin,
    sync::mpsc,
    task::{Context, Waker},
    thread,
    time::Duration,
};

use super::*;
use crate::Location;

fn in_memory() -> Arc<GroupCommit> {
    Arc::new(GroupCommit::new(Database::open(&Location::Memory).unwrap()))
}

#[test]
fn a_call_on_a_runtime_that_is_ending_fails_and_does_not_hang() {
    // How: a call is polled in the context of a runtime that has ended, which drops the server.
    let (end, ended) = mpsc::sync_channel(1);
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let handle = runtime.handle().clone();
        drop(runtime);
        let _entered = handle.enter();
        let store = in_memory();
        let mut call = pin!(store.queued(|_| Ok(())));
        let mut context = Context::from_waker(Waker::noop());
        end.send(call.as_mut().poll(&mut context).is_ready())
    });
    assert_eq!(ended.recv_timeout(Duration::from_secs(20)), Ok(true));
}

#[tokio::test]
async fn a_writer_beside_us_between_our_read_and_our_write_does_no_harm() {
    // How: another connection writes after our transaction has read and before it writes.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let database = Database::open(&Location::Path(path.clone())).unwrap();
    let store = Arc::new(GroupCommit::new(database));
    let other = rusqlite::Connection::open(path).unwrap();
    other.busy_timeout(Duration::ZERO).unwrap();
    let call = store.call(move |connection| {
        connection.query_row("SELECT count(*) FROM audit_log", [], |_| Ok(()))?;
        let theirs = other.execute("INSERT INTO audit_log VALUES (1, 1)", []);
        assert!(theirs.is_err(), "it has to wait for us");
        connection.execute("INSERT INTO audit_log VALUES (2, 2)", [])
    });
    assert_eq!(call.await.unwrap(), 1);
}

#[tokio::test]
async fn a_mistake_in_one_request_is_told_to_its_caller_and_undone_alone() {
    let store = in_memory();
    let insert = |sql: &'static str| store.call(move |connection| connection.execute(sql, []));
    let (good, bad, other) = tokio::join!(
        insert("INSERT INTO audit_log VALUES (1, 1)"),
        insert("INSERT INTO audit_log VALUES (2, NULL)"),
        insert("INSERT INTO audit_log VALUES (3, 3)"),
    );
    assert_eq!((good.unwrap(), other.unwrap()), (1, 1));
    let error = bad.unwrap_err();
    assert!(
        matches!(error, StoreError::Failed { source: Some(_) }),
        "{error:?}"
    );
    let count = "SELECT count(*) FROM audit_log";
    let rows =
        store.call(move |connection| connection.query_row(count, [], |row| row.get::<_, i64>(0)));
    assert_eq!(rows.await.unwrap(), 2);
}

#[tokio::test]
async fn after_a_failed_commit_everybody_is_told_and_nothing_more_is_done() {
    // How: a deferred constraint, which is checked by COMMIT itself.
    let store = in_memory();
    let prepared = store.call(|connection| {
        connection.execute_batch(
            "CREATE TABLE parent (id INTEGER PRIMARY KEY);
             CREATE TABLE child (id REFERENCES parent DEFERRABLE INITIALLY DEFERRED);",
        )
    });
    prepared.await.unwrap();
    let orphan = |connection: &Connection| connection.execute("INSERT INTO child VALUES (1)", []);
    let innocent =
        |connection: &Connection| connection.execute("INSERT INTO audit_log VALUES (1, 1)", []);
    let (orphan, innocent) = tokio::join!(store.call(orphan), store.call(innocent));
    for outcome in [orphan, innocent, store.call(|_| Ok(0)).await] {
        assert!(
            matches!(outcome, Err(StoreError::Failed { .. })),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_panic_in_one_request_fails_the_store_and_leaves_nobody_waiting() {
    let store = in_memory();
    let clumsy = store.call(|_| -> rusqlite::Result<()> { panic!("it fell") });
    assert!(clumsy.await.is_err());
    assert!(store.call(|_| Ok(())).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_database_that_does_not_answer_has_failed() {
    // How: the database is locked by a thread that this clock does not know.
    let store = in_memory();
    let (locked, is_locked) = mpsc::sync_channel(1);
    let (end, ended) = mpsc::sync_channel::<()>(1);
    let holder = Arc::clone(&store);
    let thread = thread::spawn(move || {
        let _held = holder
            .places
            .try_acquire_many(u32::try_from(WAITING_MAX).unwrap());
        locked.send(()).unwrap();
        ended.recv()
    });
    is_locked.recv().unwrap();
    let error = store.call(|_| Ok(())).await.unwrap_err();
    assert!(matches!(error, StoreError::Stuck { .. }), "{error}");
    drop(end);
    drop(thread.join());
    assert!(store.call(|_| Ok(())).await.is_err(), "it stays so");
}
