//! The watchdog of the built binary, and what a service manager hears from it, on the real clock.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::net::UnixDatagram,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, ensure};
use tempfile::TempDir;

/// Nothing here takes longer, on however slow a machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Killed when dropped, so that a failed test leaves nothing behind.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A service manager that reads what it is told.
struct Manager {
    socket: UnixDatagram,
    folder: TempDir,
}

impl Manager {
    fn new() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let socket = UnixDatagram::bind(folder.path().join("notify"))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { socket, folder })
    }

    /// The demo as this manager starts it, with variables of the test's own.
    fn start(&self, variables: &[(&str, &str)], stderr: Stdio) -> anyhow::Result<Process> {
        let process = Command::new(env!("CARGO_BIN_EXE_cordboard-proxy"))
            .args(["--demo", "--listen", "127.0.0.1:0"])
            .env("NOTIFY_SOCKET", self.folder.path().join("notify"))
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()?;
        Ok(Process(process))
    }

    /// Reads on until a message says this, and gives that message.
    fn hears(&self, words: &str) -> anyhow::Result<String> {
        let mut buffer = [0; 4096];
        loop {
            let size = self.socket.recv(&mut buffer).context(words.to_owned())?;
            let message = String::from_utf8_lossy(&buffer[..size]).into_owned();
            if message.contains(words) {
                return Ok(message);
            }
        }
    }

    /// All that it was told and has not read yet.
    fn rest(&self) -> anyhow::Result<String> {
        self.socket.set_nonblocking(true)?;
        let (mut all, mut buffer) = (String::new(), [0; 4096]);
        while let Ok(size) = self.socket.recv(&mut buffer) {
            all += &String::from_utf8_lossy(&buffer[..size]);
            all.push('\n');
        }
        Ok(all)
    }
}

impl Process {
    /// Where it says that it listens.
    fn address(&mut self) -> anyhow::Result<String> {
        let stdout = self.0.stdout.take().context("stdout is piped")?;
        let mut welcome = String::new();
        BufReader::new(stdout).read_line(&mut welcome)?;
        let host = welcome.split("http://").nth(1).context(welcome.clone())?;
        Ok(host.split('/').next().context("an address")?.to_owned())
    }

    /// Waits for its end, but not for ever: what is tested here is that there is one.
    fn exit_code(mut self) -> anyhow::Result<Option<i32>> {
        for _ in 0..PATIENCE.as_secs() * 10 {
            if let Some(status) = self.0.try_wait()? {
                return Ok(status.code());
            }
            pause();
        }
        anyhow::bail!("it does not end")
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "another process is waited for, on the real clock"
)]
fn pause() {
    std::thread::sleep(Duration::from_millis(100));
}

/// What `/healthz` says, if anything does before the process ends.
fn health(address: &str) -> anyhow::Result<String> {
    let mut socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    write!(
        socket,
        "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn a_service_manager_hears_of_the_start_of_good_health_and_of_the_stop() -> anyhow::Result<()> {
    // How: a socket like systemd's, and a watchdog that has to be fed every four seconds.
    let manager = Manager::new()?;
    let process = manager.start(&[("WATCHDOG_USEC", "4000000")], Stdio::null())?;
    let ready = manager.hears("READY=1")?;
    ensure!(
        ready.contains("STATUS=0 conversations, gateway ready"),
        "{ready}"
    );
    // No more than that lies between two of them.
    manager
        .socket
        .set_read_timeout(Some(Duration::from_secs(4)))?;
    for _ in 0..3 {
        manager.hears("WATCHDOG=1")?;
    }
    manager.socket.set_read_timeout(Some(PATIENCE))?;
    let id = process.0.id().to_string();
    ensure!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()?
            .success()
    );
    manager.hears("STOPPING=1")?;
    ensure!(process.exit_code()? == Some(0));
    Ok(())
}

#[test]
fn a_runtime_whose_threads_are_all_blocked_ends_the_process() -> anyhow::Result<()> {
    // How: a second after the start, all threads of the runtime are blocked for good.
    let manager = Manager::new()?;
    let variables = [
        ("CORDBOARD_SABOTAGE", "blocked-runtime"),
        ("CORDBOARD_STUCK_MS", "2000"),
        ("WATCHDOG_USEC", "1000000"),
    ];
    let process = manager.start(&variables, Stdio::null())?;
    manager.hears("READY=1")?;
    let stuck = manager.hears("STATUS=")?;
    ensure!(
        stuck.contains("sabotage") || stuck.contains("runtime"),
        "{stuck}"
    );
    ensure!(process.exit_code()? == Some(70));
    let rest = manager.rest()?;
    ensure!(rest.contains("STATUS=ending"), "{rest}");
    ensure!(!rest.contains("WATCHDOG=1"), "it was not well: {rest}");
    Ok(())
}

#[test]
fn a_task_that_holds_its_thread_is_told_and_then_ends_the_process() -> anyhow::Result<()> {
    // How: one of the runtime's two threads is blocked; the other one still answers.
    let manager = Manager::new()?;
    let variables = [
        ("CORDBOARD_SABOTAGE", "blocked-thread"),
        ("CORDBOARD_STUCK_MS", "3000"),
    ];
    let mut process = manager.start(&variables, Stdio::piped())?;
    let address = process.address()?;
    manager.hears("STATUS=sabotage has held its thread")?;
    let said = health(&address)?;
    ensure!(said.starts_with("HTTP/1.1 503"), "{said}");
    ensure!(said.contains(r#""status":"stuck""#), "{said}");
    let mut log = String::new();
    let stderr = process.0.stderr.as_mut().context("stderr is piped")?;
    stderr.read_to_string(&mut log)?;
    ensure!(log.contains(r#""condition":"stuck""#), "{log}");
    ensure!(process.exit_code()? == Some(70));
    Ok(())
}

#[test]
fn a_log_that_nobody_reads_ends_the_process_and_does_not_hang_it() -> anyhow::Result<()> {
    // How: standard error is a pipe that fills up, so that whoever logs is held.
    let manager = Manager::new()?;
    let variables = [("CORDBOARD_LOG", "trace"), ("CORDBOARD_STUCK_MS", "2000")];
    let mut process = manager.start(&variables, Stdio::piped())?;
    let unread = process.0.stderr.take();
    let address = process.address()?;
    // Each answer is logged. A pipe holds 64 KiB, and from then on nobody answers.
    let answers = (0..10_000).take_while(|_| health(&address).is_ok()).count();
    ensure!((10..10_000).contains(&answers), "{answers}");
    ensure!(process.exit_code()? == Some(70));
    drop(unread);
    Ok(())
}
