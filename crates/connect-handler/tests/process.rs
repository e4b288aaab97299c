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
        self.0.kill().expect("it was running, or has ended");
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

/// An invocation: headers of the Runtime API, and the payload.
struct Invocation<'a> {
    status: &'static str,
    headers: Vec<(&'static str, Vec<u8>)>,
    payload: &'a [u8],
}

impl<'a> Invocation<'a> {
    /// As AWS sends it.
    fn of(payload: &'a [u8]) -> Self {
        let headers = [
            (REQUEST_ID, "ref-1"),
            (DEADLINE, "9999999999999"),
            (FUNCTION_ARN, "arn:aws:lambda:us-east-1:123456789012:function:f"),
            (TRACE_ID, "Root=1-5759e988-bd862e3fe1be46a994272793"),
            (INVOCATION_ID, "inv-1"),
        ];
        Self { status: "200 OK", headers: headers.map(|(name, value)| (name, value.into())).into(), payload }
    }

    /// With other values of one header; none leaves it out.
    fn with(mut self, name: &'static str, values: &[&[u8]]) -> Self {
        self.headers.retain(|(there, _)| *there != name);
        self.headers.extend(values.iter().map(|value| (name, value.to_vec())));
        self
    }

    fn written(&self) -> Vec<u8> {
        let mut written =
            format!("HTTP/1.1 {}\r\ncontent-length: {}\r\n", self.status, self.payload.len()).into_bytes();
        for (name, value) in &self.headers {
            written.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        [&written, &b"\r\n"[..], self.payload].concat()
    }
}

const REQUEST_ID: &str = "lambda-runtime-aws-request-id";
const DEADLINE: &str = "lambda-runtime-deadline-ms";
const FUNCTION_ARN: &str = "lambda-runtime-invoked-function-arn";
const TRACE_ID: &str = "lambda-runtime-trace-id";
const INVOCATION_ID: &str = "lambda-runtime-invocation-id";
const NOW: &str = "vpn-on-demand-now-ms";
const SHIPPED: [(&str, &str); 1] = [("LAMBDA_TASK_ROOT", env!("CARGO_MANIFEST_DIR"))];
const IPAD: &[u8] = include_bytes!("../../../events/connect-ipad.json");

/// The Runtime API's side, and the function that was told where it is.
fn started(vars: &[(&str, &str)]) -> (TcpListener, Function) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let function = Command::new(env!("CARGO_BIN_EXE_connect-handler"))
        .env_clear()
        .envs([("AWS_LAMBDA_FUNCTION_NAME", "AWSClientVPN-ConnectHandler"), ("AWS_LAMBDA_FUNCTION_VERSION", "1")])
        .envs([("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"), ("AWS_LAMBDA_LOG_LEVEL", "TRACE")])
        .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
        .envs(vars.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the function starts");
    (listener, Function(function))
}

/// Sends each invocation, and returns the answers and the log. For one that nobody can answer there is none.
fn answers(vars: &[(&str, &str)], invocations: &[Invocation]) -> (Vec<Option<Value>>, String) {
    let (listener, mut function) = started(vars);
    let address = listener.local_addr().expect("an address");
    let mut stdout = function.0.stdout.take().expect("piped");
    let log = std::thread::spawn(move || {
        let mut log = String::new();
        stdout.read_to_string(&mut log).expect("text");
        // Had it ended by itself, the test would wait for it for ever: this connection, ended at once, fails the test.
        drop(TcpStream::connect(address));
        log
    });
    let mut stream = BufReader::new(listener.accept().expect("the function asks").0);
    assert!(request(&mut stream).0.ends_with("/invocation/next"));
    let mut answers = Vec::new();
    for invocation in invocations {
        stream.get_mut().write_all(&invocation.written()).expect("sent");
        let (path, body) = request(&mut stream);
        if path.ends_with("/invocation/next") {
            answers.push(None);
            continue;
        }
        let ids = invocation.headers.iter().filter(|(name, _)| *name == REQUEST_ID);
        let id = ids.map(|(_, id)| String::from_utf8_lossy(id).to_lowercase()).next().unwrap_or_default();
        assert!(path.ends_with(&format!("/invocation/{id}/response")), "{path}: {}", String::from_utf8_lossy(&body));
        answers.push(Some(serde_json::from_slice(&body).expect("JSON")));
        stream.get_mut().write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").expect("sent");
        assert!(request(&mut stream).0.ends_with("/invocation/next"));
    }
    drop(function);
    (answers, log.join().expect("read"))
}

fn allows(answers: &[Option<Value>]) -> Vec<Option<bool>> {
    answers.iter().map(|answer| answer.as_ref()?["allow"].as_bool()).collect()
}

#[test]
fn every_payload_is_answered() {
    let deep = "[".repeat(10_000);
    let v1 = br#"{"common-name": "\ud800", "platform-version": 1e999, "schema-version": "v1"}"#;
    let payloads: [&[u8]; 10] =
        [IPAD, b"", b"{", b"null", b"{}", b"\"v1\"", b"{\"common-name\": \"\xff\"}", b"1e999", deep.as_bytes(), v1];
    let (answers, _) = answers(&SHIPPED, &payloads.map(Invocation::of));
    for (payload, answer) in payloads.iter().zip(&answers) {
        let answer = answer.as_ref().expect("answered");
        assert_eq!(answer["allow"], *payload == IPAD, "{answer}");
        assert_eq!(answer["schema-version"], if *payload == v1 { "v1" } else { "v3" }, "{answer}");
    }
    let denied = "Error establishing connection. Please contact your administrator. Reference: ref-1";
    assert_eq!(answers[1].as_ref().expect("answered")["error-msg-on-denied-connection"], denied);
    assert_eq!(answers[9].as_ref().expect("answered")["error-msg-on-failed-posture-compliance"], denied);
}

#[test]
fn every_header_is_survived() {
    let long = "1".repeat(8192);
    let odd: [&[&[u8]]; 6] = [&[], &[b""], &[b"\xc3\xa9"], &[long.as_bytes()], &[b"1", b"2"], &[b"a b"]];
    let optional =
        [DEADLINE, FUNCTION_ARN, TRACE_ID, INVOCATION_ID, NOW, "lambda-runtime-aws-tenant-id", "content-type"];
    // A caller chooses the client context: numbers where the runtime's own crate wants texts, letters beyond ASCII, no JSON.
    let contexts: [&[u8]; 4] = [b"{\"custom\": {\"n\": 1}}", "{\"custom\": {\"n\": \"é\"}}".as_bytes(), b"{", b"[]"];
    let mut invocations = Vec::new();
    for name in optional.into_iter().chain(["lambda-runtime-client-context", "lambda-runtime-cognito-identity"]) {
        invocations.extend(odd.map(|values| Invocation::of(IPAD).with(name, values)));
        invocations.extend(contexts.map(|context| Invocation::of(IPAD).with(name, &[context])));
    }
    let answered = invocations.len();
    // The answer is sent to the request id: without a readable one there is nobody to send it to, and the next one comes.
    invocations.extend(odd.map(|values| Invocation::of(IPAD).with(REQUEST_ID, values)));
    let (answers, log) = answers(&SHIPPED, &invocations);
    let allows = allows(&answers);
    assert_eq!(allows[..answered], vec![Some(true); answered]);
    assert_eq!(allows[answered..], [None, None, None, Some(true), Some(true), None]);
    assert_eq!(log.matches("it cannot be answered").count(), 4, "{log}");
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
    let midnight = 1_793_577_600_000_i64; // 2026-11-02
    let at = |minutes: i64| {
        let now = (midnight + minutes * 60_000).to_string();
        Invocation::of(IPAD).with(NOW, &[now.as_bytes()])
    };
    let (answers, _) = answers(
        &[("VPN_POLICY_DIR", dir.to_str().expect("text"))],
        &[at(0), at(8 * 60 - 1), at(8 * 60), at(18 * 60 - 1), at(18 * 60)],
    );
    assert_eq!(allows(&answers), [false, false, true, true, false].map(Some));
}

#[test]
fn no_level_of_the_log_shows_the_event() {
    let (answers, log) = answers(&SHIPPED, &[Invocation::of(IPAD)]);
    assert_eq!(allows(&answers), [Some(true)]);
    assert!(log.contains("a connection was judged") && log.contains("\"requestId\":\"ref-1\""), "{log}");
    assert!(!log.contains("ipad-reception") && !log.contains("2001:db8"), "{log}");
}

#[test]
fn it_waits_where_there_is_nothing_and_ends_where_the_environment_cannot_go_on() {
    // cargo-lambda's way to say that there is nothing to do.
    let nothing = Invocation { status: "204 No Content", headers: Vec::new(), payload: b"" };
    let (answers, log) = answers(&SHIPPED, &[nothing, Invocation::of(IPAD)]);
    assert_eq!(allows(&answers), [None, Some(true)]);
    assert!(!log.contains("ERROR"), "{log}");

    let (listener, mut function) = started(&SHIPPED);
    let mut stream = BufReader::new(listener.accept().expect("the function asks").0);
    assert!(request(&mut stream).0.ends_with("/invocation/next"));
    let broken = Invocation { status: "500 Internal Server Error", headers: Vec::new(), payload: b"{}" };
    stream.get_mut().write_all(&broken.written()).expect("sent");
    let mut said = String::new();
    function.0.stderr.take().expect("piped").read_to_string(&mut said).expect("text");
    assert!(
        said.contains("the Runtime API answered 500 Internal Server Error to the request for an invocation"),
        "{said}"
    );
    assert_eq!(function.0.wait().expect("it ended").code(), Some(1));
}
