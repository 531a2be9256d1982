//! Signals, as a service manager or an impatient person sends them to the built binary.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
};

use anyhow::Context;

/// Killed when dropped, so that a failed test leaves nothing behind.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    fn start(arguments: &[&str], stdout: Stdio) -> anyhow::Result<Self> {
        let process = Command::new(env!("CARGO_BIN_EXE_cordboard-proxy"))
            .args(arguments)
            .stdout(stdout)
            .stderr(Stdio::piped())
            .spawn()?;
        Ok(Self(process))
    }

    fn signal(&self, name: &str) -> anyhow::Result<()> {
        let id = self.0.id().to_string();
        anyhow::ensure!(Command::new("kill").args([name, &id]).status()?.success());
        Ok(())
    }

    /// Waits for a line on standard error.
    fn says(&mut self, words: &str) -> anyhow::Result<()> {
        let stderr = self.0.stderr.as_mut().context("stderr is piped")?;
        for line in BufReader::new(stderr).lines() {
            if line?.contains(words) {
                return Ok(());
            }
        }
        anyhow::bail!("it ended without saying {words:?}")
    }

    fn exit_code(mut self) -> anyhow::Result<Option<i32>> {
        Ok(self.0.wait()?.code())
    }
}

/// A Discord that takes connections and never answers, and a configuration that leads there.
fn silent_discord(folder: &tempfile::TempDir) -> anyhow::Result<(TcpListener, String)> {
    let discord = TcpListener::bind("127.0.0.1:0")?;
    let address = discord.local_addr()?;
    let file = folder.path().join("cordboard.toml");
    let text = format!(
        r#"
listen = "127.0.0.1:0"
discord = {{ token = "t", guild_id = "1", rest_url = "http://{address}", gateway_url = "ws://{address}" }}
store.url = "sqlite::memory:"
bots = [{{ name = "b", user_id = "2", models = ["m"] }}]
keys = [{{ name = "k", secret = "sk-test" }}]
"#
    );
    fs::write(&file, text)?;
    Ok((discord, file.display().to_string()))
}

#[test]
fn a_signal_during_the_start_ends_it() -> anyhow::Result<()> {
    // How: Discord never answers, so that the start lasts for minutes; SIGTERM comes meanwhile.
    let folder = tempfile::tempdir()?;
    let (discord, config) = silent_discord(&folder)?;
    let process = Process::start(&["--config", &config], Stdio::null())?;
    let (_held, _) = discord.accept()?;
    process.signal("-TERM")?;
    assert_eq!(process.exit_code()?, Some(0));
    Ok(())
}

#[test]
fn a_second_signal_ends_the_process_at_once() -> anyhow::Result<()> {
    // How: a stream is open, so that the first signal only begins the grace of 25 s.
    for (name, code) in [("-TERM", 143), ("-INT", 130)] {
        let arguments = ["--demo", "--listen", "127.0.0.1:0"];
        let mut process = Process::start(&arguments, Stdio::piped())?;
        let stdout = process.0.stdout.take().context("stdout is piped")?;
        let mut welcome = String::new();
        BufReader::new(stdout).read_line(&mut welcome)?;
        let host = welcome.split("http://").nth(1).context(welcome.clone())?;
        let host = host.split('/').next().context("an address")?;
        let mut client = TcpStream::connect(host)?;
        // The head of a request whose body never comes is work under way as well.
        write!(
            client,
            "POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\n\
             Authorization: Bearer sk-cordboard-demo\r\nContent-Type: application/json\r\n\
             Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n"
        )?;
        BufReader::new(&client).read_line(&mut String::new())?;
        process.signal(name)?;
        process.says("stopping")?;
        process.signal(name)?;
        assert_eq!(process.exit_code()?, Some(code), "{name}");
    }
    Ok(())
}

#[test]
fn nobody_at_standard_output_is_no_reason_to_fail() -> anyhow::Result<()> {
    // How: every write to /dev/full fails.
    let folder = tempfile::tempdir()?;
    let (_discord, config) = silent_discord(&folder)?;
    let full = File::options().write(true).open("/dev/full")?;
    let process = Process::start(&["--config", &config, "--check"], full.into())?;
    assert_eq!(process.exit_code()?, Some(0));
    Ok(())
}
