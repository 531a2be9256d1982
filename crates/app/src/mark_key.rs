//! The key that signs marks: made at the first start, kept beside the store.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use cordboard_lifecycle::{MarkKey, kp};
use cordboard_store::{Location, Store};
use sha2::{Digest as _, Sha256};
use tokio::{task::spawn_blocking, time::timeout};

use crate::{Config, ConfigError, Failed, config::Problem, limits::KEY_FILE_TIMEOUT, settings};

/// The key's size in bytes: as long as the digest it is used with.
const KEY_BYTES: usize = 32;

/// What makes the fingerprint a digest that nothing else takes of the key.
const FINGERPRINT_PURPOSE: &[u8] = b"cordboard fingerprint of the key that signs marks\0";

/// What to do about a key that is lost.
pub(crate) const LOST_FIX: &str = "restore the key from its copy; only if it is lost for good, remove what is left of it and start \
     once with channels.accept_new_key = true";

/// The installation's key. A store in memory gets one that is forgotten with it.
///
/// The store knows its fingerprint. Another key would look as good, and creations whose answers were
/// lost under the old one would never be recognised: so it is refused, unless the operator accepts it.
pub(crate) async fn load(config: &Config, store: &Store) -> Result<MarkKey, Failed> {
    let Some(path) = path(config) else {
        return Ok(MarkKey::new(fresh()?));
    };
    let known = store.key_fingerprint().await;
    let known = known.map_err(settings::store_failed)?;
    let is_accepted = config.channels.accept_new_key;
    let key = take(path.clone(), known.is_none() || is_accepted).await?;
    let fingerprint = fingerprint(&key);
    match known {
        Some(known) if known == fingerprint => {
            if is_accepted {
                tracing::warn!(
                    "channels.accept_new_key is set, and the key is the old one; remove it, or the loss of the key goes unnoticed"
                );
            }
        }
        Some(_) if !is_accepted => {
            let matter = "is another key than the one that has signed the store's marks";
            return Err(lost(&path, matter));
        }
        known => {
            if known.is_some() {
                tracing::error!(
                    file = %path.display(),
                    "a new key signs marks, because channels.accept_new_key is set: creations whose answers were lost before can no longer be recognised, and their channels stay; look for them by hand, and remove channels.accept_new_key"
                );
            }
            let recorded = store.set_key_fingerprint(fingerprint).await;
            recorded.map_err(settings::store_failed)?;
        }
    }
    Ok(MarkKey::new(key))
}

/// Where the key is; `None`: nowhere, for a store in memory.
pub(crate) fn path(config: &Config) -> Option<PathBuf> {
    match (&config.channels.key_file, &config.store) {
        (Some(path), _) => Some(path.clone()),
        (None, Location::Path(store)) => Some(beside(store)),
        (None, Location::Memory) => None,
    }
}

/// Whether the key is there, and the one whose fingerprint the store knows. Makes none.
///
/// # Errors
/// Says what is wrong with it.
pub(crate) async fn check(config: &Config, known: Option<&str>) -> Result<bool, Failed> {
    Ok(find(config, known).await?.is_some())
}

/// The key whose fingerprint the store knows, for those who only look; `None`: none has ever signed
/// anything. Makes none.
///
/// # Errors
/// Says what is wrong with it.
pub(crate) async fn find(config: &Config, known: Option<&str>) -> Result<Option<MarkKey>, Failed> {
    let Some(path) = path(config) else {
        return Ok(None);
    };
    let is_there = path.try_exists().map_err(|source| system(&path, source))?;
    if !is_there && known.is_none() {
        return Ok(None);
    }
    let key = take(path.clone(), false).await?;
    match known {
        Some(known) if known != fingerprint(&key) => {
            let matter = "is another key than the one that has signed the store's marks";
            Err(lost(&path, matter))
        }
        _ => Ok(Some(MarkKey::new(key))),
    }
}

/// Reads the key, on a thread that may block. Makes it if there is none and there may be a new one.
async fn take(path: PathBuf, may_make: bool) -> Result<[u8; KEY_BYTES], Failed> {
    let place = path.clone();
    let failed = |source| system(&place, source);
    let taking = spawn_blocking(move || {
        if !path.try_exists().map_err(|source| system(&path, source))? {
            if !may_make {
                let matter = "is missing, and the store's marks are signed with it";
                return Err(lost(&path, matter));
            }
            kp!("app.key.missing");
            create(&path).map_err(|source| system(&path, source))?;
            kp!("app.key.made");
            tracing::info!(
                file = %path.display(),
                "made the key that signs marks; keep a copy: without it, channels of a lost store cannot be proven ours"
            );
        }
        read(&path)
    });
    match timeout(KEY_FILE_TIMEOUT, taking).await {
        Ok(Ok(taken)) => taken,
        Ok(Err(panicked)) => Err(failed(io::Error::other(panicked))),
        Err(elapsed) => Err(failed(io::Error::new(io::ErrorKind::TimedOut, elapsed))),
    }
}

fn system(path: &Path, source: io::Error) -> Failed {
    Failed::System {
        what: format!("the key {}", path.display()),
        source,
    }
}

/// The first 8 bytes of the digest: enough to tell any two keys of an installation apart.
fn fingerprint(key: &[u8; KEY_BYTES]) -> String {
    let digest = Sha256::new_with_prefix(FINGERPRINT_PURPOSE).chain_update(key);
    let mut first = [0; size_of::<u64>()];
    first.copy_from_slice(&digest.finalize()[..size_of::<u64>()]);
    format!("{:016x}", u64::from_be_bytes(first))
}

fn beside(store: &Path) -> PathBuf {
    let mut path = store.to_owned().into_os_string();
    path.push(".key");
    path.into()
}

fn fresh() -> io::Result<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    Ok(key)
}

/// Writes a fresh key under another name, syncs it, and only then gives it its own: a crash leaves
/// either no key or a whole one.
fn create(path: &Path) -> io::Result<()> {
    let mut draft = path.to_owned().into_os_string();
    draft.push(".new");
    let draft = PathBuf::from(draft);
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    kp!("app.key.draft_opened");
    file.write_all(&fresh()?)?;
    kp!("app.key.draft_written");
    file.sync_all()?;
    kp!("app.key.draft_synced");
    fs::rename(&draft, path)?;
    kp!("app.key.renamed");
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// What is wrong with the file, and what to do about it.
fn wrong(path: &Path, matter: &str, fix: &str) -> Failed {
    let matter = format!("{}: {matter}", path.display());
    Failed::Config(ConfigError::Unusable {
        problems: vec![Problem::new("channels.key_file", matter, fix)],
    })
}

fn lost(path: &Path, matter: &str) -> Failed {
    wrong(path, matter, LOST_FIX)
}

fn read(path: &Path) -> Result<[u8; KEY_BYTES], Failed> {
    let unreadable = |error: io::Error| {
        let fix = "make it readable, or restore it from a copy";
        wrong(path, &error.to_string(), fix)
    };
    let metadata = fs::metadata(path).map_err(unreadable)?;
    let mode = metadata.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(wrong(
            path,
            &format!("others may read it (mode {:o})", mode & 0o777),
            "set its mode to 600: whoever knows the key can make marks",
        ));
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    <[u8; KEY_BYTES]>::try_from(bytes.as_slice()).map_err(|_| {
        let matter = format!("holds {} bytes instead of {KEY_BYTES}", bytes.len());
        lost(path, &matter)
    })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use tokio::time::{Instant, advance};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_disk_that_hangs_under_the_key_ends_the_start() {
        // How: a pipe to which nobody writes; a task beside it goes on, and time passes.
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("cordboard.key");
        let mut mkfifo = Command::new("mkfifo");
        let made = mkfifo.args(["-m", "600"]).arg(&pipe).status().unwrap();
        assert!(made.success());
        let began = Instant::now();
        let (taken, ()) = tokio::join!(take(pipe.clone(), true), advance(KEY_FILE_TIMEOUT));
        let failed = taken.unwrap_err();
        assert_eq!(failed.exit_code(), 71, "{failed}");
        assert_eq!(began.elapsed(), KEY_FILE_TIMEOUT);
        // Lets the thread that reads it come to its end.
        drop(OpenOptions::new().write(true).open(&pipe).unwrap());
    }

    #[test]
    fn a_fingerprint_tells_keys_apart_and_is_no_digest_that_is_used_elsewhere() {
        let (one, other) = (fingerprint(&[1; KEY_BYTES]), fingerprint(&[2; KEY_BYTES]));
        assert_ne!(one, other);
        assert_eq!(one.len(), 16);
        let plain = format!("{:x}", Sha256::digest([1; KEY_BYTES]));
        assert!(!plain.starts_with(&one));
    }
}
