//! The day's IDENTIFYs, with a directory that asks the simulator how many are left.

use std::time::Duration;

use cordboard_gateway::{
    Endpoint, Failure, Gateway, GatewayDirectory, Settings, State, Status, Trouble,
};
use cordboard_simulator::{Config, Simulator};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use crate::succession::world;

/// Asks `GET /gateway/bot`, with as little HTTP as it takes.
pub(crate) struct Asking(pub(crate) Simulator);

impl GatewayDirectory for Asking {
    async fn gateway(&self) -> Result<Endpoint, Failure> {
        let asked = ask(&self.0).await.map_err(|error| Failure::NotDone {
            wait: None,
            source: error.into(),
        })?;
        let limit = &asked["session_start_limit"];
        let number = |value: &Value| value.as_u64().unwrap();
        Ok(Endpoint {
            url: asked["url"].as_str().unwrap().to_owned(),
            identifies_left: u32::try_from(number(&limit["remaining"])).unwrap(),
            identifies_reset_after: Duration::from_millis(number(&limit["reset_after"])),
            max_concurrency: u32::try_from(number(&limit["max_concurrency"])).unwrap(),
            shards: u32::try_from(number(&asked["shards"])).unwrap(),
        })
    }
}

async fn ask(simulator: &Simulator) -> anyhow::Result<Value> {
    let url = simulator.rest_url();
    let host = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).await?;
    stream.set_nodelay(true)?;
    let token = simulator.token();
    let request = format!(
        "GET /api/v10/gateway/bot HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bot {token}\r\n\
         User-Agent: DiscordBot (test, 1)\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    Ok(serde_json::from_str(body)?)
}

#[tokio::test(start_paused = true)]
async fn a_crash_loop_never_spends_the_reserve() {
    // How: thirty processes, each killed seconds after its start and followed at once by one that
    // knows nothing of it, with forty IDENTIFYs a day.
    let mut config = Config::default();
    config.gateway.identifies_per_day = 40;
    world(config, async |simulator| {
        let mut put_off = 0;
        for start in 0..30 {
            let settings = Settings::new(simulator.token().into());
            let (hub, gateway) = Gateway::new(settings, Asking(simulator.clone()));
            let mut status = hub.status();
            let refusal = async {
                let put_off = |status: &Status| {
                    matches!(
                        status.state,
                        State::Degraded {
                            why: Trouble::IdentifyBudget { left: 20 },
                            ..
                        }
                    )
                };
                status.wait_for(put_off).await.is_ok()
            };
            tokio::select! {
                ended = gateway.run(CancellationToken::new()) => panic!("{ended:?}"),
                refused = refusal => put_off += u32::from(refused),
                () = sleep(Duration::from_secs(start % 4)) => {}
            }
        }
        assert_eq!(simulator.counters().identifies, 20);
        assert!(put_off > 0, "the last starts were put off");
        // Nothing was broken by it: the day after, the first one gets its session.
        sleep(Duration::from_hours(24)).await;
        let settings = Settings::new(simulator.token().into());
        let (hub, gateway) = Gateway::new(settings, Asking(simulator.clone()));
        let mut status = hub.status();
        tokio::select! {
            ended = gateway.run(CancellationToken::new()) => panic!("{ended:?}"),
            is_ready = async { status.wait_for(Status::is_ready).await.is_ok() } => assert!(is_ready),
        }
        assert_eq!(simulator.check(), []);
    })
    .await;
}
