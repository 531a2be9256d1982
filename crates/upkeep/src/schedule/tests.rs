use jiff::{ToSpan as _, civil::date};

use super::*;

const DAY_MS: u64 = 24 * 3_600_000;

/// Where clocks change in the north, in the south, by half an hour, at midnight, and not at all.
const ZONES: [&str; 9] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Santiago",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Kolkata",
    "Pacific/Chatham",
];

fn schedule(expression: &str, zone: &str) -> Schedule {
    Schedule::new(expression, zone, Duration::ZERO).unwrap()
}

fn ms(zone: &str, local: DateTime) -> u64 {
    let zone = TimeZone::get(zone).unwrap();
    let at = zone.to_ambiguous_timestamp(local).compatible().unwrap();
    at.as_millisecond().unsigned_abs()
}

#[test]
fn a_year_of_daily_runs_has_one_run_each_local_day_whatever_the_clocks_do() {
    // How: each zone, and times in and around the hours that are left out or repeated.
    for name in ZONES {
        let zone = TimeZone::get(name).unwrap();
        for time in [
            "0 0", "15 0", "45 1", "0 2", "15 2", "30 2", "59 2", "0 3", "0 9", "59 23",
        ] {
            let daily = schedule(&format!("{time} * * *"), name);
            let from = ms(name, date(2026, 1, 1).at(0, 0, 0, 0)) - 1;
            let to = ms(name, date(2027, 1, 1).at(0, 0, 0, 0)) - 1;
            let days: Vec<_> = daily
                .dues(from, to)
                .map(|due| zone.to_datetime(timestamp(due).unwrap()).date())
                .collect();
            let mut day = date(2026, 1, 1);
            for found in &days {
                assert_eq!(*found, day, "{name} {time}");
                day = day.saturating_add(1.day());
            }
            assert_eq!(days.len(), 365, "{name} {time}");
        }
    }
}

#[test]
fn a_year_counted_in_one_go_is_the_same_as_step_by_step() {
    // How: a look every seven hours finds each due time once, and none besides.
    for name in ZONES {
        let twice = schedule("30 2,3 * * *", name);
        let from = ms(name, date(2026, 1, 1).at(0, 0, 0, 0));
        let to = from + 365 * DAY_MS;
        let all: Vec<u64> = twice.dues(from, to).collect();
        let mut found = Vec::new();
        let mut since = from;
        for now in (from..=to).step_by(7 * 3_600_000) {
            if let Some(Ripe { due_ms, missed }) = twice.ripe("job", since, now) {
                assert!(missed <= 1);
                found.extend(twice.dues(since, due_ms));
                since = due_ms;
            }
        }
        found.extend(twice.dues(since, to));
        assert_eq!(found, all, "{name}");
        assert!(all.is_sorted());
        // What is left out in spring falls on what comes an hour later.
        assert!((728..=731).contains(&all.len()), "{name} {}", all.len());
    }
}

#[test]
fn what_names_no_hour_goes_by_the_time_that_passes() {
    let berlin = "Europe/Berlin";
    let often = schedule("*/15 * * * *", berlin);
    let from = ms(berlin, date(2026, 10, 24).at(12, 0, 0, 0));
    let dues: Vec<u64> = often.dues(from, from + DAY_MS).collect();
    assert_eq!(dues.len(), 96);
    assert!(dues.windows(2).all(|pair| pair[1] - pair[0] == 15 * 60_000));
    let hourly = schedule("@hourly", berlin);
    assert_eq!(hourly.dues(from, from + DAY_MS).count(), 24);
}

#[test]
fn what_the_clocks_leave_out_is_as_much_later_and_keeps_its_order() {
    let berlin = "Europe/Berlin";
    let both = schedule("45 2,3 29 3 *", berlin);
    let from = ms(berlin, date(2026, 3, 29).at(0, 0, 0, 0));
    // 02:45 does not exist and is 03:45, which is due anyway.
    assert_eq!(both.dues(from, from + DAY_MS).count(), 1);
    let mixed = schedule("0,45 2,3 29 3 *", berlin);
    let dues: Vec<u64> = mixed.dues(from, from + DAY_MS).collect();
    let expected = [(3, 0), (3, 45)]
        .map(|(hour, minute)| ms(berlin, date(2026, 3, 29).at(hour, minute, 0, 0)));
    assert_eq!(dues, expected);
}

#[test]
fn a_day_that_a_zone_left_out_is_made_up_for() {
    // How: Samoa had no 30 December 2011.
    let apia = "Pacific/Apia";
    let daily = schedule("0 9 * * *", apia);
    let from = ms(apia, date(2011, 12, 28).at(12, 0, 0, 0));
    let dues: Vec<u64> = daily.dues(from, from + 3 * DAY_MS).collect();
    // The 29th and the 31st, on which what the 30th lacks falls.
    assert_eq!(dues.len(), 3);
}

#[test]
fn jitter_is_the_same_for_all_who_ask_and_within_its_bound() {
    let half_an_hour = Duration::from_mins(30);
    let daily = Schedule::new("0 9 * * *", "UTC", half_an_hour).unwrap();
    let again = Schedule::new("0 9 * * *", "UTC", half_an_hour).unwrap();
    let offsets: Vec<u64> = daily
        .dues(0, 100 * DAY_MS)
        .map(|due| {
            assert_eq!(daily.fires_at("a", due), again.fires_at("a", due));
            daily.fires_at("a", due) - due
        })
        .collect();
    assert!(offsets.iter().all(|offset| *offset < 1_800_000));
    assert!(offsets.iter().any(|offset| *offset > 1_200_000));
    assert!(offsets.iter().any(|offset| *offset < 600_000));
    let due = daily.next_after(0).unwrap();
    assert_ne!(daily.fires_at("a", due), daily.fires_at("b", due));
    assert_eq!(daily.ripe("a", 0, daily.fires_at("a", due) - 1), None);
    let ripe = Ripe {
        due_ms: due,
        missed: 0,
    };
    assert_eq!(daily.ripe("a", 0, daily.fires_at("a", due)), Some(ripe));
}

#[test]
fn what_nobody_was_there_for_is_due_once_and_counted() {
    let daily = schedule("0 9 * * *", "UTC");
    let ripe = daily.ripe("job", 0, 10 * DAY_MS).unwrap();
    assert_eq!((ripe.due_ms, ripe.missed), (9 * DAY_MS + 9 * 3_600_000, 9));
    assert_eq!(daily.ripe("job", ripe.due_ms, 10 * DAY_MS), None);
    let often = schedule("* * * * *", "UTC");
    let now = 400 * DAY_MS + 30_000;
    let ripe = often.ripe("job", 0, now).unwrap();
    assert_eq!(ripe.due_ms, 400 * DAY_MS);
    assert!(ripe.missed >= 9_000);
}

#[test]
fn what_cannot_be_kept_is_refused_with_what_is_wrong() {
    for (expression, zone, jitter, word) in [
        ("", "UTC", 0, "cron expression"),
        ("0 9 * *", "UTC", 0, "cron expression"),
        ("0 0 9 * * *", "UTC", 0, "cron expression"),
        ("0 24 * * *", "UTC", 0, "cron expression"),
        ("@sometimes", "UTC", 0, "cron expression"),
        ("0 0 30 2 *", "UTC", 0, "never due"),
        ("0 9 * * *", "Europe/Atlantis", 0, "time zone"),
        ("0 9 * * *", "", 0, "time zone"),
        ("0 * * * *", "UTC", 60, "jitter"),
        ("30 2,3 * * *", "Europe/Berlin", 60, "jitter"),
    ] {
        let refused = Schedule::new(expression, zone, Duration::from_mins(jitter));
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains(word), "{expression} {zone}: {refused}");
    }
}
