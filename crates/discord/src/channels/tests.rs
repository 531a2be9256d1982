use super::*;

#[test]
fn every_special_channel_of_a_guild_is_found() {
    let guild = br#"{"id":"1","name":"g","afk_channel_id":"11","public_updates_channel_id":"12",
        "rules_channel_id":"13","safety_alerts_channel_id":"14","system_channel_id":"15",
        "widget_channel_id":"16","new_channel_id":"17","roles":[]}"#;
    let ids = json::<SpecialChannels>(guild).unwrap().ids();
    assert_eq!(ids, (11..=16).map(Id::new).collect());
    let none = br#"{"id":"1","system_channel_id":null,"system_channel_flags":0}"#;
    assert!(json::<SpecialChannels>(none).unwrap().ids().is_empty());
}

#[test]
fn a_special_channel_that_cannot_be_read_does_not_pass_for_none() {
    for odd in [
        r#"{"id":"1","system_channel_id":{"id":"1"}}"#,
        r#"{"id":"1","rules_channel_id":""}"#,
        "{}",
        "[]",
        "<html>",
    ] {
        assert!(json::<SpecialChannels>(odd.as_bytes()).is_err(), "{odd}");
    }
}

fn refused(status: u16, code: u64) -> Failed {
    let body = format!(r#"{{"code":{code},"message":"x"}}"#);
    Failed::from(Trouble::Refused(
        crate::Refusal::read(status, body.as_bytes()).unwrap(),
    ))
}

#[test]
fn only_discords_own_words_say_that_a_channel_is_gone() {
    assert_eq!(deletion(Ok(())).unwrap(), Deletion::Accepted);
    let body_lost = Trouble::BodyLost {
        status: 200,
        source: crate::BodyLoss::Deadline,
    };
    assert_eq!(deletion(Err(body_lost.into())).unwrap(), Deletion::Accepted);
    assert_eq!(
        deletion(Err(refused(404, 10003))).unwrap(),
        Deletion::Absent
    );
    assert_eq!(
        deletion(Err(refused(403, 50001))).unwrap(),
        Deletion::Hidden
    );
    for (status, code) in [(403, 50013), (400, 50074), (404, 10004), (400, 10003)] {
        let failure = deletion(Err(refused(status, code))).unwrap_err();
        assert!(
            matches!(failure, Failure::Never { .. }),
            "{code}: {failure:?}"
        );
    }
    let says_nothing = [404, 500, 502].map(|status| Trouble::Broken { status }.into());
    let speaks_of_something_else = [0, 10001, 10008].map(|code| refused(404, code));
    for failed in says_nothing.into_iter().chain(speaks_of_something_else) {
        let told = format!("{failed:?}");
        let failure = deletion(Err(failed)).unwrap_err();
        assert!(matches!(failure, Failure::Unknown { .. }), "{told}");
    }
}

#[test]
fn a_channel_that_may_not_be_seen_is_there() {
    for code in [50001, 50013] {
        assert_eq!(presence(Err(refused(403, code))).unwrap(), Presence::Hidden);
    }
    assert_eq!(
        presence(Err(refused(404, 10003))).unwrap(),
        Presence::Absent
    );
    for failed in [Trouble::Broken { status: 404 }.into(), refused(404, 0)] {
        let failure = presence(Err(failed)).unwrap_err();
        assert!(matches!(failure, Failure::NotDone { .. }), "{failure:?}");
    }
}
