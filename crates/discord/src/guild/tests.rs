use super::*;

#[test]
fn a_list_is_read_as_far_as_it_can_be() {
    let body = br#"[
        {"id":"1","type":4,"name":"cords","position":0,"flags":0,"permission_overwrites":[]},
        {"id":"2","type":0,"name":"cord-1","parent_id":"1","topic":"~mark","flags":0,"new":{"a":[1]}},
        {"id":"3","type":0,"name":"___hidden___","parent_id":null,"topic":null,"flags":131072},
        {"id":"4","type":99},
        {"id":"5","type":0,"name":7,"parent_id":"","topic":[],"flags":"x"},
        {"id":"nonsense","type":0,"name":"odd"},
        {"type":0,"name":"no id"},
        {"id":"6","name":"no type"},
        7
    ]"#;
    let channels = list(body).unwrap();
    let ids: Vec<u64> = channels
        .iter()
        .map(|channel| channel.channel_id.get())
        .collect();
    assert_eq!(ids, [1, 2, 3, 4, 5, 6]);
    let expected = Listed {
        channel_id: Id::new(2),
        name: Some("cord-1".into()),
        parent_id: Some(Id::new(1)),
        topic: Some("~mark".into()),
        is_text: true,
    };
    assert_eq!(channels[1], expected);
    let odd = &channels[4];
    assert_eq!((odd.parent_id, odd.topic.as_deref()), (None, None));
    assert!(!channels[5].is_text, "its type is not known");
    assert!(list(b"[]").unwrap().is_empty());
}

#[test]
fn what_is_not_a_list_does_not_pass_for_an_empty_one() {
    for odd in [
        "{}",
        "null",
        "",
        "<html>",
        r#"{"message":"x","code":0}"#,
        "[1",
    ] {
        assert!(list(odd.as_bytes()).is_err(), "{odd}");
    }
}

fn ids(body: &str) -> Result<HashSet<u64>, Failure> {
    let onboarding = json::<Onboarding>(body.as_bytes()).map_err(Failed::from);
    let named = named(Id::new(1), onboarding)?;
    Ok(named.into_iter().map(Id::get).collect())
}

#[test]
fn onboarding_names_its_defaults_and_the_channels_behind_its_answers() {
    let body = r#"{"guild_id":"1","enabled":false,"mode":1,"below_requirements":true,
        "default_channel_ids":["11","12"],
        "prompts":[
            {"id":"7","title":"?","options":[
                {"id":"8","channel_ids":["12","13"],"role_ids":["5"],"emoji":null},
                {"id":"9","channel_ids":[],"role_ids":[]}]},
            {"id":"10","title":"?","options":[{"id":"1","channel_ids":["14"]}]}]}"#;
    assert_eq!(ids(body).unwrap(), HashSet::from([11, 12, 13, 14]));
    let none = r#"{"guild_id":"1","enabled":false,"default_channel_ids":[],"prompts":[]}"#;
    assert!(ids(none).unwrap().is_empty());
}

#[test]
fn onboarding_that_cannot_be_read_does_not_pass_for_none() {
    for odd in [
        "{}",
        "[]",
        "null",
        r#"{"guild_id":"1"}"#,
        r#"{"guild_id":"1","default_channel_ids":null,"prompts":[]}"#,
        r#"{"guild_id":"1","default_channel_ids":[""],"prompts":[]}"#,
        r#"{"guild_id":"1","default_channel_ids":[],"prompts":[{}]}"#,
        r#"{"guild_id":"1","default_channel_ids":[],"prompts":[{"options":[{}]}]}"#,
        r#"{"guild_id":"2","default_channel_ids":["11"],"prompts":[]}"#,
    ] {
        let failure = ids(odd).unwrap_err();
        assert!(
            matches!(failure, Failure::NotDone { .. }),
            "{odd}: {failure:?}"
        );
    }
}

#[test]
fn only_discords_own_words_say_that_there_is_no_onboarding() {
    let refused = |status, code: u64| {
        let body = format!(r#"{{"code":{code},"message":"x"}}"#);
        let refusal = crate::Refusal::read(status, body.as_bytes()).unwrap();
        named(Id::new(1), Err(Trouble::Refused(refusal).into()))
    };
    assert!(refused(404, 10004).unwrap().is_empty());
    for (status, code) in [
        (404, 0),
        (404, 10003),
        (403, 50001),
        (403, 50013),
        (400, 10004),
    ] {
        let failure = refused(status, code).unwrap_err();
        assert!(
            matches!(failure, Failure::Never { .. }),
            "{status} {code}: {failure:?}"
        );
    }
    let page = named(Id::new(1), Err(Trouble::Broken { status: 404 }.into()));
    assert!(matches!(page, Err(Failure::NotDone { .. })), "{page:?}");
}
