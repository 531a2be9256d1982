//! What can be read back, and by whom.

use super::*;

#[test]
fn without_the_history_permission_history_is_empty_and_no_error() {
    let mut world = world();
    let sent = say(&mut world, HUMAN, "x");
    deny(&mut world, permission::READ_MESSAGE_HISTORY);
    assert_eq!(
        world.history(PROXY, GENERAL, Page::Latest, 50),
        Ok(json!([]))
    );
    assert_eq!(code(world.read_message(PROXY, GENERAL, sent)), 50013);
    deny(&mut world, permission::VIEW_CHANNEL);
    assert_eq!(code(world.history(PROXY, GENERAL, Page::Latest, 50)), 50001);
}

#[test]
fn messages_of_one_millisecond_are_paged_without_loss() {
    let mut world = world();
    let sent: Vec<u64> = (0..7).map(|_| say(&mut world, HUMAN, "tie")).collect();
    let mut paged = Vec::new();
    let mut after = 0;
    loop {
        let page = world
            .history(PROXY, GENERAL, Page::After(after), 3)
            .unwrap();
        let ids: Vec<u64> = page.as_array().unwrap().iter().map(id).collect();
        let Some(newest) = ids.first() else { break };
        assert!(ids.is_sorted_by(|newer, older| newer > older));
        after = *newest;
        paged.extend(ids.into_iter().rev());
    }
    assert_eq!(paged, sent);
}

#[test]
fn strangers_words_are_blank_on_rest_without_the_switch() {
    let mut world = world();
    world.set_privileged_intents(PROXY, 0);
    say(&mut world, HUMAN, "secret");
    say(&mut world, HUMAN, &format!("<@{PROXY}> for you"));
    say(&mut world, PROXY, "mine");
    let read = |world: &World| {
        let page = world.history(PROXY, GENERAL, Page::Latest, 50).unwrap();
        let texts = page
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["content"].as_str().unwrap().len());
        texts.map(|length| length > 0).collect::<Vec<_>>()
    };
    assert_eq!(read(&world), [true, true, false]);
    world.set_privileged_intents(PROXY, event::MESSAGE_CONTENT);
    assert_eq!(read(&world), [true, true, true]);
}

#[tokio::test(start_paused = true)]
async fn attachments_are_served_until_their_address_goes_stale() {
    let mut world = world();
    world.listen_at("127.0.0.1:1".parse().unwrap());
    let file = File {
        filename: "a b.txt".to_owned(),
        bytes: "text".into(),
        ..File::default()
    };
    let draft = NewMessage {
        files: vec![file],
        ..NewMessage::default()
    };
    let sent = world.create_message(PROXY, GENERAL, draft).unwrap();
    let attachment = &sent["attachments"][0];
    let url = attachment["url"].as_str().unwrap();
    assert_eq!(attachment["filename"], "a_b.txt");
    let place = format!(
        "http://127.0.0.1:1/attachments/{GENERAL}/{}/a_b.txt?",
        id(attachment)
    );
    assert!(url.starts_with(&place), "{url}");
    let parameter = |name: &str| {
        url.split(['?', '&'])
            .find_map(|one| one.strip_prefix(name))
            .unwrap()
    };
    let expires = u64::from_str_radix(parameter("ex="), 16).unwrap();
    let fetch = |world: &World, signed: &str| {
        world.attachment_bytes((GENERAL, id(attachment)), (expires, signed))
    };
    let (content_type, bytes) = fetch(&world, parameter("hm=")).unwrap();
    assert_eq!(
        (content_type.as_str(), &bytes[..]),
        ("text/plain; charset=utf-8", &b"text"[..])
    );
    assert_eq!(fetch(&world, "00"), None);
    tokio::time::advance(Duration::from_hours(25)).await;
    assert_eq!(fetch(&world, parameter("hm=")), None);
}

#[test]
fn a_search_finds_no_index_at_first() {
    let mut world = world();
    say(&mut world, HUMAN, "Needle");
    let search = Search {
        content: Some("needle".to_owned()),
        limit: 25,
        ..Search::default()
    };
    assert!(matches!(
        world.search_messages(PROXY, GUILD, &search),
        Ok(Found::NotYet(_))
    ));
    let Ok(Found::Results(found)) = world.search_messages(PROXY, GUILD, &search) else {
        panic!("the index is there");
    };
    assert_eq!(found["total_results"], 1);
}
