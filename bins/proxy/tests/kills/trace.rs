//! What strace wrote down: what reached the kernel for files, and what left for Discord, in order.

use std::{collections::HashMap, path::Path};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Happened {
    Write {
        file: String,
        offset: usize,
        bytes: Vec<u8>,
    },
    Truncate {
        file: String,
        length: usize,
    },
    Unlink {
        file: String,
    },
    /// The file, or folder, is safe: the call has returned.
    Sync {
        file: String,
    },
    /// Bytes are given to a socket: from here on, Discord may act on them.
    Send {
        bytes: Vec<u8>,
    },
}

/// Reads a log of [`crate::strace::recorded`]. Files are named without their folder.
///
/// # Panics
/// When a line is not understood: half a history would prove nothing.
pub(crate) fn read(log: &str) -> Vec<Happened> {
    let mut history = Vec::new();
    // Calls of other threads stand between the two halves of a call that takes long.
    let mut halves: HashMap<&str, String> = HashMap::new();
    for line in log.lines() {
        let (thread, call) = line.trim_start().split_once(' ').expect("a thread's id");
        let call = call.trim_start();
        // Whoever is killed in a call does not see it return.
        let call = &*call.replace(" <unfinished ...>) = ?", ") = ?");
        if call.starts_with("+++") || call.starts_with("---") {
            continue;
        }
        if let Some(call) = call.strip_suffix(" <unfinished ...>") {
            // What is written or sent may take effect before the call returns.
            history.extend(begun(call));
            halves.insert(thread, call.to_owned());
        } else if call.starts_with("<... ") {
            let (_, result) = call.split_once(" resumed>").expect("the other half");
            let first = halves.remove(thread).expect("a first half");
            history.extend(done(&format!("{first}{result}")));
        } else {
            history.extend(begun(call));
            history.extend(done(call));
        }
    }
    history
}

/// What happens as soon as a call is made.
fn begun(call: &str) -> Option<Happened> {
    let (name, arguments) = call.split_once('(').expect("a call has arguments");
    match name {
        "pwrite64" => {
            let (data, rest) = quoted(arguments).expect("data");
            let offset = rest.split(", ").nth(2).expect("an offset");
            let offset = offset.trim_end().split(')').next().expect("a number");
            Some(Happened::Write {
                file: file(arguments),
                offset: offset.parse().expect("a number"),
                bytes: data,
            })
        }
        "ftruncate" => {
            let length = arguments.split(", ").nth(1).expect("a length");
            let length = length.split(')').next().expect("a number");
            Some(Happened::Truncate {
                file: file(arguments),
                length: length.trim().parse().expect("a number"),
            })
        }
        "unlink" => {
            let (path, _) = quoted(arguments).expect("a path");
            Some(Happened::Unlink {
                file: base(&String::from_utf8_lossy(&path)),
            })
        }
        "sendto" | "sendmsg" | "writev" => {
            let mut bytes = Vec::new();
            let mut rest = arguments;
            while let Some((data, after)) = quoted(rest) {
                bytes.extend(data);
                rest = after;
            }
            Some(Happened::Send { bytes })
        }
        // Done when they return; the key's file is no concern here.
        "fsync" | "fdatasync" | "rename" => None,
        other => panic!("{other} was not asked for"),
    }
}

/// What has happened when a call has returned.
fn done(call: &str) -> Option<Happened> {
    let is_sync = call.starts_with("fsync(") || call.starts_with("fdatasync(");
    if !is_sync {
        return None;
    }
    if call.trim_end().ends_with("= ?") {
        return None; // the process was killed in it
    }
    assert!(call.trim_end().ends_with("= 0"), "a sync failed: {call}");
    let (_, arguments) = call.split_once('(')?;
    Some(Happened::Sync {
        file: file(arguments),
    })
}

/// The name of the file that a call's first argument, `7<…>`, stands for.
fn file(arguments: &str) -> String {
    let (_, path) = arguments.split_once('<').expect("a descriptor's path");
    let (path, _) = path.split_once('>').expect("its end");
    base(&String::from_utf8_lossy(&unhex(path)))
}

fn base(path: &str) -> String {
    let name = Path::new(path).file_name().expect("a name");
    name.to_string_lossy().into_owned()
}

/// The next text in quotation marks, and what follows it.
fn quoted(text: &str) -> Option<(Vec<u8>, &str)> {
    let (_, text) = text.split_once('"')?;
    let (text, rest) = text.split_once('"')?;
    assert!(!rest.starts_with("..."), "strace has cut something short");
    Some((unhex(text), rest))
}

fn unhex(text: &str) -> Vec<u8> {
    let byte = |digits| u8::from_str_radix(digits, 16).expect("two digits");
    text.split("\\x").skip(1).map(byte).collect()
}

#[test]
fn a_log_of_strace_is_read_as_it_happened() {
    // How: the lines of strace 6.1, one call cut in two by another thread.
    let log = r#"17 pwrite64(5<\x2f\x61\x2f\x64>, "\x01\x02", 2, 32) = 2
17 fsync(5<\x2f\x61\x2f\x64> <unfinished ...>
18 writev(6<\x73>, [{iov_base="\x41", iov_len=1}, {iov_base="\x42", iov_len=1}], 2) = 2
17 <... fsync resumed>)                 = 0
17 unlink("\x2f\x61\x2f\x64") = 0
18 +++ exited with 0 +++
"#;
    let file = || "d".to_owned();
    let expected = [
        Happened::Write {
            file: file(),
            offset: 32,
            bytes: vec![1, 2],
        },
        Happened::Send {
            bytes: b"AB".to_vec(),
        },
        Happened::Sync { file: file() },
        Happened::Unlink { file: file() },
    ];
    assert_eq!(read(log), expected);
}
