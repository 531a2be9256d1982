//! A week of a busy guild.

use std::time::Duration;

use cordboard_recovery::{
    Batch, Consumers as _, EntryQuery, Inbox as _, MessageLog as _, MessageQuery, Retention, Start,
};
use cordboard_simulator::{GatewayCommand, HumanAct, Simulator};
use cordboard_store::{Location, SqliteInbox, Store};
use cordboard_tests::Watcher;
use fastrand::Rng;
use tokio::time::sleep;

use super::{guild, rooms, sim, watch};

/// How long what was told is kept.
const KEPT_MS: u64 = 12 * 3_600_000;

const CONSUMER: &str = "reader";

/// What there is of everything, at the most.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    in_memory: usize,
    channels: usize,
    messages: usize,
    entries: usize,
}

/// People who write, edit and delete, and open channels and threads for an hour.
struct Crowd {
    dice: Rng,
    rooms: Vec<u64>,
    written: Vec<(u64, u64)>,
    born: Option<u64>,
}

// === impl Crowd ===

impl Crowd {
    fn act(&mut self, discord: &Simulator) {
        let room = self.rooms[self.dice.usize(0..self.rooms.len())];
        let recent = self.written.len().saturating_sub(20)..self.written.len();
        let chosen = self.dice.u32(0..10);
        let act = match chosen {
            0..6 => {
                let channel_id = self.born.filter(|_| chosen == 0).unwrap_or(room);
                let content = "word ".repeat(self.dice.usize(1..40));
                HumanAct::Say {
                    channel_id,
                    content,
                }
            }
            _ if recent.is_empty() => return,
            _ => {
                let (channel_id, message_id) = self.written[self.dice.usize(recent)];
                if chosen < 8 {
                    let content = "edited ".repeat(self.dice.usize(1..20));
                    HumanAct::EditMessage {
                        channel_id,
                        message_id,
                        content,
                    }
                } else {
                    HumanAct::DeleteMessage {
                        channel_id,
                        message_id,
                    }
                }
            }
        };
        let said = matches!(act, HumanAct::Say { .. }).then_some(room);
        // What was deleted cannot be edited.
        if let (Some(room), Ok(Some(id))) = (said, discord.try_act(act)) {
            self.written.push((room, id));
        }
    }

    /// What was opened an hour ago is closed, and something else is opened.
    fn open_another(&mut self, discord: &Simulator, hour: u32) {
        let end = self.born.take().map(|channel_id| match hour % 4 {
            0 => HumanAct::SetArchived {
                channel_id,
                archived: true,
            },
            _ => HumanAct::DeleteChannel { channel_id },
        });
        let name = format!("born-{hour}");
        let act = if hour % 4 == 3 {
            let channel_id = self.rooms[0];
            HumanAct::StartThread { channel_id, name }
        } else {
            HumanAct::CreateChannel {
                name,
                kind: 0,
                topic: None,
                parent_id: None,
            }
        };
        let _ = end.map(|end| discord.try_act(end).unwrap());
        self.born = discord.try_act(act).unwrap();
    }
}

#[test]
fn a_week_of_traffic_and_outages_leaves_nothing_behind_in_memory_or_on_record() {
    // How: what is held is counted each hour. It is kept for half a day, so that the first day has as much
    // to hold as the others.
    let mut guild = guild(20, 50);
    guild.gateway.heartbeat_interval_ms = 120_000;
    guild.limits.enabled = true;
    sim(guild, async |discord| {
        let store = Store::open(&Location::Memory).await.unwrap();
        let record = store.inbox();
        record.open(CONSUMER, Some(0)).await.unwrap();
        let mut watcher = watch(discord, record.clone(), Start::Beginning);
        watcher.start().await;
        let mut crowd = Crowd {
            dice: Rng::with_seed(7),
            rooms: rooms(discord),
            written: Vec::new(),
            born: None,
        };
        let mut days = Vec::new();
        for day in 0..7 {
            let mut most = Held::default();
            for hour in 0..24 {
                an_hour(discord, &mut watcher, &mut crowd, day * 24 + hour).await;
                assert!(watcher.ended().is_empty());
                forget(&record, &watcher).await;
                most = most.max(held(&record, &watcher).await);
            }
            println!("{most:?}");
            days.push(most);
        }
        let (first, last) = (days[0], days[6]);
        for (first, last) in [
            (first.in_memory, last.in_memory),
            (first.channels, last.channels),
            (first.messages, last.messages),
            (first.entries, last.entries),
        ] {
            assert!(last * 5 <= first * 6, "{days:#?}");
        }
    });
}

/// Something happens every third minute, and every sixth hour something strikes.
async fn an_hour(
    discord: &Simulator,
    watcher: &mut Watcher<SqliteInbox>,
    crowd: &mut Crowd,
    hour: u32,
) {
    crowd.open_another(discord, hour);
    for minute in (0..60).step_by(3) {
        crowd.act(discord);
        if (hour % 6, minute) == (3, 9) {
            match hour / 6 % 4 {
                0 => discord.gateway(GatewayCommand::Drop),
                1 => discord.gateway(GatewayCommand::Invalidate { resumable: false }),
                2 => discord.gateway(GatewayCommand::Refuse { seconds: 600.0 }),
                _ => watcher.kill().await,
            }
        }
        sleep(Duration::from_mins(3)).await;
    }
    watcher.start().await;
    sleep(Duration::from_mins(2)).await;
}

/// Drops what is kept no longer, as the relay does.
async fn forget(record: &SqliteInbox, watcher: &Watcher<SqliteInbox>) {
    let standing = watcher.standing().unwrap();
    // A batch of nothing says what the newest entry is.
    let newest = record.commit(Batch::default()).await.unwrap().newest;
    record.acknowledge(CONSUMER, newest).await.unwrap();
    let retention = Retention {
        before_ms: standing.watermark_ms.saturating_sub(KEPT_MS),
        bytes_max: u64::MAX,
    };
    while record.prune(retention).await.unwrap() > 0 {}
}

async fn held(record: &SqliteInbox, watcher: &Watcher<SqliteInbox>) -> Held {
    let mut held = Held {
        in_memory: watcher.standing().unwrap().held,
        channels: record.load(0).await.unwrap().channels.len(),
        ..Held::default()
    };
    let mut query = EntryQuery {
        after: 0,
        channels: Vec::new(),
        limit: 100,
    };
    loop {
        let page = record.entries(query.clone()).await.unwrap();
        held.entries += page.entries.len();
        query.after = page.through;
        if page.through >= page.newest {
            break;
        }
    }
    let mut query = MessageQuery {
        channel_id: None,
        after: None,
        before: None,
        limit: 100,
        with_deleted: true,
    };
    while let page = record.messages(query.clone()).await.unwrap()
        && !page.is_empty()
    {
        held.messages += page.len();
        query.after = page.last().map(|last| last.id);
    }
    held
}

// === impl Held ===

impl Held {
    fn max(self, other: Self) -> Self {
        Self {
            in_memory: self.in_memory.max(other.in_memory),
            channels: self.channels.max(other.channels),
            messages: self.messages.max(other.messages),
            entries: self.entries.max(other.entries),
        }
    }
}
