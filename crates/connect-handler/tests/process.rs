//! The function's process behind a Runtime API: whatever it is sent, it answers and never reports an error.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use serde_json::Value;

/// The function, ended with the test.
struct Function(Child);

impl Drop for Function {
    fn drop(&mut self) {
        self.0.kill().expect("it was running");
        self.0.wait().expect("it ended");
    }
}

/// A request of the function, the path and the body.
fn request(stream: &mut BufReader<TcpStream>) -> (String, Vec<u8>) {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        assert_ne!(stream.read_line(&mut line).expect("a line"), 0, "the function hung up");
        let line = line.trim_end().to_lowercase();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let length = lines.iter().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).expect("a body");
    (lines[0].split(' ').nth(1).expect("a path").to_owned(), body)
}

/// Sends each payload at its time, in milliseconds since 1970, and returns the answers and the log.
fn answers(vars: &[(&str, &str)], payloads: &[(&[u8], i64)]) -> (Vec<Value>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let mut function = Function(
        Command::new(env!("CARGO_BIN_EXE_connect-handler"))
            .env_clear()
            .envs([("AWS_LAMBDA_FUNCTION_NAME", "AWSClientVPN-ConnectHandler"), ("AWS_LAMBDA_FUNCTION_VERSION", "1")])
            .envs([("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"), ("AWS_LAMBDA_LOG_LEVEL", "TRACE")])
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .envs(vars.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the function starts"),
    );
    let mut stdout = function.0.stdout.take().expect("piped");
    let log = std::thread::spawn(move || {
        let mut log = String::new();
        stdout.read_to_string(&mut log).expect("text");
        // Had it ended by itself, the test would wait for it for ever: this connection, ended at once, fails the test.
        drop(TcpStream::connect(address));
        log
    });
    let mut stream = BufReader::new(listener.accept().expect("the function asks").0);
    let mut answers = Vec::new();
    for (payload, now) in payloads {
        assert!(request(&mut stream).0.ends_with("/invocation/next"));
        let head = format!(
            "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: ref-1\r\nLambda-Runtime-Deadline-Ms: 9999999999999\r\n\
             Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:f\r\n\
             Vpn-On-Demand-Now-Ms: {now}\r\nContent-Length: {}\r\n\r\n",
            payload.len()
        );
        stream.get_mut().write_all(&[head.as_bytes(), payload].concat()).expect("sent");
        let (path, body) = request(&mut stream);
        assert!(path.ends_with("/invocation/ref-1/response"), "{path}: {}", String::from_utf8_lossy(&body));
        answers.push(serde_json::from_slice(&body).expect("JSON"));
        stream.get_mut().write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").expect("sent");
    }
    drop(function);
    (answers, log.join().expect("read"))
}

#[test]
fn every_payload_is_answered() {
    let deep = "[".repeat(10_000);
    let payloads: [&[u8]; 8] =
        [b"", b"{", b"null", b"{}", b"\"v1\"", b"{\"common-name\": \"\xff\"}", b"1e999", deep.as_bytes()];
    let (answers, _) =
        answers(&[("LAMBDA_TASK_ROOT", env!("CARGO_MANIFEST_DIR"))], &payloads.map(|payload| (payload, 0)));
    for (payload, answer) in payloads.iter().zip(&answers) {
        assert_eq!(answer["allow"], *payload == b"{}", "{answer}");
        assert_eq!(answer["schema-version"], "v3", "{answer}");
    }
    let message = &answers[0]["error-msg-on-denied-connection"];
    assert_eq!(message, "Error establishing connection. Please contact your administrator. Reference: ref-1");
}

#[test]
fn the_policy_sees_the_time_that_is_sent() {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("office-hours");
    fs::create_dir_all(&dir).expect("directory");
    let policy = r#"
        permit (principal, action, resource)
        when { context.time.toTime() >= duration("8h") && context.time.toTime() < duration("18h") };"#;
    fs::write(dir.join("policy.cedar"), policy).expect("file");
    fs::write(dir.join("entities.json"), "[]").expect("file");
    let midnight = 1_793_577_600_000; // 2026-11-02
    let at = |minutes: i64| (b"{}".as_slice(), midnight + minutes * 60_000);
    let (answers, _) = answers(
        &[("VPN_POLICY_DIR", dir.to_str().expect("text"))],
        &[at(0), at(8 * 60 - 1), at(8 * 60), at(18 * 60 - 1), at(18 * 60)],
    );
    let allows: Vec<_> = answers.iter().map(|answer| answer["allow"].clone()).collect();
    assert_eq!(allows, [false, false, true, true, false]);
}

#[test]
fn no_level_of_the_log_shows_the_event() {
    let ipad = include_bytes!("../../../events/connect-ipad.json");
    let (answers, log) = answers(&[("LAMBDA_TASK_ROOT", env!("CARGO_MANIFEST_DIR"))], &[(ipad, 0)]);
    assert_eq!(answers[0]["allow"], true);
    assert!(log.contains("a connection was judged") && log.contains("\"requestId\":\"ref-1\""), "{log}");
    assert!(!log.contains("ipad-reception") && !log.contains("2001:db8"), "{log}");
}
