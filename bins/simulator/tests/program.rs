//! The program as a shell sees it: its first line, its exit codes, its end. On the real clock.

#![expect(clippy::unwrap_used, reason = "what cannot go on fails its test here")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cordboard-simulator"));
    command
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn refused(arguments: &[&str]) -> (Option<i32>, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = program(arguments).output().unwrap();
    assert_eq!(stdout, b"", "stdout belongs to the ready line");
    (status.code(), String::from_utf8(stderr).unwrap())
}

/// Ends the program even when the test fails before it does.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    fn start(arguments: &[&str]) -> (Self, Value) {
        let mut child = program(arguments).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        (Self(child), serde_json::from_str(&line).unwrap())
    }

    /// Sends a signal and answers the exit code.
    fn end(mut self, signal: &str) -> Option<i32> {
        let id = self.0.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
        self.0.wait().unwrap().code()
    }
}

#[test]
fn it_introduces_itself_serves_and_ends_cleanly() {
    for signal in ["-INT", "-TERM"] {
        let (running, introduction) = Running::start(&["--listen", "127.0.0.1:0"]);
        let keys: Vec<_> = introduction
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(
            keys,
            [
                "bots",
                "default_channel_id",
                "gateway_url",
                "guild_id",
                "rest_url",
                "token",
                "user_id"
            ]
        );
        let address = introduction["rest_url"]
            .as_str()
            .unwrap()
            .strip_prefix("http://")
            .unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream
            .write_all(b"GET /__sim/truth HTTP/1.1\r\nHost: sim\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let truth: Value = serde_json::from_str(body).unwrap();
        assert_eq!(
            truth["channels"][0]["id"],
            introduction["default_channel_id"]
        );
        assert_eq!(running.end(signal), Some(0));
    }
}

#[test]
fn it_listens_on_loopback_only() {
    let (code, problem) = refused(&["--listen", "0.0.0.0:0"]);
    assert_eq!(code, Some(2));
    assert!(problem.contains("not loopback"), "{problem}");
}

#[test]
fn wrong_arguments_and_configurations_have_a_code_and_a_reason() {
    assert_eq!(refused(&["--listen", "here"]).0, Some(2));
    assert_eq!(refused(&["--config", "/nowhere/simulator.toml"]).0, Some(2));

    let path = std::env::temp_dir().join(format!("simulator-{}.toml", std::process::id()));
    std::fs::write(&path, "latency = 3\n").unwrap();
    let (code, problem) = refused(&["--config", path.to_str().unwrap()]);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(code, Some(2));
    assert!(
        problem.contains("latency_ms"),
        "it names what is known: {problem}"
    );
}

#[test]
fn a_taken_port_is_a_failure_of_its_own() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert_eq!(refused(&["--listen", &address]).0, Some(1));
}
