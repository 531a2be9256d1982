//! The bot that prints each message once, which is cut off, refused and killed.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use cordboard_simulator::{GatewayCommand, Simulator};
use tempfile::TempDir;
use tokio::{task::spawn_blocking, time::sleep};

use crate::life::{Life, soon, told};

/// Where the bot begins is not known before it prints something.
const PROBE: &str = "Anybody there?";

/// A bot, and what was said to it.
struct Bot<'a> {
    simulator: &'a Simulator,
    folder: TempDir,
    said: Vec<String>,
}

// === impl Bot ===

impl<'a> Bot<'a> {
    fn new(simulator: &'a Simulator) -> Self {
        Self {
            simulator,
            folder: tempfile::tempdir().unwrap(),
            said: vec![PROBE.to_owned()],
        }
    }

    fn output_file(&self) -> PathBuf {
        self.folder.path().join("said.txt")
    }

    fn begin(&self) -> Life {
        let files = [self.folder.path().join("bot.db"), self.output_file()];
        let files = files.map(|file| file.display().to_string());
        Life::begin("catch_up", self.simulator, &files)
    }

    /// What all its lives have printed, in lines with the sequence before each.
    fn printed(&self) -> Vec<String> {
        let mut printed: Vec<String> = Vec::new();
        let mut last = 0;
        for line in fs::read_to_string(self.output_file())
            .unwrap_or_default()
            .lines()
        {
            let (sequence, text) = line.split_once('\t').unwrap();
            let sequence: u64 = sequence.parse().unwrap();
            assert!(sequence > last, "{sequence} comes behind {last}");
            last = sequence;
            // The last one from before it began may be read after a gap, and counts for nothing.
            if text != PROBE || printed.is_empty() {
                printed.push(text.to_owned());
            }
        }
        printed
    }

    /// People write so many messages.
    async fn hears(&mut self, count: usize) {
        for _ in 0..count {
            let text = format!("message {}", self.said.len());
            let channel_id = self.simulator.default_channel_id();
            self.simulator.say(channel_id, &text);
            self.said.push(text);
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until all that was said is printed.
    async fn prints_all(&self) {
        let all = || self.printed().len() >= self.said.len();
        soon("not all was printed", all).await;
        sleep(Duration::from_millis(300)).await;
        assert_eq!(self.printed(), self.said);
    }

    /// Writes until the bot prints it: where it begins is when it has seen the lists for the first time.
    async fn watch_begins(&self) {
        let mut number = 0;
        let begins = || {
            number += 1;
            if number % 16 == 1 {
                let channel_id = self.simulator.default_channel_id();
                self.simulator.say(channel_id, PROBE);
            }
            !self.printed().is_empty()
        };
        soon("it does not begin", begins).await;
        sleep(Duration::from_secs(1)).await;
    }
}

/// Kills it in the moment in which the file has grown to this size: what is printed then is not acknowledged.
fn kill_at(life: &mut Life, file: &Path, bytes: u64) {
    while fs::metadata(file).unwrap().len() < bytes {}
    life.end();
}

#[tokio::test]
async fn it_prints_all_once_and_in_order_whatever_is_cut_refused_or_killed() {
    told(async |simulator: &Simulator| {
        let mut bot = Bot::new(simulator);
        let life = bot.begin();
        bot.watch_begins().await;
        for command in [
            GatewayCommand::Drop,
            GatewayCommand::Invalidate { resumable: false },
            GatewayCommand::Close { code: 4000 },
        ] {
            // Some five hundred in all.
            bot.hears(45).await;
            simulator.gateway(command);
            bot.hears(45).await;
            bot.prints_all().await;
        }
        drop(life);
        // In turn: its session can be gone on with; it cannot.
        for is_over in [false, true] {
            bot.hears(3).await;
            if is_over {
                simulator.gateway(GatewayCommand::Invalidate { resumable: false });
            }
            // More than a page.
            bot.hears(120).await;
            let _life = bot.begin();
            bot.prints_all().await;
        }
    })
    .await;
}

#[tokio::test]
async fn it_prints_all_once_and_in_order_at_whatever_point_it_is_killed() {
    // How: each life is killed as soon as it has printed some more, before it can acknowledge that, or in
    // the middle of a line.
    told(async |simulator: &Simulator| {
        let mut bot = Bot::new(simulator);
        let mut life = bot.begin();
        bot.watch_begins().await;
        for more in 0..12_u64 {
            let file = bot.output_file();
            let bytes = fs::metadata(&file).unwrap().len();
            // Lines have some fifteen bytes.
            let killed = spawn_blocking(move || kill_at(&mut life, &file, bytes + 1 + more * 10));
            bot.hears(20).await;
            killed.await.unwrap();
            if more % 3 == 2 {
                let file = OpenOptions::new().append(true).open(bot.output_file());
                file.unwrap().write_all(b"4000000000\tmess").unwrap();
            }
            life = bot.begin();
        }
        bot.prints_all().await;
    })
    .await;
}
