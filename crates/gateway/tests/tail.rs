//! The example `tail` as a process, against a simulated Discord in this one. On the real clock, because
//! another process has no other.

#![expect(clippy::unwrap_used, reason = "what cannot go on fails its test here")]

use std::{
    io::{BufRead as _, BufReader},
    net::Ipv4Addr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use cordboard_simulator::{Config, GatewayCommand, Simulator};
use parking_lot::Mutex;
use tokio::{
    net::TcpListener,
    time::{sleep, timeout},
};

/// How long something may take that takes a second or two, or a back-off of the gateway's.
const SOON: Duration = Duration::from_secs(30);

/// The example while it runs. It ends with the test, whatever becomes of that.
struct Tail {
    process: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Drop for Tail {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Tail {
    fn begin(simulator: &Simulator) -> Self {
        let mut process = Command::new(example())
            .args([simulator.rest_url(), simulator.token()])
            .arg(simulator.default_channel_id().to_string())
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

    /// What it says of the channel, without how the connection stands.
    fn heard(&self) -> Vec<String> {
        let mut lines = self.lines.lock().clone();
        lines.retain(|line| line.starts_with("  "));
        lines
    }

    /// Waits until it prints such a line behind so many others, and gives their number.
    async fn prints(&self, line: &str, behind: usize) -> usize {
        let found = async {
            loop {
                let is_there = |told: &String| told.contains(line);
                if let Some(at) = self.lines.lock().iter().skip(behind).position(is_there) {
                    return behind + at + 1;
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        let found = timeout(SOON, found).await;
        found.unwrap_or_else(|_| panic!("no {line:?} in {:?}", self.lines.lock()))
    }
}

/// Where cargo has put it: beside the folder of this test.
fn example() -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push("examples/tail");
    path.set_extension(std::env::consts::EXE_EXTENSION);
    let help = "cargo builds it for `cargo test`, but not for one of its targets alone";
    assert!(path.exists(), "{} is missing. {help}", path.display());
    path
}

async fn story(simulator: &Simulator) {
    let tail = Tail::begin(simulator);
    let say = |text: &str| simulator.say(simulator.default_channel_id(), text);
    let ready = tail.prints(" s: ready for ", 0).await;
    say("Hello.");
    tail.prints("  MESSAGE_CREATE: Hello.", 0).await;
    // What is said while the connection is gone is told when the session is gone on with.
    simulator.gateway(GatewayCommand::Drop);
    say("The connection is gone.");
    tail.prints("  MESSAGE_CREATE: The connection is gone.", ready)
        .await;
    let before = tail.heard().len();
    // A session that is over is a lapse, and nothing is told twice.
    simulator.gateway(GatewayCommand::Invalidate { resumable: false });
    let lapse = tail.prints("  events may be missing (", ready).await;
    say("There is another one.");
    tail.prints("  MESSAGE_CREATE: There is another one.", lapse)
        .await;
    tail.prints(" s: ready for ", lapse).await;
    let heard = tail.heard();
    assert!(
        heard[before].contains("read the channel again"),
        "{heard:?}"
    );
    assert_eq!(heard.len(), before + 2, "{heard:?}");
    let told: Vec<_> = heard
        .iter()
        .filter(|line| line.contains("Hello."))
        .collect();
    assert_eq!(told.len(), 1, "{heard:?}");
}

#[tokio::test]
async fn it_tells_what_is_said_what_may_be_missing_and_how_the_connection_stands() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let simulator = Simulator::new(Config::default());
    tokio::select! {
        () = simulator.serve(listener, std::future::pending()) => unreachable!("it is served for ever"),
        () = story(&simulator) => {}
    }
}
