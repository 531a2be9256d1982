//! Bounds of assembly: how long starting and stopping may take, and how long anything may be stuck.

use std::time::Duration;

/// How long the start may try to reach Discord before it gives up with exit code 69. A supervisor
/// then makes the same attempt with a fresh process; anything longer would look like a hang to it.
pub const START_TIMEOUT: Duration = Duration::from_mins(3);

/// The first wait between two attempts to reach Discord at the start.
pub const START_RETRY_MIN: Duration = Duration::from_millis(500);

/// The longest of these waits: a start must not idle long beside a Discord that is back.
pub const START_RETRY_MAX: Duration = Duration::from_secs(15);

/// What the front gets to end streams it was told to end: it only has to say so to its clients.
pub const FRONT_STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// What the engines get, once for deletions that are due and once to end. All that matters is on
/// record already; together with the grace of 25 s this stays below the 40 s after which service
/// managers kill.
pub const ENGINES_STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// How often it is written down how far the gateway's session had come a round ago, for a process that
/// is killed. Discord replays what came since, thousands of events if need be; ten seconds of a busy
/// guild are hundreds, and one small write in five costs nothing.
pub const SESSION_KEEP_EVERY: Duration = Duration::from_secs(5);

/// How long a stop waits for the gateway's session to be on record: the next process spends an IDENTIFY
/// without it, which is no reason to be killed for. Less than [`ENGINES_STOP_TIMEOUT`], of which the
/// gateway's goodbye takes its part.
pub const SESSION_LEAVE_TIMEOUT: Duration = Duration::from_secs(2);

/// What threads that are in a system call get to come out of it at the very end. An ordinary write
/// of the store takes milliseconds; one that hangs is not on record, and nothing relies on it.
pub const BLOCKING_STOP_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a running proxy may take to answer one question of the maintenance binary's: it takes
/// milliseconds, and somebody waits.
pub const ASKING_TIMEOUT: Duration = Duration::from_secs(10);

/// What is taken of such an answer, in bytes: a list of debts has a hundred KiB at most.
pub const ASKED_BYTES_MAX: usize = 4 << 20;

/// What has to be left of a budget for it not to be low, in percent: a tenth leaves somebody a day or
/// two to act.
pub const BUDGET_LOW_PERCENT: u64 = 10;

/// Roles that a guild can hold (topics/opcodes-and-status-codes, 30005).
pub const GUILD_ROLES_MAX: u64 = 250;

/// Lines of the journal that go into a support bundle: the last minutes of a busy proxy.
pub const BUNDLED_LINES: usize = 100;

/// Acts that go into a support bundle, the newest.
pub const BUNDLED_ACTS: usize = 50;

/// A configuration file larger than this (1 MiB) is a mistake, such as a log passed by accident.
pub const CONFIG_FILE_BYTES_MAX: u64 = 1 << 20;

/// A secret file larger than this (16 KiB) is a mistake as well.
pub const SECRET_FILE_BYTES_MAX: u64 = 16 << 10;

/// How long reading the key that signs marks, or making it, may take. It is milliseconds; a disk that
/// takes this long is dead, and a start that waits for it would hang without a word.
pub const KEY_FILE_TIMEOUT: Duration = Duration::from_secs(30);

/// How often the room on the store's disk is looked at. A row takes half a KiB: 256 MiB last for
/// hours even when thousands are written in a second.
pub const SPACE_LOOK_EVERY: Duration = Duration::from_secs(15);

/// How long the start waits for what a former life left to be deleted before it says that it is
/// ready: most is gone within seconds, and what is not goes on in the background.
pub const START_REAP_TIMEOUT: Duration = Duration::from_secs(15);

/// Open rows that one reading takes for the list of debts: a few milliseconds of the database's one
/// thread, on which every channel that is made or unmade waits as well.
pub const DEBTS_READ_ROWS: usize = 500;

/// How often records that are long settled are dropped: they are kept for months, so an hour more
/// or less does not matter.
pub const HOUSEKEEPING_EVERY: Duration = Duration::from_hours(1);

/// Named readers of the relay: more than anybody runs, and each is a row that outlives it.
pub(crate) const CONSUMERS_MAX: usize = 256;

/// How often it is looked how far the relay's readers are: as often as Prometheus asks, and one small
/// read.
pub(crate) const READERS_EVERY: Duration = Duration::from_secs(15);

/// The longest pause between two looks at a disk that does not answer. Each look that hangs keeps a
/// thread that may block, of which there are 512 for everything: at first seconds, then an hour apart,
/// they last for weeks.
pub const SPACE_LOOK_STUCK_MAX: Duration = Duration::from_hours(1);

/// How often the watchdog looks: a tenth of [`STUCK_AFTER`], and it costs nothing.
pub const WATCHDOG_ROUND: Duration = Duration::from_secs(1);

/// How often the runtime shows that its timers and its threads work.
pub const HEARTBEAT_EVERY: Duration = Duration::from_secs(1);

/// How long one poll of a task may take, and how long the runtime may be silent, until the process
/// counts as stuck. Whatever takes a millisecond goes to threads that may block; ten seconds are no
/// busy machine, on which the watchdog would not run either.
pub const STUCK_AFTER: Duration = Duration::from_secs(10);

/// And how long until the process ends itself. Together 30 s, as long as a service manager waits
/// (`WatchdogSec=30`), which hears nothing from [`STUCK_AFTER`] on: whichever comes first.
pub const STUCK_ENDS_AFTER: Duration = Duration::from_secs(20);

/// How long the last words before such an end may take: what is stuck may be the log.
pub const LAST_WORD_TIMEOUT: Duration = Duration::from_secs(1);

/// How often the service manager's line about the program is brought up to date, if it changes.
pub const STATUS_EVERY: Duration = Duration::from_secs(5);

/// How long that may take, which does not wait for anything.
pub const STATUS_ROUND_MAX: Duration = Duration::from_mins(1);

/// A gateway that is ready and has heard nothing for so long should have given its connection up: a
/// heartbeat is acknowledged every 41 s, and missed after 15 s.
pub const GATEWAY_SILENT_MAX: Duration = Duration::from_mins(5);

/// How often Discord's REST is asked whether it answers, while it does: seldom, since requests tell
/// as well, and nobody is waiting.
pub const CANARY_EVERY: Duration = Duration::from_mins(1);

/// And while it does not: its return should be noticed soon. Far below the 10,000 failures in ten
/// minutes that get an address banned.
pub const CANARY_RETRY: Duration = Duration::from_secs(15);

/// How long one such question may take: longer than the sender's own bound, which says more.
pub const CANARY_TIMEOUT: Duration = Duration::from_secs(45);

/// How many questions in a row must fail: one lost answer is no outage.
pub const CANARY_FAILURES: u32 = 2;

/// How often the store is asked whether it can be written, and which deletions are late.
/// A commit, and a page of rows at most, beside everything else.
pub const ARREARS_EVERY: Duration = Duration::from_mins(1);

/// How long the store may take until it is said that it does not answer. It takes milliseconds; at
/// 30 s it counts as failed, and the process ends.
pub const STORE_SLOW_AFTER: Duration = Duration::from_secs(5);

/// How often the record's feed looks, while no event comes, whether what it told was taken in: as seldom as a heartbeat.
pub const FEED_EVERY: Duration = Duration::from_secs(40);

/// How long that may take. In one turn the record may be asked about twenty times 500 messages, those that the lists
/// of ten thousand channels name, and each answer may take half a minute; half as long again.
pub const FEED_ROUND_MAX: Duration = Duration::from_mins(15);

/// How long after it was due a channel should be gone: most take a second, an outage of Discord's
/// passes in this time, and the guild fills with channels from then on.
pub const DELETION_OBJECTIVE: Duration = Duration::from_mins(5);

/// Between the end of one round that asks Discord or the store and the end of the next, whatever it
/// waits for: three times the longest that their bounds add up to.
pub const CARE_ROUND_MAX: Duration = Duration::from_mins(6);

/// How often whoever holds the store looks for orders: somebody at a terminal waits for it, and a look
/// reads one small index.
pub const ORDER_LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long an order may take to carry out. All of them only put something on record, or look at the guild
/// once; what follows from that takes its own time.
pub const ORDER_TIMEOUT: Duration = Duration::from_mins(1);

/// How long a round of carrying out orders may take: an order and the writes around it.
pub const ORDER_ROUND_MAX: Duration = Duration::from_mins(3);

/// How long an order waits for whoever holds the store to take it. He looks every second; one who does not
/// is of an older version, or stuck.
pub const ORDER_PATIENCE: Duration = Duration::from_secs(30);

/// How often it is looked whether an order is carried out, and how far deletions have come.
pub const ORDER_ASK_EVERY: Duration = Duration::from_millis(250);

/// How long the daybook is left alone after it could not be opened, beside a proxy that goes on.
pub const DAYBOOK_RETRY: Duration = Duration::from_mins(1);

/// Rows that one reading takes of a store that is only looked at.
pub const PEEK_ROWS: usize = 256;

/// Pages of the audit log that are read to find out who created the channels of a plan. Each page settles one
/// channel at least, unless more than a page of them was created within seconds, and a guild holds 500. Those
/// of which it is not found out are left alone.
pub const AUDIT_PAGES_MAX: usize = 600;

/// How full a guild or a category may be before somebody should look, in percent.
pub const AUDIT_FULL_PERCENT: usize = 90;

/// How long a channel may be condemned before it counts as a debt: a deletion that meets nothing
/// unusual takes seconds.
pub const OVERDUE_AFTER: Duration = Duration::from_mins(1);

/// What has to be left of today's gateway sessions for `doctor --probe` to begin one: the gateway itself
/// keeps the last twenty, and a proxy may need some until the day is over.
pub const PROBE_SESSIONS_MIN: u32 = 50;

/// How long such a session may take until it is ready: seconds, and a minute for a large guild.
pub const PROBE_SESSION_TIMEOUT: Duration = Duration::from_mins(1);

/// How long a bot may take to answer `doctor --probe`. Those that think for longer show something meanwhile.
pub const PROBE_ANSWER_TIMEOUT: Duration = Duration::from_mins(1);

/// How often it is looked for that answer.
pub const PROBE_LOOK_EVERY: Duration = Duration::from_secs(2);

/// How long posting the question may take, rate limits included.
pub const PROBE_POST_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a temporary channel for such a question may take to be made, and how long it may live, whatever
/// becomes of us.
pub const PROBE_CHANNEL_TIMEOUT: Duration = Duration::from_mins(1);

/// In a guild with more members than this `GUILD_CREATE` does not name everybody who is online
/// (events/gateway-events#guild-create): who is missing there may be online all the same.
pub const PRESENCES_MEMBERS_MAX: u64 = 75_000;

/// What a reason in Discord's audit log may have, in characters (resources/audit-log).
pub const AUDIT_REASON_CHARS_MAX: usize = 512;

/// How long somebody may wait for members to be rid of removed roles: a week. Discord has published no
/// figure, and whoever waits for longer does better to look again.
pub const ROLES_VERIFIED_WITHIN_MAX: Duration = Duration::from_hours(7 * 24);

/// How old an order may be when it is taken. Whoever gave it is told within a minute that nobody takes it; a
/// proxy that died over it, or a machine that was rebooted, is back within this hour. After that the guild
/// may be another one than the plan has shown.
pub const ORDER_AGE_MAX: Duration = Duration::from_hours(1);

/// How long an order that nobody waits for any more may take to withdraw: somebody has pressed Ctrl-C, and
/// the daybook answers in milliseconds.
pub const ORDER_WITHDRAW_TIMEOUT: Duration = Duration::from_secs(5);

/// How often an order is begun with, when whoever carried it out dies over it: more often it would keep a
/// proxy from ever running.
pub const ORDER_TAKES_MAX: u32 = 3;

/// How long a sweep waits for what was parked before it to be tried again, while nothing goes: a few are tried
/// half a minute after they were refused last, and all others within five seconds of the first that goes.
pub const SWEEP_RETRY_PATIENCE: Duration = Duration::from_secs(45);

/// How long a command waits for what follows from an order while nothing of it gets on, before it says what
/// is left: longer than any pause between two tries that is not itself a reason to tell somebody.
pub const ORDER_IDLE_MAX: Duration = Duration::from_mins(10);

/// How long a temporary channel for keeping a bot alive may take to come: nobody is waiting, and what takes
/// this long is an outage.
pub(crate) const ROOM_TIMEOUT: Duration = Duration::from_mins(1);

/// How long its deletion is waited for until the store is let go of: a deletion and the proof that it is
/// gone take seconds; what takes longer is on record.
pub(crate) const ROOM_SETTLE_TIMEOUT: Duration = Duration::from_mins(2);

/// How often it is looked whether the configuration file has changed. Two system calls.
pub(crate) const CONFIG_LOOK_EVERY: Duration = Duration::from_secs(5);

/// Results of keeping a bot alive that are listed for each.
pub(crate) const KEEPALIVES_LISTED: u64 = 5;

/// Who is told of alerts: more than any installation has, and each is a row for each alarm.
pub const ALERTS_MAX: usize = 16;

/// Characters of such a name: it goes into records and logs.
pub const ALERT_NAME_MAX: usize = 40;

/// Characters of the secret that webhooks are signed with: the least that nobody guesses.
pub const ALERT_SECRET_MIN: usize = 16;

/// How long a webhook may take to answer: a server that does more than take note of it should do so
/// afterwards.
pub const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection to it may take to come about.
pub const WEBHOOK_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What is taken of the head of its answer, in bytes, of which the first line is read. Of its body nothing
/// is.
pub const WEBHOOK_HEAD_BYTES_MAX: usize = 32 << 10;

/// How long a message in a channel may take, waiting for a rate limit included.
pub const NOTICE_TIMEOUT: Duration = Duration::from_secs(15);

/// How often it is looked at what is known already, for what somebody should be told.
pub const LOOKOUT_EVERY: Duration = Duration::from_secs(30);

/// How long after a start nothing is taken for well: what was wrong before is noticed again within minutes,
/// if it still is.
pub const LOOKOUT_SETTLES: Duration = Duration::from_mins(4);

/// How often it is said again of a bot that it is at its limit, or not: that costs a transaction, and
/// conversations end all the time.
pub const BOT_LIMIT_SAID_EVERY: Duration = Duration::from_mins(5);

/// How often it is said again that something is still so: a reminder is told of nothing else.
pub const SAID_AGAIN_EVERY: Duration = Duration::from_hours(1);

/// How often `serve` looks at the store and at Discord where no proxy does: nothing that it can see changes
/// faster, and each look costs Discord two requests. It and the proxy look as often for alarms of bots that are gone.
pub const PATROL_EVERY: Duration = Duration::from_mins(5);

/// How long nobody must have held the store until it does: a proxy that is started anew is back by then.
/// Not more than the pause between two looks, so that the second one is made.
pub const PATROL_SETTLES: Duration = Duration::from_mins(5);

/// Between the end of one such round and the end of the next: the pause, and twice what its bounds add up to.
pub const PATROL_ROUND_MAX: Duration = Duration::from_mins(15);

/// How long the gateway may be away until somebody is told: Discord's own trouble passes in minutes, and
/// nobody can do anything about it.
pub const GATEWAY_DOWN_AFTER: Duration = Duration::from_mins(5);

/// IDENTIFYs that are few: a tenth of the 1,000 that Discord grants a day (events/gateway#session-start-limit).
pub const IDENTIFIES_LOW: u32 = 100;

/// How long a process that ends may take to write down why.
pub const LAST_ALARM_TIMEOUT: Duration = Duration::from_secs(1);

/// And to deliver it, in case that nobody comes after it: a supervisor does not start a proxy again that
/// Discord has refused.
pub const LAST_DELIVERY_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a command that was given delivers what is due before it ends: a first attempt for each that is
/// told, and one after it.
pub const DELIVERY_PATIENCE: Duration = Duration::from_secs(30);

/// How long somebody who tries an alert waits for what comes of it: the first attempt, and those before it.
pub const ALERT_TEST_PATIENCE: Duration = Duration::from_secs(45);

/// How often he looks.
pub const ALERT_TEST_EVERY: Duration = Duration::from_secs(1);

/// What a page of messages of the relay may hold before it is ended early, in bytes: 2 MiB. Five hundred
/// messages take half of one MiB as a rule, and could take fifty; many may ask at once.
pub(crate) const MESSAGES_BYTES_MAX: usize = 2 << 20;
