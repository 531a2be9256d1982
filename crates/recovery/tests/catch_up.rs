//! The example `catch_up` as a process, which is cut off, refused and killed, against a simulated Discord.
//! On the real clock.

#![expect(clippy::unwrap_used, reason = "what cannot go on fails its test here")]

use std::{
    io::{BufRead as _, BufReader},
    net::Ipv4Addr,
    path::{Path, PathBuf},
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

/// What all lives of the bot have printed.
type Printed = Arc<Mutex<Vec<String>>>;

/// Where the bot begins is not known before it prints something.
const PROBE: &str = "Anybody there?";

/// How long something may take that takes a second or two, or a back-off of the gateway's.
const SOON: Duration = Duration::from_secs(30);

/// One life of the bot. Its end is a SIGKILL, also when the test fails before.
struct Life(Child);

impl Drop for Life {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Life {
    fn begin(simulator: &Simulator, store_file: &Path, printed: &Printed) -> Self {
        let mut process = Command::new(example())
            .args([simulator.rest_url(), simulator.token()])
            .arg(simulator.guild_id().to_string())
            .arg(store_file)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let printed = Arc::clone(printed);
        // It ends with the process.
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // The last one from before it began may be read after a gap, and counts for nothing.
                if line != PROBE || printed.lock().is_empty() {
                    printed.lock().push(line);
                }
            }
        });
        Self(process)
    }
}

/// Where cargo has put it: beside the folder of this test.
fn example() -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push("examples/catch_up");
    path.set_extension(std::env::consts::EXE_EXTENSION);
    let help = "cargo builds it for `cargo test`, but not for one of its targets alone";
    assert!(path.exists(), "{} is missing. {help}", path.display());
    path
}

/// People write so many messages.
async fn write(simulator: &Simulator, said: &mut Vec<String>, count: usize) {
    for _ in 0..count {
        let text = format!("message {}", said.len());
        simulator.say(simulator.default_channel_id(), &text);
        said.push(text);
        sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until all that was said is printed, and acknowledged as well.
async fn all_is_printed(printed: &Printed, said: &[String]) {
    let printing = async {
        while printed.lock().len() < said.len() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    let in_time = timeout(SOON, printing).await;
    sleep(Duration::from_millis(500)).await;
    assert_eq!(*printed.lock(), said);
    in_time.unwrap();
}

/// Writes until the bot prints it: where it begins is when it has seen the lists for the first time.
async fn watch_begins(simulator: &Simulator, printed: &Printed) {
    let begins = async {
        while printed.lock().is_empty() {
            simulator.say(simulator.default_channel_id(), PROBE);
            sleep(Duration::from_millis(300)).await;
        }
    };
    timeout(SOON, begins).await.unwrap();
    sleep(Duration::from_secs(1)).await;
}

async fn story(simulator: &Simulator, store_file: &Path) {
    let (printed, mut said) = (Printed::default(), vec![PROBE.to_owned()]);
    let life = Life::begin(simulator, store_file, &printed);
    watch_begins(simulator, &printed).await;
    for command in [
        GatewayCommand::Drop,
        GatewayCommand::Invalidate { resumable: false },
        GatewayCommand::Close { code: 4000 },
    ] {
        // Some five hundred in all.
        write(simulator, &mut said, 45).await;
        simulator.gateway(command);
        write(simulator, &mut said, 45).await;
        all_is_printed(&printed, &said).await;
    }
    drop(life);
    // In turn: its session can be gone on with; it cannot.
    for is_over in [false, true] {
        write(simulator, &mut said, 3).await;
        if is_over {
            simulator.gateway(GatewayCommand::Invalidate { resumable: false });
        }
        // More than a page.
        write(simulator, &mut said, 120).await;
        let _life = Life::begin(simulator, store_file, &printed);
        all_is_printed(&printed, &said).await;
    }
}

#[tokio::test]
async fn it_prints_all_once_and_in_order_whatever_is_cut_refused_or_killed() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let simulator = Simulator::new(Config::default());
    let folder = tempfile::tempdir().unwrap();
    let store_file = folder.path().join("bot.db");
    tokio::select! {
        () = simulator.serve(listener, std::future::pending()) => unreachable!("it is served for ever"),
        () = story(&simulator, &store_file) => {}
    }
}
