//! The file: who may open it, and what happens to files that are not ours.

use std::{fs, os::unix::fs::symlink};

use cordboard_lifecycle::{Event, Registry as _};
use cordboard_store::{Location, Settings, Store, StoreError, limits};

use crate::life::{Life, by_hand, location, open};

#[tokio::test(start_paused = true)]
async fn a_second_process_is_kept_out_until_the_first_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::Path(folder.path().join("store.db"));
    let first = Store::open(&location).await.unwrap();
    let error = Store::open(&location).await.unwrap_err();
    assert!(matches!(&error, StoreError::Busy { .. }), "{error}");
    let holder = format!("the process {} is using", std::process::id());
    assert!(error.to_string().contains(&holder), "{error}");
    drop(first);
    Store::open(&location).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_is_kept_out_is_told_the_program_that_holds_it() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::Path(folder.path().join("store.db"));
    let settings = Settings {
        program: Some("cordboard-maintenance"),
        ..Settings::default()
    };
    let first = Store::open_with(&location, settings).await.unwrap();
    let error = Store::open(&location).await.unwrap_err();
    let told = format!(
        "the process {} (cordboard-maintenance) is using",
        std::process::id()
    );
    assert!(error.to_string().contains(&told), "{error}");
    drop(first);
    let _second = Store::open(&location).await.unwrap();
    let error = Store::open(&location).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Busy { program: None, .. }),
        "{error}: nothing is left of the first one"
    );
}

#[tokio::test(start_paused = true)]
async fn a_second_process_is_kept_out_however_it_spells_the_path() {
    // How: through links to the file and to its folder, also before there is a file.
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().join("store.db");
    let link = folder.path().join("link.db");
    let link_to_link = folder.path().join("link to link.db");
    let there = folder.path().join("there");
    symlink("store.db", &link).unwrap();
    symlink(&link, &link_to_link).unwrap();
    symlink(folder.path(), &there).unwrap();
    let roundabout = there.join("..").join(folder.path().file_name().unwrap());
    let spellings = [
        link,
        link_to_link,
        there.join("store.db"),
        roundabout.join("store.db"),
        real.clone(),
    ];
    for first in &spellings {
        let first = Store::open(&Location::Path(first.clone())).await.unwrap();
        for spelling in &spellings {
            let second = Store::open(&Location::Path(spelling.clone())).await;
            let error = second.expect_err(&spelling.display().to_string());
            assert!(matches!(&error, StoreError::Busy { .. }), "{error}");
        }
        drop(first);
        fs::remove_file(&real).unwrap();
    }
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
async fn what_is_refused_keeps_its_log_of_writes_as_it_was() {
    // How: each file comes with a log that was never moved into it, as a killed process leaves it.
    let song = "PRAGMA journal_mode = WAL; CREATE TABLE songs (title TEXT)";
    for (name, writes) in [
        ("foreign", song),
        ("newer", "PRAGMA user_version = 1000"),
        ("damaged", "UPDATE state SET prunable_before_ms = 1"),
        ("ours", "UPDATE state SET prunable_before_ms = 1"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        if name != "foreign" {
            let life = Life::of(open(&folder).await).await;
            life.plan(1).await;
            drop(life);
            drop(open(&folder).await);
        }
        let writer = by_hand(&folder);
        writer.execute_batch(writes).unwrap();
        let path = folder.path().join("store.db");
        let mut database = fs::read(&path).unwrap();
        if name == "damaged" {
            let page = database.len() / 4_096 / 2;
            database[page * 4_096..(page + 1) * 4_096].fill(0xff);
        }
        let log = fs::read(folder.path().join("store.db-wal")).unwrap();
        assert!(!log.is_empty(), "{name}: there is nothing to move");
        drop(writer);
        let found = tempfile::tempdir().unwrap();
        let (path, wal) = (
            found.path().join("store.db"),
            found.path().join("store.db-wal"),
        );
        fs::write(&path, &database).unwrap();
        fs::write(&wal, &log).unwrap();
        match Store::open(&location(&found)).await {
            Ok(store) => {
                assert_eq!(name, "ours");
                drop(store);
                assert!(!wal.exists(), "what is ours is moved at the end");
            }
            Err(error) => {
                let found = match error {
                    StoreError::Foreign { .. } => "foreign",
                    StoreError::Newer { .. } => "newer",
                    StoreError::Corrupt { .. } => "damaged",
                    _ => "something else",
                };
                assert_eq!(found, name);
                assert!(
                    fs::read(&path).unwrap() == database,
                    "{name}: it was touched"
                );
                assert!(
                    fs::read(&wal).unwrap() == log,
                    "{name}: its log was touched"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nowhere").join("store.db");
    let error = Store::open(&Location::Path(path)).await.unwrap_err();
    assert!(matches!(&error, StoreError::Unusable { .. }), "{error}");
    assert!(error.to_string().contains("nowhere"), "{error}");
}

#[tokio::test]
async fn a_place_that_takes_no_files_is_named() {
    // How: nobody can make a file in /proc, and a folder is no database.
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("folder");
    fs::create_dir(&folder).unwrap();
    for place in [folder, "/proc/store.db".into()] {
        let error = Store::open(&Location::Path(place)).await.unwrap_err();
        assert!(matches!(&error, StoreError::Unusable { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_damaged_database_is_refused_with_what_to_do_and_not_touched() {
    // How: one page after the other is overwritten in a file that was closed in order.
    let folder = tempfile::tempdir().unwrap();
    let life = Life::of(open(&folder).await).await;
    for number in 0..200 {
        life.plan(number).await;
    }
    drop(life);
    // Waits until the last one to leave has moved the log into the database.
    drop(open(&folder).await);
    let path = folder.path().join("store.db");
    let sound = fs::read(&path).unwrap();
    let mut refused = 0;
    for page in 1..sound.len() / 4_096 {
        let mut damaged = sound.clone();
        damaged[page * 4_096..(page + 1) * 4_096].fill(0xff);
        fs::write(&path, &damaged).unwrap();
        let error = Store::open(&location(&folder)).await.unwrap_err();
        assert!(matches!(&error, StoreError::Corrupt { .. }), "{error}");
        assert!(error.to_string().contains("restore a backup"), "{error}");
        assert!(fs::read(&path).unwrap() == damaged, "it was touched");
        refused += 1;
    }
    assert!(refused > 10, "only {refused} pages");
    fs::write(&path, sound).unwrap();
    open(&folder).await;
}

#[tokio::test]
async fn of_a_large_database_the_rows_are_checked() {
    // How: the file is padded beyond what is checked as a whole, and the first page of each of its
    // structures overwritten.
    let folder = tempfile::tempdir().unwrap();
    let life = Life::of(open(&folder).await).await;
    life.plan(1).await;
    drop(life);
    drop(open(&folder).await);
    let database = by_hand(&folder);
    let padding = "CREATE TABLE padding (bytes BLOB)";
    database.execute_batch(padding).unwrap();
    database
        .execute(
            "INSERT INTO padding VALUES (zeroblob(?1))",
            [i64::try_from(limits::CHECKED_BYTES_MAX).unwrap()],
        )
        .unwrap();
    let page_of = |name: &str| {
        let query = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
        let page = database.query_row(query, [name], |row| row.get::<_, u32>(0));
        usize::try_from(page.unwrap()).unwrap() - 1
    };
    let checked = [
        "channel",
        "channel_open",
        "channel_is_one",
        "shard",
        "watched",
        "watched_dropped",
        "tally",
        "gap",
        "gap_is_told_once",
        "consumer",
    ];
    let pages = checked.map(page_of);
    drop(database);
    drop(open(&folder).await);
    let path = folder.path().join("store.db");
    let sound = fs::read(&path).unwrap();
    for page in pages {
        let mut damaged = sound.clone();
        damaged[page * 4_096..(page + 1) * 4_096].fill(0xff);
        fs::write(&path, &damaged).unwrap();
        let error = Store::open(&location(&folder)).await.unwrap_err();
        assert!(matches!(&error, StoreError::Corrupt { .. }), "{error}");
    }
}

#[tokio::test]
async fn the_log_of_writes_stays_small_and_is_moved_into_the_database_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let life = Life::of(open(&folder).await).await;
    let wal = folder.path().join("store.db-wal");
    for round in 0..8 {
        let rows = (0..500).map(|number| life.plan(round * 500 + number));
        futures_util::future::join_all(rows).await;
        life.take(round * 500, Event::Lost).await;
        let bytes = fs::metadata(&wal).unwrap().len();
        assert!(bytes <= u64::from(limits::WAL_KEPT_BYTES), "{bytes}");
    }
    drop(life);
    drop(open(&folder).await);
    assert!(!wal.exists(), "the last one to leave moves it");
    let registry = open(&folder).await.registry();
    assert_eq!(registry.open(None, 5_000).await.unwrap().len(), 4_000);
}

#[tokio::test]
async fn the_room_on_the_disk_is_told_and_memory_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let space = open(&folder).await.space().await.unwrap().unwrap();
    assert!(space.free_bytes <= space.total_bytes && space.total_bytes > 0);
    assert!(space.is_low(Some(u64::MAX)) && !space.is_low(Some(0)));
    let memory = Store::open(&Location::Memory).await.unwrap();
    assert_eq!(memory.space().await.unwrap(), None);
}
