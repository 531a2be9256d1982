//! When to stop: signals of the operating system.

use std::{io, process, sync::mpsc, thread};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// What a shell adds to a signal's number to name the exit code of a process that it ended.
const SIGNALLED: i32 = 128;

/// Resolves at the first SIGTERM or SIGINT. The second one ends the process at once, with exit code
/// 143 or 130, which is safe: what was created is on record, and the next start goes on.
///
/// A thread of its own waits for them: a program that hangs can still be told to end.
///
/// # Errors
/// When the signal handlers cannot be installed.
pub fn signals() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let stop = CancellationToken::new();
    let told = stop.clone();
    let (sender, installed) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || wait(&told, &sender))?;
    installed
        .recv()
        .unwrap_or_else(|ended| Err(io::Error::other(ended)))?;
    Ok(stop.cancelled_owned())
}

/// SIGHUP, which tells a daemon to read its configuration again.
///
/// # Errors
/// When the signal handler cannot be installed.
pub fn hangups() -> io::Result<Signal> {
    signal(SignalKind::hangup())
}

/// Waits for the first signal and passes it on, then for the second and ends the process.
fn wait(stop: &CancellationToken, installed: &mpsc::SyncSender<io::Result<()>>) {
    let handlers = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        let entered = runtime.enter();
        let terminate = signal(SignalKind::terminate())?;
        let interrupt = signal(SignalKind::interrupt())?;
        drop(entered);
        Ok((runtime, terminate, interrupt))
    };
    let (runtime, mut terminate, mut interrupt) = match handlers() {
        Ok(handlers) => handlers,
        Err(error) => {
            // Whoever asked for them waits for this; the buffer has room for it.
            drop(installed.send(Err(error)));
            return;
        }
    };
    drop(installed.send(Ok(())));
    let number = runtime.block_on(async {
        next(&mut terminate, &mut interrupt).await;
        stop.cancel();
        next(&mut terminate, &mut interrupt).await
    });
    tracing::warn!(signal = number, "told twice to stop; ending at once");
    #[expect(
        clippy::exit,
        reason = "whoever asks twice does not want to wait for destructors"
    )]
    process::exit(SIGNALLED + number);
}

/// The number of the signal that comes next.
async fn next(terminate: &mut Signal, interrupt: &mut Signal) -> i32 {
    let kind = tokio::select! {
        _ = terminate.recv() => SignalKind::terminate(),
        _ = interrupt.recv() => SignalKind::interrupt(),
    };
    kind.as_raw_value()
}
