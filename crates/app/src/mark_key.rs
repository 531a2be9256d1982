//! The key that signs marks: made at the first start, kept beside the store.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use cordboard_lifecycle::{MarkKey, kp};
use cordboard_store::Location;

use crate::{Config, ConfigError, Failed, config::Problem};

/// The key's size in bytes: as long as the digest it is used with.
const KEY_BYTES: usize = 32;

/// The installation's key. A store in memory gets one that is forgotten with it.
pub(crate) fn load(config: &Config) -> Result<MarkKey, Failed> {
    let path = match (&config.channels.key_file, &config.store) {
        (Some(path), _) => path.clone(),
        (None, Location::Path(store)) => beside(store),
        (None, Location::Memory) => return Ok(MarkKey::new(fresh()?)),
    };
    let failed = |source| Failed::System {
        what: format!("the key {}", path.display()),
        source,
    };
    if !path.try_exists().map_err(failed)? {
        kp!("app.key.missing");
        create(&path).map_err(failed)?;
        kp!("app.key.made");
        tracing::info!(
            file = %path.display(),
            "made the key that signs marks; keep a copy: without it, channels of a lost store cannot be proven ours"
        );
    }
    read(&path)
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

fn read(path: &Path) -> Result<MarkKey, Failed> {
    let wrong = |matter: String, fix: &str| {
        let problem = Problem {
            key: "channels.key_file".to_owned(),
            matter: format!("{}: {matter}", path.display()),
            fix: fix.to_owned(),
        };
        Failed::Config(ConfigError::Unusable {
            problems: vec![problem],
        })
    };
    let mode = fs::metadata(path)
        .map_err(|error| {
            wrong(
                error.to_string(),
                "make it readable, or restore it from a copy",
            )
        })?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        return Err(wrong(
            format!("others may read it (mode {:o})", mode & 0o777),
            "set its mode to 600: whoever knows the key can make marks",
        ));
    }
    let bytes = fs::read(path).map_err(|error| {
        wrong(
            error.to_string(),
            "make it readable, or restore it from a copy",
        )
    })?;
    let key = <[u8; KEY_BYTES]>::try_from(bytes.as_slice()).map_err(|_| {
        wrong(
            format!("holds {} bytes instead of {KEY_BYTES}", bytes.len()),
            "restore it from a copy; only if there is none, remove it",
        )
    })?;
    Ok(MarkKey::new(key))
}
