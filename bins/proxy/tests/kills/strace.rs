//! strace, which kills at system calls and writes them down.

use std::{env, path::Path, process::Command, sync::OnceLock};

use rustix::process::geteuid;

/// System calls that change files.
pub(crate) const DISK: &str = "pwrite64,fsync,fdatasync,ftruncate,unlink,rename";

/// System calls that send to sockets (hyper and tungstenite use these; `write` is for event counters
/// and the log).
pub(crate) const NETWORK: &str = "sendto,sendmsg,writev";

/// What apt may take, for each of its two steps.
const APT_TIMEOUT: &str = "120s";

/// Asked by tests that run at the same time, of which one looks, and the others wait for it.
static IS_THERE: OnceLock<bool> = OnceLock::new();

/// Whether there is strace. Root gets it from apt when it is missing. Where it cannot be had, CI
/// fails, and a person is told what was not tried.
pub(crate) fn is_there() -> bool {
    if *IS_THERE.get_or_init(|| works() || (geteuid().is_root() && install())) {
        return true;
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

fn works() -> bool {
    let version = Command::new("strace").arg("--version").output();
    version.is_ok_and(|output| output.status.success())
}

/// A fresh machine has no lists of packages yet.
fn install() -> bool {
    for step in [&["update"][..], &["install", "--yes", "strace"]] {
        let done = Command::new("timeout")
            .args([APT_TIMEOUT, "apt-get", "--quiet"])
            .args(step)
            .output();
        println!("apt-get {step:?}: {done:?}");
    }
    works()
}

/// `command`, killed on entry of a thread's `nth` call of the set.
pub(crate) fn killed_at(command: &Command, set: &str, nth: u64) -> Command {
    let inject = format!("inject={set}:signal=SIGKILL:when={nth}");
    // Without --seccomp-bpf, with which strace 6.1 counts no further than the first call.
    let arguments = ["-e", &format!("trace={set}"), "-e", &inject];
    traced(command, &arguments, Path::new("/dev/null"))
}

/// `command`, for which a thread's `nth` call of the set and all later ones fail. Its writes and syncs
/// are recorded in `log`, without what was written.
pub(crate) fn failing_from(
    command: &Command,
    set: &str,
    error: &str,
    nth: u64,
    log: &Path,
) -> Command {
    let inject = format!("inject={set}:error={error}:when={nth}+");
    let arguments = [
        "-y",
        "-s",
        "0",
        "-e",
        "trace=pwrite64,fsync,fdatasync",
        "-e",
        &inject,
    ];
    traced(command, &arguments, log)
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
