//! What is done on a schedule: defaults, what wins, mistakes.

use super::{GOOD, error, parse};

#[test]
fn every_default_channel_is_spoken_to_in_order_and_protected() {
    let more = "default_channel_ids = [\"1087394857203948222\", \"1087394857203948111\"]\n[[keys]]";
    let config = parse(&GOOD.replace("[[keys]]", more), &[]).unwrap();
    let kept = &config.upkeep.bots[0];
    let ids: Vec<_> = kept.bot.channel_ids.iter().map(|id| id.get()).collect();
    assert_eq!(ids, [1_087_394_857_203_948_111, 1_087_394_857_203_948_222]);
    assert!(
        kept.bot
            .channel_ids
            .iter()
            .all(|id| config.channels.protected.contains(id))
    );
    assert!(kept.enabled);
    assert_eq!(kept.schedule.to_string(), "0 9 * * * UTC");
    assert!(kept.bot.text.starts_with("<@1087394857203948999> "));
    assert!(!config.upkeep.in_proxy && config.upkeep.listen.is_none());
}

#[test]
fn what_a_bot_says_of_itself_wins_over_what_is_said_of_all() {
    let own = "[bots.keepalive]\nschedule = \"@weekly\"\nenabled = true\n[[keys]]";
    let text = GOOD.replace("[[keys]]", own);
    let all = "\n[upkeep.keepalive]\nenabled = false\ntime_zone = \"Asia/Tokyo\"\nschedule = \"@daily\"\n";
    let config = parse(&format!("{text}{all}"), &[]).unwrap();
    let kept = &config.upkeep.bots[0];
    assert_eq!(kept.schedule.to_string(), "@weekly Asia/Tokyo");
    assert!(kept.enabled);
}

#[test]
fn a_mistake_in_a_schedule_names_its_key_and_the_fix() {
    for (line, key, fix) in [
        ("schedule = \"0 25 * * *\"", "schedule", "day of month"),
        ("time_zone = \"Berlin\"", "time_zone", "America/New_York"),
        ("jitter = \"48h\"", "jitter", "shorter"),
        ("text = \"  \"", "text", "sentence"),
        ("answer_timeout = \"1s\"", "answer_timeout", "2m"),
    ] {
        let said = error(&format!("{GOOD}\n[upkeep.keepalive]\n{line}\n"), &[]);
        assert!(
            said.contains(&format!("upkeep.keepalive.{key}: ")),
            "{said}"
        );
        assert!(said.contains(fix), "{said}");
        let own = format!("[bots.keepalive]\n{line}\n[[keys]]");
        let said = error(&GOOD.replace("[[keys]]", &own), &[]);
        assert!(
            said.contains(&format!("bots[0].keepalive.{key}: ")),
            "{said}"
        );
    }
    let said = error(
        &format!("{GOOD}\n[upkeep]\nlisten = \"0.0.0.0:7078\"\n"),
        &[],
    );
    assert!(
        said.contains("upkeep.listen") && said.contains("127.0.0.1:7078"),
        "{said}"
    );
    let said = error(
        &format!("{GOOD}\n[upkeep.keepalive]\nexpect = \"(\"\n"),
        &[],
    );
    assert!(said.contains("no regular expression"), "{said}");
}
