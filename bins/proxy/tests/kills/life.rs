//! One life of the binary: a process from its start to its end, however it ends.

use std::{
    collections::VecDeque,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    os::unix::process::ExitStatusExt as _,
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::{
    sync::oneshot,
    task::{JoinHandle, spawn_blocking},
    time::timeout,
};

/// A process that has not done what it should within this time hangs.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Lines of the log that are kept for a failure's message.
const LINES_KEPT: usize = 40;

/// A process of the binary; killed when dropped.
#[derive(Debug)]
pub(crate) struct Life {
    process: Child,
    ready: Option<oneshot::Receiver<SocketAddr>>,
    log: JoinHandle<VecDeque<String>>,
}

/// How a process ended.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) status: ExitStatus,
    pub(crate) log: Vec<String>,
}

// === impl Life ===

impl Life {
    /// Starts a process whose standard error is its log.
    pub(crate) fn start(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::null()).stdout(Stdio::null());
        let mut process = command
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary can be started");
        let stderr = process.stderr.take().expect("it is piped");
        let (sender, ready) = oneshot::channel();
        let log = spawn_blocking(move || {
            let mut sender = Some(sender);
            let mut kept = VecDeque::new();
            // Ends when the process does, which closes the pipe.
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if let Some(address) = ready_at(&line)
                    && let Some(sender) = sender.take()
                {
                    // Whoever waited for it may have gone on to kill the process.
                    let _ = sender.send(address);
                }
                kept.push_back(line);
                if kept.len() > LINES_KEPT {
                    kept.pop_front();
                }
            }
            kept
        });
        Self {
            process,
            ready: Some(ready),
            log,
        }
    }

    /// Where it listens, once it is ready; nothing when it ends before.
    pub(crate) async fn ready(&mut self) -> Option<SocketAddr> {
        let ready = self.ready.take().expect("asked once");
        timeout(PATIENCE, ready)
            .await
            .expect("it is ready in time, or ends")
            .ok()
    }

    pub(crate) fn terminate(&mut self) {
        if let Ok(None) = self.process.try_wait() {
            let id = Pid::from_child(&self.process);
            kill_process(id, Signal::TERM).expect("it was not waited for");
        }
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("it can be killed");
    }

    /// Waits for its end. Safe to drop and to call again.
    pub(crate) async fn ended(&mut self) -> End {
        let log = timeout(PATIENCE, &mut self.log).await;
        let log = log
            .expect("it ends in time")
            .expect("reading does not panic");
        let status = self.process.wait().expect("it can be waited for");
        End {
            status,
            log: log.into(),
        }
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        // It has ended already, most of the time.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

// === impl End ===

impl End {
    pub(crate) fn is_killed(&self) -> bool {
        self.status.signal() == Some(Signal::KILL.as_raw())
    }
}

/// The address in the log line that says that the proxy is ready.
fn ready_at(line: &str) -> Option<SocketAddr> {
    if !line.contains("\"ready\"") {
        return None;
    }
    let line: Value = serde_json::from_str(line).ok()?;
    (line["message"] == "ready").then_some(())?;
    line["address"].as_str()?.parse().ok()
}
