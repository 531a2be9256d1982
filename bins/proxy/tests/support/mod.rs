//! Starts the built binary and looks at it from outside, with the standard library alone.

pub(crate) mod python;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, bail};
use serde_json::Value;

/// The demo's key.
pub(crate) const KEY: &str = "sk-cordboard-demo";

/// How often a state is looked at before a test gives up on it.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// When a client leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    BeforeTheFirstByte,
    AfterTheFirstContent,
}

/// A running `cordboard-proxy --demo`; killed when dropped.
#[derive(Debug)]
pub(crate) struct Demo {
    process: Child,
    proxy: String,
    simulator: String,
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Demo {
    /// Starts it on a free port and waits until it has said where it is.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let mut process = Command::new(env!("CARGO_BIN_EXE_cordboard-proxy"))
            .args(["--demo", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let stdout = process.stdout.take().context("stdout is piped")?;
        let mut demo = Self {
            process,
            proxy: String::new(),
            simulator: String::new(),
        };
        for line in BufReader::new(stdout).lines() {
            for address in line?.split("http://").skip(1) {
                let (host, path) = address.split_once('/').unwrap_or((address, ""));
                if path.starts_with("__sim") {
                    host.clone_into(&mut demo.simulator);
                } else if path.starts_with("v1") {
                    host.clone_into(&mut demo.proxy);
                }
            }
            if !demo.proxy.is_empty() && !demo.simulator.is_empty() {
                return Ok(demo);
            }
        }
        bail!("the demo ended before it was ready")
    }

    /// What a client calls its base URL.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.proxy)
    }

    /// Where the simulator takes commands.
    pub(crate) fn simulator_url(&self) -> String {
        format!("http://{}", self.simulator)
    }

    /// Asks for a stream and closes the socket at that moment.
    pub(crate) fn ask_and_hang_up(&self, when: When) -> anyhow::Result<()> {
        let body = r#"{"model":"demo","stream":true,"messages":[{"role":"user","content":"Tell me more."}]}"#;
        let mut socket = TcpStream::connect(&self.proxy)?;
        write!(
            socket,
            "POST /v1/chat/completions HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {KEY}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.proxy,
            body.len(),
        )?;
        match when {
            // The channel is on its way or there, and no byte has come back.
            When::BeforeTheFirstByte => {
                self.wait_until("a channel", |truth| conversations(truth) > 0)?;
            }
            When::AfterTheFirstContent => {
                let mut seen = String::new();
                for line in BufReader::new(&socket).lines() {
                    seen = line?;
                    if seen.contains("\"content\":\"") && !seen.contains("\"content\":\"\"") {
                        break;
                    }
                }
                anyhow::ensure!(seen.contains("content"), "the stream ended early: {seen}");
            }
        }
        Ok(())
    }

    /// Waits until the ground truth shows `created` channels by the proxy's bot, all deleted.
    pub(crate) fn assert_all_channels_deleted(
        &self,
        created: usize,
        within: Duration,
    ) -> anyhow::Result<()> {
        let looks = within.as_millis() / LOOK_EVERY.as_millis();
        let mut truth = Value::Null;
        for _ in 0..looks {
            truth = self.truth()?;
            if conversations(&truth) == created && alive(&truth) == 0 {
                return Ok(());
            }
            pause();
        }
        bail!("expected {created} channels, all deleted; the truth: {truth:#}")
    }

    /// Sends SIGTERM and waits for the exit code.
    pub(crate) fn terminate(mut self) -> anyhow::Result<Option<i32>> {
        let id = self.process.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status()?;
        Ok(self.process.wait()?.code())
    }

    fn truth(&self) -> anyhow::Result<Value> {
        let mut socket = TcpStream::connect(&self.simulator)?;
        write!(
            socket,
            "GET /__sim/truth HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.simulator
        )?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").context("an HTTP answer")?;
        let body = body
            .find('{')
            .and_then(|from| Some(&body[from..=body.rfind('}')?]));
        Ok(serde_json::from_str(body.context("a JSON body")?)?)
    }

    fn wait_until(&self, what: &str, reached: impl Fn(&Value) -> bool) -> anyhow::Result<()> {
        for _ in 0..300 {
            if reached(&self.truth()?) {
                return Ok(());
            }
            pause();
        }
        bail!("waited for {what} in vain")
    }
}

/// Channels that were created for conversations: those that were not there from the start.
fn by_us(truth: &Value) -> impl Iterator<Item = &Value> {
    let channels = truth["channels"].as_array().map_or(&[][..], Vec::as_slice);
    let me = &truth["user_id"];
    channels
        .iter()
        .filter(move |channel| channel["creator_id"] == *me)
}

fn conversations(truth: &Value) -> usize {
    by_us(truth).count()
}

fn alive(truth: &Value) -> usize {
    by_us(truth)
        .filter(|channel| channel["alive"] == true)
        .count()
}

#[expect(
    clippy::disallowed_methods,
    reason = "another process is looked at, on the real clock"
)]
fn pause() {
    std::thread::sleep(LOOK_EVERY);
}
