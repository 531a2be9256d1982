//! strace, which kills at system calls and writes them down.

use std::{env, path::Path, process::Command};

use rustix::process::geteuid;

/// System calls that change files.
pub(crate) const DISK: &str = "pwrite64,fsync,fdatasync,ftruncate,unlink,rename";

/// System calls that send to sockets (hyper and tungstenite use these; `write` is for event counters
/// and the log).
pub(crate) const NETWORK: &str = "sendto,sendmsg,writev";

/// Whether there is strace. Root gets it from apt when it is missing. Where it cannot be had, CI
/// fails, and a person is told what was not tried.
pub(crate) fn is_there() -> bool {
    let works = || {
        let version = Command::new("strace").arg("--version").output();
        version.is_ok_and(|output| output.status.success())
    };
    if works() {
        return true;
    }
    if geteuid().is_root() {
        let install = Command::new("apt-get")
            .args(["install", "--yes", "--quiet", "strace"])
            .output();
        println!("installing strace: {install:?}");
        if works() {
            return true;
        }
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "where it runs is said from outside"
    )]
    let is_ci = env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!is_ci, "CI needs strace");
    println!(
        "SKIPPED: there is no strace; install it to try kills at system calls and power losses"
    );
    false
}

/// `command`, killed on entry of a thread's `nth` call of the set.
pub(crate) fn killed_at(command: &Command, set: &str, nth: u64) -> Command {
    injected(command, set, &format!("signal=SIGKILL:when={nth}"))
}

/// `command`, for which a thread's `nth` call of the set and all later ones fail.
pub(crate) fn failing_from(command: &Command, set: &str, error: &str, nth: u64) -> Command {
    injected(command, set, &format!("error={error}:when={nth}+"))
}

fn injected(command: &Command, set: &str, what: &str) -> Command {
    let inject = format!("inject={set}:{what}");
    // Without --seccomp-bpf, with which strace 6.1 counts no further than the first call.
    let arguments = ["-e", &format!("trace={set}"), "-e", &inject];
    traced(command, &arguments, Path::new("/dev/null"))
}

/// `command`, with all that it writes and syncs recorded in `log`.
pub(crate) fn recorded(command: &Command, log: &Path) -> Command {
    let trace = format!("trace={DISK},{NETWORK}");
    // File names and all bytes in hexadecimal, and none left out.
    let arguments = ["--seccomp-bpf", "-y", "-xx", "-s", "1000000", "-e", &trace];
    traced(command, &arguments, log)
}

fn traced(command: &Command, arguments: &[&str], log: &Path) -> Command {
    let mut strace = Command::new("strace");
    // -D: the program stays our own child, so that its id and its end are what we see.
    strace
        .args(["-D", "-f", "-q"])
        .args(arguments)
        .arg("-o")
        .arg(log)
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        strace.env(name, value.unwrap_or_default());
    }
    strace
}
