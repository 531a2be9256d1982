//! The file: who may open it, and what happens to files that are not ours.

use std::fs;

use cordboard_store::{Location, Store, StoreError};

#[tokio::test(start_paused = true)]
async fn a_second_process_is_kept_out_until_the_first_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::Path(folder.path().join("store.db"));
    let first = Store::open(&location).await.unwrap();
    let error = Store::open(&location).await.unwrap_err();
    assert!(matches!(&error, StoreError::Busy { .. }), "{error}");
    drop(first);
    Store::open(&location).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_start_waits_a_moment_for_the_former_process() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::Path(folder.path().join("store.db"));
    let first = Store::open(&location).await.unwrap();
    let (second, ()) = tokio::join!(Store::open(&location), async {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        drop(first);
    });
    second.unwrap();
}

#[tokio::test]
async fn files_of_other_programs_are_refused_and_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let text = "not a database at all, but longer than the hundred bytes of its header. ".repeat(9);
    fs::write(&path, &text).unwrap();
    let error = Store::open(&Location::Path(path.clone()))
        .await
        .unwrap_err();
    assert!(matches!(&error, StoreError::Foreign { .. }), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);

    let path = folder.path().join("other.db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other
        .execute_batch("CREATE TABLE songs (title TEXT)")
        .unwrap();
    drop(other);
    let before = fs::read(&path).unwrap();
    let error = Store::open(&Location::Path(path.clone()))
        .await
        .unwrap_err();
    assert!(matches!(&error, StoreError::Foreign { .. }), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    drop(Store::open(&Location::Path(path.clone())).await.unwrap());
    let newer = rusqlite::Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 1_000).unwrap();
    drop(newer);
    let error = Store::open(&Location::Path(path)).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Newer { found: 1_000, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nowhere").join("store.db");
    let error = Store::open(&Location::Path(path)).await.unwrap_err();
    assert!(matches!(&error, StoreError::Unusable { .. }), "{error}");
    assert!(error.to_string().contains("nowhere"), "{error}");
}
