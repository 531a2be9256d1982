//! The SQLite record of messages against the suite every one has to pass.

use std::cell::RefCell;

use cordboard_recovery::conformance;
use cordboard_store::{Location, SqliteInbox, Store};
use tempfile::TempDir;

use crate::life::open;

#[tokio::test]
async fn the_record_in_a_file_conforms() {
    let folders: RefCell<Vec<TempDir>> = RefCell::default();
    let fresh = async || {
        let folder = tempfile::tempdir().unwrap();
        let record = open(&folder).await.inbox();
        folders.borrow_mut().push(folder);
        record
    };
    // The suite works on one record at a time: the last one.
    let reopened = async |record: SqliteInbox| {
        drop(record);
        let folder = folders.borrow_mut().pop().unwrap();
        let record = open(&folder).await.inbox();
        folders.borrow_mut().push(folder);
        record
    };
    conformance::suite(fresh, reopened).await;
}

#[tokio::test(start_paused = true)]
async fn the_record_in_memory_conforms_but_for_the_forgetting() {
    let fresh = async || Store::open(&Location::Memory).await.unwrap().inbox();
    conformance::suite(fresh, async |record| record).await;
}
