//! What a session hears when its guild goes and comes back.

use std::time::Duration;

use cordboard_simulator::{OutageAnswer, Simulator};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::client::{Client, INTENTS, config, identify, simulate};

#[tokio::test(start_paused = true)]
async fn an_outage_is_told_and_its_end_brings_the_whole_guild() {
    simulate(config(""), async |simulator| {
        let (mut client, _) = Client::log_in(&simulator).await;
        simulator.begin_outage(OutageAnswer::ServerError);
        let gone = client.payload().await;
        assert_eq!(gone["t"], "GUILD_DELETE");
        let guild_id = simulator.guild_id().to_string();
        let unavailable = json!({ "id": guild_id, "unavailable": true });
        assert_eq!(gone["d"], unavailable);

        // Who comes in the meantime is told the same after READY.
        tokio::time::sleep(Duration::from_secs(5)).await;
        let mut late = Client::hello(&simulator).await;
        late.say(identify(&simulator, INTENTS)).await;
        assert_eq!(late.payload().await["d"]["guilds"], json!([unavailable]));
        assert_eq!(late.payload().await["t"], "GUILD_DELETE");

        simulator.end_outage();
        for client in [&mut client, &mut late] {
            let back = client.payload().await;
            assert_eq!(back["t"], "GUILD_CREATE");
            assert_eq!(back["d"]["unavailable"], false);
            assert_eq!(back["d"]["channels"].as_array().unwrap().len(), 1);
        }
        simulator.create_channel("after");
        assert_eq!(client.payload().await["t"], "CHANNEL_CREATE");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_kick_and_an_invitation_are_told() {
    simulate(config(""), async |simulator| {
        let (mut client, _) = Client::log_in(&simulator).await;
        simulator.kick(simulator.user_id());
        let gone = client.payload().await;
        assert_eq!(
            (&gone["t"], &gone["d"]["unavailable"]),
            (&json!("GUILD_DELETE"), &json!(null))
        );
        simulator.create_channel("unseen");
        let silence = timeout(Duration::from_secs(5), client.hear()).await;
        silence.expect_err("who is out hears nothing");
        simulator.invite(1 << 10);
        let back = client.payload().await;
        assert_eq!(back["t"], "GUILD_CREATE");
        let member = &back["d"]["members"][0];
        let role = member["roles"][0].clone();
        let roles = back["d"]["roles"].as_array().unwrap();
        let own = roles.iter().find(|one| one["id"] == role).unwrap();
        assert_eq!(own["permissions"], "1024");
        assert_eq!(client.payload().await["t"], "GUILD_ROLE_CREATE");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_thread_of_ones_own_is_announced_and_mourned() {
    simulate(
        config("[[bots]]\nuser_id = \"55\"\nname = \"Other\"\ntoken = \"other\""),
        async |simulator| {
            let (mut client, _) = Client::log_in(&simulator).await;
            let home = simulator.default_channel_id();
            let mut other = Client::hello(&simulator).await;
            let mut login = identify(&simulator, INTENTS);
            login["d"]["token"] = json!("other");
            other.say(login).await;
            other.event("GUILD_CREATE").await;

            let id = start_thread(&simulator, home).await;
            let created = client.payload().await;
            assert_eq!(created["t"], "THREAD_CREATE");
            assert_eq!(
                (&created["d"]["id"], &created["d"]["newly_created"]),
                (&json!(id), &json!(true))
            );
            // The other bot learns of a private thread when a ping pulls it in.
            let thread_id = id.parse().unwrap();
            simulator.say(thread_id, "<@55> hello");
            let names = async |client: &mut Client| {
                let mut names = Vec::new();
                while let Ok(payload) = timeout(Duration::from_secs(1), client.payload()).await {
                    names.push(payload["t"].as_str().unwrap().to_owned());
                }
                names
            };
            let told = names(&mut other).await;
            assert_eq!(
                told[..2],
                ["THREAD_CREATE", "THREAD_MEMBER_UPDATE"],
                "{told:?}"
            );
            assert!(told.contains(&"MESSAGE_CREATE".to_owned()), "{told:?}");
            simulator.delete_channel(thread_id);
            for client in [&mut client, &mut other] {
                let told = names(client).await;
                assert_eq!(told.last().unwrap(), "THREAD_DELETE", "{told:?}");
            }
        },
    )
    .await;
}

/// Starts a private thread over REST as the proxy's bot; answers its id.
async fn start_thread(simulator: &Simulator, home: u64) -> String {
    let address = simulator.rest_url().replace("http://", "");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let body = json!({ "name": "aside", "type": 12 }).to_string();
    let head = format!(
        "POST /api/v10/channels/{home}/threads HTTP/1.1\r\nHost: discord\r\nConnection: close\r\n\
         Authorization: Bot {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        simulator.token(),
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let thread: Value = serde_json::from_str(body).unwrap();
    thread["id"].as_str().unwrap().to_owned()
}
