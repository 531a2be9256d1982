//! Reading what is imported, and writing what came of it: secrets for nobody else to read, and nothing
//! over what is there already.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret as _, SecretString};

use super::{Imported, Old};
use crate::{config::read_whole, limits::CONFIG_FILE_BYTES_MAX};

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// A file that was named cannot be read.
    #[error("cannot read {}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Files are there already. None was touched.
    #[error("{} already: nothing was written; move it away, or overwrite with --force", names(.paths))]
    Exists {
        /// The files.
        paths: Vec<PathBuf>,
    },
    /// A file cannot be written. Those that were written before it are there.
    #[error("cannot write {}", .path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

fn names(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let verb = if names.len() == 1 { "exists" } else { "exist" };
    format!("{} {verb}", names.join(", "))
}

// === impl Old ===

impl Old {
    /// As [`Old::of_text`], from a file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of_file(path: &Path) -> Result<Self, ImportError> {
        Ok(Self::of_text(&read(path)?))
    }

    /// As [`Old::with_bot_config`], from a file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn with_bot_config_file(self, path: &Path) -> Result<Self, ImportError> {
        Ok(self.with_bot_config(read(path)?))
    }
}

// === impl Imported ===

impl Imported {
    /// Writes the configuration to `path` and the secrets beside it, with mode 600; the configuration
    /// last, so that it is never there without them. Gives the paths.
    ///
    /// # Errors
    /// When one of them is there already, unless `force` says to overwrite it, or cannot be written.
    pub fn write_to(&self, path: &Path, force: bool) -> Result<Vec<PathBuf>, ImportError> {
        let folder = path.parent().unwrap_or(Path::new(""));
        let secrets = self.secrets.iter();
        let secrets = secrets.map(|file| (folder.join(&file.name), Some(&file.secret)));
        let files: Vec<(PathBuf, Option<&SecretString>)> =
            secrets.chain([(path.to_owned(), None)]).collect();
        let there = |(path, _): &&(PathBuf, _)| fs::symlink_metadata(path).is_ok();
        let there: Vec<PathBuf> = files
            .iter()
            .filter(there)
            .map(|(path, _)| path.clone())
            .collect();
        if !there.is_empty() && !force {
            return Err(ImportError::Exists { paths: there });
        }
        for (path, secret) in &files {
            let (text, mode) = match secret {
                Some(secret) => (format!("{}\n", secret.expose_secret()), 0o600),
                None => (self.toml.clone(), 0o644),
            };
            let written = put(path, &text, mode, force);
            written.map_err(|source| ImportError::Unwritable {
                path: path.clone(),
                source,
            })?;
        }
        Ok(files.into_iter().map(|(path, _)| path).collect())
    }
}

/// Writes a file whole: under another name first, if it replaces one.
fn put(path: &Path, text: &str, mode: u32, force: bool) -> io::Result<()> {
    let write = |path: &Path| {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    if !force {
        return write(path);
    }
    let mut draft = path.to_owned().into_os_string();
    draft.push(".new");
    let draft = PathBuf::from(draft);
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    write(&draft)?;
    fs::rename(&draft, path)
}

fn read(path: &Path) -> Result<String, ImportError> {
    read_whole(path, CONFIG_FILE_BYTES_MAX).map_err(|source| ImportError::Unreadable {
        path: path.to_owned(),
        source,
    })
}
