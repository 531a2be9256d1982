//! What the engines get from a Discord in good health.

use std::{collections::HashSet, time::Duration};

use cordboard_conversation::{File, MessageApi};
use cordboard_discord::DiscordError;
use cordboard_gateway::GatewayDirectory;
use cordboard_lifecycle::{ChannelApi, Failure, GuildApi, Kind, Place, Plan, Presence, Room};
use cordboard_recovery::History;
use cordboard_simulator::{ChannelConfig, Config, Fault};
use twilight_model::{guild::Permissions, id::Id};

use crate::world::{CREATE, post, simulated};

const SECONDS: Duration = Duration::from_secs(10);

#[tokio::test(start_paused = true)]
async fn a_created_channel_carries_its_mark_and_lets_the_bot_in() {
    simulated(Config::default(), async |world| {
        let plan = world.plan(SECONDS);
        let mark = plan.mark.to_string();
        let channel_id = world.discord.create(&plan).await.unwrap();
        assert_eq!(
            world.discord.look(channel_id).await.unwrap(),
            Presence::Here
        );
        let requests = world.simulator.requests(Some(CREATE));
        assert_eq!(requests[0].reason.as_deref(), Some(mark.as_str()));
        let creator_id = Id::new(world.simulator.user_id());
        let log = async |after| {
            let page = world.discord.log(world.guild_id(), creator_id, after).await;
            page.unwrap()
        };
        let creations = log(None).await.creations;
        assert_eq!(creations.len(), 1);
        assert_eq!(creations[0].channel_id, channel_id);
        assert_eq!(creations[0].creator_id, creator_id);
        assert_eq!(creations[0].reason.as_deref(), Some(mark.as_str()));
        let after = Some(creations[0].entry_id);
        assert!(log(after).await.creations.is_empty());
        // The overwrite alone keeps it usable.
        world.simulator.set_permissions(0);
        assert_eq!(
            world.discord.look(channel_id).await.unwrap(),
            Presence::Here
        );
        world
            .discord
            .post(channel_id, &post("hello", "nonce", SECONDS))
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_thread_is_named_by_the_answer_and_by_the_audit_log() {
    simulated(Config::default(), async |world| {
        let place = Place::Thread(world.channel_id());
        let plan = Plan {
            place,
            ..world.plan(SECONDS)
        };
        let thread_id = world.discord.create(&plan).await.unwrap();
        let truth = world.simulator.truth().channels;
        let thread = truth.iter().find(|one| one.id == thread_id.get()).unwrap();
        assert_eq!((thread.kind, thread.name.as_str()), (11, "cord-test"));
        let active = world.discord.threads(world.guild_id()).await;
        assert_eq!(active.unwrap(), [thread_id]);
        let creator_id = Id::new(world.simulator.user_id());
        let log = world.discord.log(world.guild_id(), creator_id, None).await;
        let creations = log.unwrap().creations;
        assert_eq!(creations.len(), 1);
        assert_eq!(
            (creations[0].channel_id, creations[0].kind),
            (thread_id, Kind::Thread)
        );
        let mark = plan.mark.to_string();
        assert_eq!(creations[0].reason.as_deref(), Some(mark.as_str()));
        world
            .discord
            .post(thread_id, &post("hello", "nonce", SECONDS))
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_full_is_told_apart() {
    // How: a guild with room for its own channels only, and for no thread at all.
    let mut config = Config::default();
    let category = ChannelConfig {
        id: 77,
        kind: 4,
        ..ChannelConfig::default()
    };
    config.guild.channels.push(category);
    config.guild.channels_max = 3;
    config.guild.category_channels_max = 1;
    config.guild.threads_max = 0;
    simulated(config, async |world| {
        let room = async |place| {
            let plan = Plan {
                place,
                ..world.plan(SECONDS)
            };
            match world.discord.create(&plan).await {
                Ok(_) => None,
                Err(Failure::NoRoom { room, .. }) => Some(room),
                Err(other) => panic!("{other:?}"),
            }
        };
        let category = Place::Category(Id::new(77));
        assert_eq!(room(category).await, None);
        assert_eq!(room(category).await, Some(Room::Category));
        assert_eq!(room(Place::Guild).await, Some(Room::Guild));
        let thread = Place::Thread(world.channel_id());
        assert_eq!(room(thread).await, Some(Room::Threads));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_lasts_costs_one_request_each_and_all_is_asked_for_when_it_ends() {
    simulated(Config::default(), async |world| {
        let all = world.simulator.config().proxy.permissions;
        world
            .simulator
            .set_permissions(all & !Permissions::MANAGE_CHANNELS.bits());
        for _ in 0..3 {
            let refused = world.discord.create(&world.plan(SECONDS)).await;
            assert!(matches!(refused, Err(Failure::Never { .. })), "{refused:?}");
        }
        assert_eq!(world.received(CREATE), 2 + 1 + 1);
        world.simulator.set_permissions(all);
        world.discord.create(&world.plan(SECONDS)).await.unwrap();
        // How: that everything is asked for again shows in that less can be asked for.
        world
            .simulator
            .fault(Fault::status(CREATE, 403).code(50013));
        world.discord.create(&world.plan(SECONDS)).await.unwrap();
        assert_eq!(world.received(CREATE), 4 + 1 + 2);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_bot_that_lacks_what_is_optional_still_creates() {
    simulated(Config::default(), async |world| {
        // How: Discord refuses the first overwrite, as it does for bits that the bot does not hold.
        world
            .simulator
            .fault(Fault::status(CREATE, 403).code(50013));
        let channel_id = world.discord.create(&world.plan(SECONDS)).await.unwrap();
        world
            .discord
            .post(channel_id, &post("hello", "nonce", SECONDS))
            .await
            .unwrap();
        assert_eq!(world.received(CREATE), 2);
        // It has learnt.
        world.discord.create(&world.plan(SECONDS)).await.unwrap();
        assert_eq!(world.received(CREATE), 3);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_audit_log_of_more_than_a_page_is_read_oldest_first() {
    simulated(Config::default(), async |world| {
        let mut created = Vec::new();
        for _ in 0..130 {
            created.push(world.discord.create(&world.plan(SECONDS)).await.unwrap());
        }
        let creator_id = Id::new(world.simulator.user_id());
        let (mut read, mut after) = (Vec::new(), None);
        loop {
            let page = world.discord.log(world.guild_id(), creator_id, after).await;
            let page = page.unwrap();
            let Some(last) = page.last else { break };
            after = Some(last);
            read.extend(page.creations.iter().map(|creation| creation.channel_id));
        }
        assert_eq!(read, created);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_is_not_there_is_absent() {
    simulated(Config::default(), async |world| {
        let gone = world.simulator.create_channel("gone");
        world.simulator.delete_channel(gone);
        assert_eq!(
            world.discord.look(Id::new(gone)).await.unwrap(),
            Presence::Absent
        );
        let special = world
            .discord
            .special_channels(world.guild_id())
            .await
            .unwrap();
        assert_eq!(special, HashSet::new());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn history_is_read_in_ascending_pages() {
    simulated(Config::default(), async |world| {
        let channel_id = world.channel_id();
        let said: Vec<u64> = (0..230)
            .map(|number| {
                world
                    .simulator
                    .say(channel_id.get(), &format!("message {number}"))
            })
            .collect();
        let mut read = Vec::new();
        let mut after = None;
        loop {
            let page = world.discord.after(channel_id, after).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            read.extend(page.iter().map(|message| message.id.get()));
        }
        assert_eq!(read, said);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn files_are_posted_and_attachments_are_read() {
    simulated(Config::default(), async |world| {
        let mut post = post("with a file", "nonce", SECONDS);
        let bytes = bytes::Bytes::from_static(b"a long prompt");
        let file = File {
            name: "prompt 1.txt".into(),
            content_type: None,
            bytes: bytes.clone(),
        };
        post.files.push(file);
        world.discord.post(world.channel_id(), &post).await.unwrap();
        let page = world.discord.after(world.channel_id(), None).await.unwrap();
        let message: serde_json::Value = serde_json::from_str(page[0].json.get()).unwrap();
        let attachment = &message["attachments"][0];
        assert_eq!(attachment["filename"], "prompt_1.txt");
        let url = attachment["url"].as_str().unwrap();
        assert_eq!(world.discord.fetch_attachment(url).await.unwrap(), bytes);
        let gone = format!("{}/attachments/1/2/none.txt", world.simulator.rest_url());
        let failure = world.discord.fetch_attachment(&gone).await.unwrap_err();
        assert!(matches!(failure, DiscordError::Never { .. }), "{failure:?}");
        let foreign = world
            .discord
            .fetch_attachment("http://127.0.0.1:1/x")
            .await
            .unwrap_err();
        assert!(matches!(foreign, DiscordError::Never { .. }), "{foreign:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_start_up_checks_see_who_we_are_and_what_we_may_do() {
    let mut config = Config::default();
    (config.gateway.shards, config.gateway.max_concurrency) = (3, 2);
    simulated(config, async |world| {
        let identity = world.discord.identity().await.unwrap();
        assert_eq!(identity.user_id, Id::new(world.simulator.user_id()));
        let guild = world
            .discord
            .probe_guild(world.guild_id(), identity.user_id)
            .await
            .unwrap();
        assert!(
            guild
                .permissions
                .contains(Permissions::MANAGE_CHANNELS | Permissions::VIEW_AUDIT_LOG)
        );
        let channel = world
            .discord
            .probe_channel(world.channel_id())
            .await
            .unwrap();
        assert_eq!(
            (channel.guild_id, channel.kind),
            (Some(world.guild_id()), 0)
        );
        let missing = world.discord.probe_channel(Id::new(5)).await.unwrap_err();
        assert!(matches!(missing, DiscordError::Never { .. }), "{missing:?}");
        let endpoint = world.discord.gateway().await.unwrap();
        assert_eq!(
            endpoint.url.trim_end_matches('/'),
            world.simulator.gateway_url()
        );
        assert!(endpoint.identifies_left > 0);
        assert_eq!((endpoint.shards, endpoint.max_concurrency), (3, 2));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn only_a_refused_token_tells_the_gateway_to_stop() {
    const ROUTE: &str = "GET /gateway/bot";
    for status in [400, 403, 404, 405, 429, 500, 502, 503] {
        simulated(Config::default(), async |world| {
            world.simulator.fault(Fault::status(ROUTE, status).always());
            let failure = world.discord.gateway().await.unwrap_err();
            let is_temporary = matches!(failure, cordboard_gateway::Failure::NotDone { .. });
            assert!(is_temporary, "{status}: {failure:?}");
            world.simulator.clear_faults();
            tokio::time::sleep(Duration::from_hours(1)).await;
            world.discord.gateway().await.unwrap();
        })
        .await;
    }
}
