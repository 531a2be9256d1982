//! How fast and how small the proxy is, and how soon the commands of the maintenance binary answer: the built binaries, real sockets, the real clock, a simulator
//! without limits. `cargo bench -p cordboard-tests`. It asserts nothing about time; it prints what
//! it measured beside what we aim at. docs/BENCHMARKS.md says how to read it.

mod commands;
mod measure;
mod processes;

use std::{
    io::{self, Write},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use cordboard_tests::Client;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::{Instant, sleep};

use crate::{
    measure::{Samples, Table},
    processes::{Binaries, Pair},
};

/// A prompt long enough that its first fifth is more than any hold-back.
const PROMPT_CHARACTERS: usize = 900;

fn main() -> anyhow::Result<()> {
    // `cargo test --benches` calls this too: there it only has to build.
    if std::env::args().any(|argument| argument == "--test") {
        return Ok(());
    }
    let binaries = Binaries::build()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut table = Table::default();
    let is_commands_only = std::env::args().any(|argument| argument == "commands");
    runtime.block_on(async {
        if is_commands_only {
            return commands::first_output(&binaries, &mut table).await;
        }
        first_chunk(&binaries, &mut table)
            .await
            .context("first chunk")?;
        processor_time(&binaries, &mut table)
            .await
            .context("processor time")?;
        memory(&binaries, &mut table).await.context("memory")?;
        throughput(&binaries, &mut table)
            .await
            .context("throughput")?;
        start(&binaries, &mut table).context("start")?;
        commands::first_output(&binaries, &mut table).await
    })?;
    writeln!(io::stdout(), "{table}")?;
    Ok(())
}

/// What the proxy adds to the first chunk at 64 concurrent streams: an observer with a gateway
/// session of its own sees the bot's first message, the client sees the first content; the
/// difference is the proxy's.
async fn first_chunk(binaries: &Binaries, table: &mut Table) -> anyhow::Result<()> {
    const AT_ONCE: usize = 64;
    const STREAMS: usize = 64 * 20;
    let script = r#"{ like = "echo", edits = 5, edits_per_second = 5.0, delay_ms = 50 }"#;
    let pair = Pair::start(binaries, &format!("[[bots]]\nscript = {script}\n"))?;
    pair.ready().await?;
    let seen = processes::observe(&pair).await?;
    let client = pair.client();
    let heard: Vec<(String, Instant)> = stream::iter(0..STREAMS)
        .map(|number| first_content(&client, format!("token-{number}-")))
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let mut samples = Samples::default();
    let seen = seen.lock();
    // The first ones all begin in the same instant, which no crowd of clients does.
    for (token, heard) in heard.into_iter().skip(AT_ONCE) {
        let emitted = seen
            .get(&token)
            .context("the observer saw the bot's message")?;
        samples.push(heard.saturating_duration_since(*emitted));
    }
    table.row(
        "first chunk, added, median",
        "<= 1 ms",
        samples.percentile(50),
    );
    table.row("first chunk, added, p99", "<= 8 ms", samples.percentile(99));
    Ok(())
}

/// Streams an echo of `token`, and says when the first content of it came.
async fn first_content(client: &Client, token: String) -> anyhow::Result<(String, Instant)> {
    let prompt = format!("{token}{}", "w ".repeat(PROMPT_CHARACTERS / 2));
    let mut answer = client.stream("bench", &prompt).await?;
    let mut first = None;
    while let Some(event) = answer.event().await? {
        if first.is_none() && event.contains(&token) {
            first = Some(Instant::now());
        }
    }
    Ok((token, first.context("the stream has content")?))
}

/// Processor time of the proxy for one plain conversation.
async fn processor_time(binaries: &Binaries, table: &mut Table) -> anyhow::Result<()> {
    const CONVERSATIONS: usize = 2_000;
    let pair = Pair::start(binaries, "[[bots]]\nscript = \"instant\"\n")?;
    pair.ready().await?;
    converse(&pair.client(), 100, 16).await?;
    let before = pair.proxy.processor_time()?;
    converse(&pair.client(), CONVERSATIONS, 16).await?;
    // Deletions belong to a conversation; let them end.
    sleep(Duration::from_secs(2)).await;
    let spent = pair.proxy.processor_time()?.saturating_sub(before);
    let each = spent / u32::try_from(CONVERSATIONS)?;
    table.row("processor time per conversation", "<= 1.5 ms", each);
    Ok(())
}

/// Resident memory of the proxy with 256 conversations at the same time.
async fn memory(binaries: &Binaries, table: &mut Table) -> anyhow::Result<()> {
    const STREAMS: usize = 256;
    let script = r#"{ like = "echo", edits = 10, edits_per_second = 2.0 }"#;
    let pair = Pair::start(binaries, &format!("[[bots]]\nscript = {script}\n"))?;
    pair.ready().await?;
    let client = pair.client();
    let prompt = Arc::new("w ".repeat(PROMPT_CHARACTERS / 2));
    let lost = stream::iter(0..STREAMS)
        .map(|_| {
            let (client, prompt) = (client.clone(), Arc::clone(&prompt));
            async move {
                let transcript = client.stream("bench", &prompt).await?.transcript().await?;
                anyhow::Ok(transcript.text.trim() == prompt.trim() && transcript.done)
            }
        })
        .buffer_unordered(STREAMS)
        .filter(|outcome| std::future::ready(!matches!(outcome, Ok(true))))
        .count()
        .await;
    table.count("256 conversations at once, lost", "0", lost);
    table.text(
        "256 conversations at once, peak memory",
        "<= 48 MiB",
        pair.proxy.peak_memory()?,
    );
    Ok(())
}

/// Conversations a second of 32 clients when each REST answer takes 80 ms.
async fn throughput(binaries: &Binaries, table: &mut Table) -> anyhow::Result<()> {
    const CONVERSATIONS: usize = 2_000;
    let setup = "latency_ms = 80\n[guild]\nchannels_max = 5000\n[[bots]]\nscript = \"instant\"\n";
    let pair = Pair::start(binaries, setup)?;
    pair.ready().await?;
    converse(&pair.client(), 64, 32).await?;
    let began = Instant::now();
    converse(&pair.client(), CONVERSATIONS, 32).await?;
    let rate = u32::try_from(CONVERSATIONS)? * 1_000 / u32::try_from(began.elapsed().as_millis())?;
    table.text(
        "conversations/s, 32 clients, 80 ms REST",
        ">= 100",
        format!("{rate}"),
    );
    Ok(())
}

/// From the start of the demo to its first word.
fn start(binaries: &Binaries, table: &mut Table) -> anyhow::Result<()> {
    let mut samples = Samples::default();
    for _ in 0..10 {
        samples.push(binaries.time_demo()?);
    }
    table.row(
        "demo, start to ready, median",
        "<= 1 s",
        samples.percentile(50),
    );
    Ok(())
}

async fn converse(client: &Client, conversations: usize, at_once: usize) -> anyhow::Result<()> {
    stream::iter(0..conversations)
        .map(|_| client.ask("bench", "Hello"))
        .buffer_unordered(at_once)
        .map(|outcome| {
            let (status, body) = outcome?;
            anyhow::ensure!(status == 200, "{status}: {body}");
            Ok(())
        })
        .collect::<Vec<_>>()
        .await
        .into_iter()
        .collect()
}
