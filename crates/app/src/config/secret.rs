//! Secrets: given in place, or better in a file that only the service may read.

use std::{
    fs,
    io::{self, Read},
    path::Path,
};

use secrecy::{ExposeSecret, SecretString};

use super::problem::Problem;
use crate::limits::SECRET_FILE_BYTES_MAX;

/// Takes a secret from its key or from the file its `…_file` key names.
pub(crate) fn take(
    key: &str,
    in_place: Option<SecretString>,
    file: Option<&Path>,
    problems: &mut Vec<Problem>,
) -> Option<SecretString> {
    let secret = match (in_place, file) {
        (Some(_), Some(_)) => {
            problems.push(Problem::new(
                key,
                format!("is given twice, here and as {key}_file"),
                "keep the file and remove the other",
            ));
            return None;
        }
        (Some(secret), None) => secret,
        (None, Some(path)) => match read(path) {
            Ok(secret) => secret,
            Err(error) => {
                problems.push(Problem::new(
                    format!("{key}_file"),
                    format!("cannot read {}: {error}", path.display()),
                    "name a readable text file that holds the secret and nothing else",
                ));
                return None;
            }
        },
        (None, None) => {
            problems.push(Problem::new(
                key,
                "is missing",
                format!("set {key}_file to a file that holds it, or set {key}"),
            ));
            return None;
        }
    };
    if secret.expose_secret().trim().is_empty() {
        problems.push(Problem::new(key, "is empty", "put the secret there"));
        return None;
    }
    Some(secret)
}

fn read(path: &Path) -> io::Result<SecretString> {
    let text = read_whole(path, SECRET_FILE_BYTES_MAX)?;
    // Editors end files with a line break; no token or key contains white space at its ends.
    Ok(SecretString::from(text.trim()))
}

/// Reads a text file that is not larger than expected. Half of one would be something else than
/// what was meant.
pub(crate) fn read_whole(path: &Path, bytes_max: u64) -> io::Result<String> {
    let mut text = String::new();
    let file = fs::File::open(path)?;
    let read = file.take(bytes_max + 1).read_to_string(&mut text)?;
    if u64::try_from(read).unwrap_or(u64::MAX) > bytes_max {
        let matter = format!("it is larger than {bytes_max} bytes; is it the right file?");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, matter));
    }
    Ok(text)
}
