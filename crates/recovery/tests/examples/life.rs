//! One life of an example.

use std::{
    io::{BufRead as _, BufReader},
    net::Ipv4Addr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use cordboard_simulator::{Config, Simulator};
use parking_lot::Mutex;
use tokio::{
    net::TcpListener,
    time::{sleep, timeout},
};

/// How long something may take that takes a second or two, or a back-off of the gateway's.
pub(crate) const SOON: Duration = Duration::from_mins(1);

/// An example while it runs. Its end is a SIGKILL, also when the test fails before.
pub(crate) struct Life {
    process: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

// === impl Life ===

impl Life {
    /// Begins one that watches this Discord.
    pub(crate) fn begin(example: &str, simulator: &Simulator, more: &[String]) -> Self {
        let mut process = Command::new(built(example))
            .args([simulator.rest_url(), simulator.token()])
            .arg(simulator.guild_id().to_string())
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap()).lines();
        let lines = Arc::<Mutex<Vec<_>>>::default();
        let told = Arc::clone(&lines);
        // It ends with the process.
        thread::spawn(move || {
            for line in stdout.map_while(Result::ok) {
                told.lock().push(line);
            }
        });
        Self { process, lines }
    }

    /// What it has printed.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().clone()
    }

    /// Kills it. Not a line of its own runs after this.
    pub(crate) fn end(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.end();
    }
}

/// Where cargo has put it: beside the folder of this test.
fn built(example: &str) -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push("examples");
    path.push(example);
    path.set_extension(std::env::consts::EXE_EXTENSION);
    let help = "cargo builds it for `cargo test`, but not for one of its targets alone";
    assert!(path.exists(), "{} is missing. {help}", path.display());
    path
}

/// Waits until it holds, and says what did not.
pub(crate) async fn soon(what: &str, mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    let in_time = timeout(SOON, waiting).await;
    assert!(in_time.is_ok(), "{what}");
}

/// A story against a simulated Discord.
pub(crate) async fn told(story: impl AsyncFnOnce(&Simulator)) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let simulator = Simulator::new(Config::default());
    tokio::select! {
        () = simulator.serve(listener, std::future::pending()) => unreachable!("it is served for ever"),
        () = story(&simulator) => {}
    }
}
