use std::{net::Shutdown, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{io::AsyncWriteExt, net::TcpStream, task::JoinSet, time::sleep};

use crate::{
    client::{Client, post},
    world::{KEY, World, chat},
};

/// How a client leaves.
#[derive(Clone, Copy, Debug)]
enum Leave {
    Fin,
    Rst,
    HalfClose,
}

const WAYS: [Leave; 3] = [Leave::Fin, Leave::Rst, Leave::HalfClose];

async fn leave(mut client: Client, way: Leave) -> Option<Client> {
    match way {
        Leave::Fin => client.finish(),
        Leave::Rst => client.reset(),
        Leave::HalfClose => {
            client.socket.shutdown().await.unwrap();
            return Some(client);
        }
    }
    None
}

#[tokio::test(start_paused = true)]
async fn before_the_prompt_is_posted() {
    for way in WAYS {
        for stream in [false, true] {
            let world = World::new().await;
            let mut client = world.connect().await;
            client.post(&chat("post 60000\nhang", stream)).await;
            world.asked().await;
            let _half = leave(client, way).await;
            world.let_go().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_bot_is_silent_before_the_first_byte() {
    for way in WAYS {
        let world = World::new().await;
        let mut client = world.connect().await;
        client.post(&chat("hang", false)).await;
        world.asked().await;
        sleep(Duration::from_secs(30)).await;
        assert_eq!(world.desk.open(), 1);
        let _half = leave(client, way).await;
        world.let_go().await;
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_head_before_any_text() {
    for way in WAYS {
        for script in ["hang", "post 60000\nhang"] {
            let world = World::new().await;
            let mut client = world.connect().await;
            client.post(&chat(script, true)).await;
            client.head().await;
            assert_eq!(world.desk.open(), 1);
            let _half = leave(client, way).await;
            world.let_go().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn in_the_middle_of_an_idle_stream() {
    for way in WAYS {
        let world = World::new().await;
        let mut client = world.connect().await;
        client.post(&chat("say half\nhang", true)).await;
        client.head().await;
        client.chunk().await;
        client.chunk().await;
        sleep(Duration::from_secs(25)).await;
        let _half = leave(client, way).await;
        world.let_go().await;
    }
}

#[tokio::test(start_paused = true)]
async fn while_a_flood_is_not_read() {
    for way in [Leave::Fin, Leave::Rst] {
        let world = World::new().await;
        let mut client = world.connect().await;
        client.post(&chat("flood", true)).await;
        client.head().await;
        leave(client, way).await;
        world.let_go().await;
    }
}

#[tokio::test(start_paused = true)]
async fn with_a_second_request_in_the_pipe() {
    // hyper does not look for the end of a connection while bytes of another request wait in its
    // buffer; the next comments find out. Nothing is asked for the second request.
    for way in [Leave::Fin, Leave::Rst] {
        let world = World::new().await;
        let mut client = world.connect().await;
        client.post(&chat("say half\nhang", true)).await;
        client.head().await;
        client.post(&chat("say second", true)).await;
        sleep(Duration::from_millis(50)).await;
        leave(client, way).await;
        let two_comments = Duration::from_secs(20) + Duration::from_millis(100);
        world
            .until("a comment finds out", two_comments, |desk| desk.open() == 0)
            .await;
        sleep(Duration::from_secs(1)).await;
        assert_eq!(world.desk.asked().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_request_in_the_pipe_is_answered_after_the_first() {
    let world = World::new().await;
    let mut client = world.connect().await;
    client.post(&chat("pause 50\nsay one", false)).await;
    client.post(&chat("say two", false)).await;
    for text in ["one", "two"] {
        assert_eq!(
            client.answer().await.json()["choices"][0]["message"]["content"],
            text
        );
    }
}

#[tokio::test(start_paused = true)]
async fn half_way_through_the_request_nothing_is_asked() {
    let world = World::new().await;
    let mut client = world.connect().await;
    let request = post(
        "/v1/chat/completions",
        KEY,
        &chat("say hi", true).to_string(),
    );
    client.send(&request[..request.len() - 5]).await;
    sleep(Duration::from_secs(1)).await;
    client.finish();
    sleep(Duration::from_secs(20)).await;
    assert!(world.desk.asked().is_empty());
}

/// A client of HTTP/2 with one request under way.
struct Http2 {
    answer: Response<Incoming>,
    socket: std::net::TcpStream,
    _sender: http2::SendRequest<Full<Bytes>>,
    _connection: JoinSet<()>,
}

impl Http2 {
    async fn ask(world: &World, script: &str) -> Self {
        Self::ask_with_window(world, script, 1 << 20).await
    }

    async fn ask_with_window(world: &World, script: &str, window: u32) -> Self {
        let socket = TcpStream::connect(world.address).await.unwrap();
        // Or Nagle's algorithm waits on the kernel's clock, which is not paused.
        socket.set_nodelay(true).unwrap();
        let socket = socket.into_std().unwrap();
        let io = TcpStream::from_std(socket.try_clone().unwrap()).unwrap();
        let (mut sender, connection) = http2::Builder::new(TokioExecutor::new())
            .initial_stream_window_size(window)
            .handshake(TokioIo::new(io))
            .await
            .unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { drop(connection.await) });
        let request = Request::post("http://x/v1/chat/completions")
            .header("authorization", format!("Bearer {KEY}"))
            .body(Full::from(chat(script, true).to_string()))
            .unwrap();
        Self {
            answer: sender.send_request(request).await.unwrap(),
            socket,
            _sender: sender,
            _connection: tasks,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn over_http_2_streams_end_one_by_one() {
    let world = World::new().await;
    let mut client = Http2::ask(&world, "say half\nhang").await;
    assert_eq!(client.answer.status(), 200);
    let frame = client.answer.body_mut().frame().await.unwrap().unwrap();
    assert!(frame.into_data().unwrap().starts_with(b"data: {"));
    assert_eq!(world.desk.open(), 1);
    drop(client.answer);
    world.let_go().await;
}

#[tokio::test(start_paused = true)]
async fn over_http_2_with_the_whole_connection() {
    let world = World::new().await;
    let client = Http2::ask(&world, "say half\nhang").await;
    assert_eq!(world.desk.open(), 1);
    client.socket.shutdown(Shutdown::Both).unwrap();
    world.let_go().await;
}

#[tokio::test(start_paused = true)]
async fn over_http_2_before_the_head() {
    let world = World::new().await;
    let ask = Box::pin(Http2::ask(&world, "post 60000\nhang"));
    let asked = tokio::select! {
        biased;
        _ = ask => false,
        () = world.asked() => true,
    };
    assert!(asked);
    world.let_go().await;
}

#[tokio::test(start_paused = true)]
async fn over_http_2_a_stream_without_a_window_ends_with_its_time() {
    // The body is not polled without a window, so it cannot look at the clock itself.
    let world = World::with(|settings| settings.request_timeout = Duration::from_mins(1)).await;
    let _client = Http2::ask_with_window(&world, "flood", 0).await;
    sleep(Duration::from_secs(50)).await;
    assert_eq!(world.desk.open(), 1);
    let bound = Duration::from_secs(50);
    world
        .until("the stream is cut", bound, |desk| desk.open() == 0)
        .await;
}
