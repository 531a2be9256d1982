use std::{
    fs,
    path::PathBuf,
    pin::pin,
    sync::mpsc,
    task::{Context, Waker},
    thread,
    time::Duration,
};

use rusqlite::ffi;

use super::*;
use crate::{Location, Settings, Store};

fn open(location: &Location) -> Database {
    Database::open(location, Settings::default()).unwrap()
}

fn in_memory() -> Arc<GroupCommit> {
    Arc::new(GroupCommit::new(open(&Location::Memory)))
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
    let database = open(&Location::Path(path.clone()));
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
    let still_well = timeout(Duration::ZERO, store.failed()).await;
    assert!(still_well.is_err(), "it has failed too early");
    let (orphan, innocent, watched) = tokio::join!(
        store.call(orphan),
        store.call(innocent),
        timeout(Duration::from_secs(20), store.failed())
    );
    watched.expect("who waits for the failure is told");
    store.failed().await;
    for outcome in [orphan, innocent, store.call(|_| Ok(0)).await] {
        assert!(
            matches!(outcome, Err(StoreError::Failed { .. })),
            "{outcome:?}"
        );
    }
}

#[test]
fn only_what_a_request_broke_itself_leaves_the_store_at_work() {
    let error = |code| rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
    for code in [
        ffi::SQLITE_IOERR_WRITE,
        ffi::SQLITE_IOERR_FSYNC,
        ffi::SQLITE_IOERR_SHORT_READ,
        ffi::SQLITE_FULL,
        ffi::SQLITE_CORRUPT,
        ffi::SQLITE_NOTADB,
        ffi::SQLITE_READONLY,
        ffi::SQLITE_CANTOPEN,
        ffi::SQLITE_BUSY,
        ffi::SQLITE_NOMEM,
    ] {
        assert!(!is_local(&error(code)), "{code}");
    }
    assert!(is_local(&error(ffi::SQLITE_CONSTRAINT_UNIQUE)));
}

/// A store in a file with a good many rows, and its file.
async fn in_a_file(folder: &tempfile::TempDir) -> (Arc<GroupCommit>, PathBuf) {
    let path = folder.path().join("store.db");
    let store = Arc::new(GroupCommit::new(open(&Location::Path(path.clone()))));
    let filled = store.call(|connection| {
        connection.execute_batch(
            "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 9999)
             INSERT INTO audit_log SELECT n, n FROM number",
        )
    });
    filled.await.unwrap();
    (store, path)
}

/// Fails unless the store does nothing any more, not even what it could do before.
async fn assert_failed(store: &Arc<GroupCommit>, outcome: Result<usize, StoreError>) {
    for outcome in [outcome, store.call(|_| Ok(0)).await] {
        let failed = matches!(outcome, Err(StoreError::Failed { .. }));
        assert!(failed, "{outcome:?}");
    }
}

#[tokio::test]
async fn a_full_disk_fails_the_store_for_good_and_what_was_on_record_stays() {
    // How: the database may not grow beyond its size.
    let folder = tempfile::tempdir().unwrap();
    let (store, path) = in_a_file(&folder).await;
    let pages = store.call(|connection| {
        let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
    });
    pages.await.unwrap();
    let large = store.call(|connection| {
        connection.execute_batch("CREATE TABLE large (bytes BLOB)")?;
        connection.execute("INSERT INTO large VALUES (zeroblob(1000000))", [])
    });
    let outcome = large.await;
    assert_failed(&store, outcome).await;
    drop(store);
    // Waits until the thread that served the store has let go of it.
    let again = Store::open(&Location::Path(path.clone())).await.unwrap();
    let database = Connection::open(path).unwrap();
    let count = |sql| database.query_row(sql, [], |row| row.get::<_, i64>(0));
    assert_eq!(count("SELECT count(*) FROM audit_log").unwrap(), 9_999);
    assert!(count("SELECT count(*) FROM large").is_err());
    drop(again);
}

#[tokio::test]
async fn damage_that_is_met_at_work_fails_the_store_for_good() {
    // How: the pages are overwritten, and those in memory dropped.
    let folder = tempfile::tempdir().unwrap();
    let (store, path) = in_a_file(&folder).await;
    let moved = store
        .call(|connection| connection.execute_batch("PRAGMA cache_size = 1; PRAGMA shrink_memory"));
    moved.await.unwrap();
    {
        let database = store.database.lock();
        let moved = "PRAGMA wal_checkpoint(TRUNCATE)";
        let is_busy: i64 = database
            .connection
            .query_row(moved, [], |row| row.get(0))
            .unwrap();
        assert_eq!(is_busy, 0);
    }
    let mut bytes = fs::read(&path).unwrap();
    bytes[4_096..].fill(0xff);
    fs::write(&path, bytes).unwrap();
    let outcome = store.call(|connection| {
        connection.query_row("SELECT sum(read_to) FROM audit_log", [], |_| Ok(0))
    });
    let outcome = outcome.await;
    assert_failed(&store, outcome).await;
}

#[tokio::test]
async fn a_file_that_takes_no_writes_any_more_fails_the_store_for_good() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = in_a_file(&folder).await;
    let closed = store.call(|connection| connection.execute_batch("PRAGMA query_only = ON"));
    closed.await.unwrap();
    let outcome = store
        .call(|connection| connection.execute("DELETE FROM audit_log", []))
        .await;
    assert_failed(&store, outcome).await;
}

#[tokio::test]
async fn reading_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (store, path) = in_a_file(&folder).await;
    let wal = path.with_extension("db-wal");
    let before = (fs::read(&path).unwrap(), fs::read(&wal).unwrap());
    let count = "SELECT count(*) FROM audit_log";
    let reads = (0..50).map(|_| {
        store.call(move |connection| connection.query_row(count, [], |row| row.get::<_, i64>(0)))
    });
    for read in futures_util::future::join_all(reads).await {
        assert_eq!(read.unwrap(), 9_999);
    }
    assert!(before == (fs::read(&path).unwrap(), fs::read(&wal).unwrap()));
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
