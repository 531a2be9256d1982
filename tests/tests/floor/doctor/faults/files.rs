//! A configuration, a store and what belongs to it that are not as they have to be.

use std::{fs, path::PathBuf};

use cordboard_tests::World;
use rusqlite::Connection;

use super::{NOTHING, SetUpFault, case, set, set_version};

/// No schema has come so far.
const NEWER: i64 = 999;

fn beside_the_store(world: &World, ending: &str) -> PathBuf {
    let mut path = world.store().into_os_string();
    path.push(ending);
    path.into()
}

fn kept_key(world: &World) -> PathBuf {
    beside_the_store(world, ".kept")
}

fn hold_deletions(world: &World, is_held: bool) {
    let store = Connection::open(world.store()).unwrap();
    let held = store.execute("UPDATE state SET deletions_held = ?1", [is_held]);
    assert_eq!(held.unwrap(), 1);
}

pub(super) fn all() -> Vec<SetUpFault> {
    vec![
        case(
            "the configuration cannot be read",
            |_| set("DISCORD", "nonsense"),
            &["config.file"],
            NOTHING,
        ),
        case(
            "keys are wrong",
            |_| {
                let mut variables = set("LISTEN", &"nowhere");
                variables.extend(set("CHANNELS__NAME_PREFIX", &"No!"));
                variables
            },
            &["config.key", "config.key"],
            NOTHING,
        ),
        case(
            "the disk is full",
            |_| set("STORE__FREE_MIN_BYTES", &(1_u64 << 60)),
            &["store.disk"],
            NOTHING,
        ),
        case(
            "the store is newer",
            |world| {
                set_version(world, NEWER);
                Vec::new()
            },
            &["store.file"],
            NOTHING, // the test itself, which knows the version
        ),
        case(
            "the store has nowhere to be",
            |_| set("STORE__URL", &"sqlite:/nowhere/at/all/cordboard.db"),
            &["store.file"],
            NOTHING,
        ),
        case(
            "the daybook is newer",
            |world| {
                let daybook = Connection::open(beside_the_store(world, ".daybook")).unwrap();
                daybook.pragma_update(None, "user_version", NEWER).unwrap();
                Vec::new()
            },
            &["store.daybook"],
            |world| fs::remove_file(beside_the_store(world, ".daybook")).unwrap(),
        ),
        case(
            "the key is lost",
            |world| {
                fs::rename(world.key(), kept_key(world)).unwrap();
                Vec::new()
            },
            &["store.key"],
            |world| fs::rename(kept_key(world), world.key()).unwrap(),
        ),
        case(
            "deletions are held",
            |world| {
                hold_deletions(world, true);
                Vec::new()
            },
            &["store.deletions"],
            |world| hold_deletions(world, false),
        ),
    ]
}
