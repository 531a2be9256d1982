//! The runtime a program runs on, and how it is left.

use tokio::runtime::Builder;

use crate::{Failed, limits::BLOCKING_STOP_TIMEOUT};

/// Runs a program on a runtime of its own, and returns when the program does.
///
/// Dropping a runtime waits for its blocking threads for ever: one that hangs in a dead disk or a
/// dead name server would keep a process alive that has been told to stop. This leaves it behind
/// after a moment; the end of the process ends it, and no promise hangs on it.
///
/// # Errors
/// The program's own, or what the operating system refuses.
pub fn run_to_end<T>(
    builder: &mut Builder,
    program: impl Future<Output = Result<T, Failed>>,
) -> Result<T, Failed> {
    let runtime = builder.enable_all().build()?;
    let outcome = runtime.block_on(program);
    runtime.shutdown_timeout(BLOCKING_STOP_TIMEOUT);
    outcome
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread, time::Duration};

    use super::*;

    #[test]
    fn a_blocking_thread_that_hangs_does_not_keep_a_program_from_ending() {
        // How: a blocking thread waits for something that comes only after the program has ended.
        let (end, ended) = mpsc::sync_channel(1);
        let (_hang, hung) = mpsc::sync_channel::<()>(1);
        thread::spawn(move || {
            let outcome = run_to_end(&mut Builder::new_current_thread(), async {
                drop(tokio::task::spawn_blocking(move || hung.recv()));
                Ok(())
            });
            end.send(outcome.is_ok())
        });
        let ended = ended.recv_timeout(BLOCKING_STOP_TIMEOUT + Duration::from_secs(20));
        assert_eq!(ended, Ok(true));
    }
}
