//! A file that has its name only once all of it is on its disk.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

/// What a draft has behind its name until it is whole.
const PART: &str = ".part";

/// A file that is being written: removed when dropped before it is whole.
pub(crate) struct Draft {
    whole: PathBuf,
    part: PathBuf,
    out: BufWriter<File>,
    /// Opened at once: what cannot be opened is found before there is anything to lose.
    folder: File,
    is_whole: bool,
}

// === impl Draft ===

impl Draft {
    /// Begins with a file. It must not be there, and nobody else may read it: messages may be in it.
    pub(crate) fn new(whole: &Path) -> io::Result<Self> {
        not_there(whole)?;
        let folder = whole.parent();
        let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
        let folder = File::open(folder.unwrap_or(Path::new(".")))?;
        let mut part = OsString::from(whole);
        part.push(PART);
        let part = PathBuf::from(part);
        let mut options = OpenOptions::new();
        let made = options.write(true).create_new(true).mode(0o600).open(&part);
        let file = made.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                let matter = format!(
                    "{} is there: it is being written, or whoever did was killed; remove it if nobody does",
                    part.display()
                );
                io::Error::new(io::ErrorKind::AlreadyExists, matter)
            }
            _ => error,
        })?;
        Ok(Self {
            whole: whole.to_owned(),
            part,
            out: BufWriter::new(file),
            folder,
            is_whole: false,
        })
    }

    /// Gives it its name, for good.
    pub(crate) fn make_whole(mut self) -> io::Result<()> {
        self.out.flush()?;
        self.out.get_ref().sync_all()?;
        // Somebody may have made one meanwhile.
        not_there(&self.whole)?;
        fs::rename(&self.part, &self.whole)?;
        self.is_whole = true;
        match self.folder.sync_all() {
            // There are file systems that sync no folders; it is whole all the same.
            Err(error) if is_unsupported(&error) => Ok(()),
            synced => synced,
        }
    }
}

/// `EINVAL`, `ENOTSUP`.
fn is_unsupported(error: &io::Error) -> bool {
    let kind = error.kind();
    matches!(
        kind,
        io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
    )
}

fn not_there(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok() {
        let matter = "it is there already, and nothing is overwritten; name another file";
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, matter));
    }
    Ok(())
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for Draft {
    /// Interrupted, or failed: the same command can be given again.
    fn drop(&mut self) {
        if !self.is_whole {
            drop(fs::remove_file(&self.part));
        }
    }
}
