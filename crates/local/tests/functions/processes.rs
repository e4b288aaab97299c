//! The program itself, and that nothing outlives it.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use local::executables::FUNCTION_OF_EXECUTABLE;

use crate::setup::Directory;

/// How long a child may outlive its killed parent.
const AT_MOST: Duration = Duration::from_secs(2);
/// How long this computer may take for anything else.
const PATIENCE: Duration = Duration::from_secs(60);

struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Starts the program with functions that note their process ids and then wait in the middle of an invocation.
fn start(directory: &Directory) -> (Program, Vec<String>) {
    for (name, _) in FUNCTION_OF_EXECUTABLE {
        let pids = directory.0.join("pids");
        write_script(directory, name, &format!("echo $$ >> '{}'\nexec sleep 600", pids.display()));
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_local"))
        .args(["--employee-port", "0", "--panel-port", "0", "--aws-port", "0", "--speed", "6000", "--functions"])
        .arg(&directory.0)
        .stdout(Stdio::piped())
        .spawn()
        .expect("started");
    let stdout = BufReader::new(child.stdout.take().expect("piped"));
    let lines = stdout.lines().take(5).map(|line| line.expect("line")).collect();
    (Program(child), lines)
}

fn write_script(directory: &Directory, name: &str, script: &str) {
    directory.bootstrap(name, script);
}

#[expect(clippy::disallowed_methods, reason = "measures real processes")]
fn until(limit: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < limit, "{what}: not within {limit:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn pids(directory: &Directory) -> Vec<String> {
    let text = fs::read_to_string(directory.0.join("pids")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn lives(pid: &str) -> bool {
    let status = Command::new("kill").args(["-0", pid]).stderr(Stdio::null()).status();
    status.expect("kill").success()
}

#[test]
fn it_says_where_everything_is_and_leaves_nothing_behind() {
    for signal in ["-KILL", "-TERM", "-INT"] {
        let directory = Directory::new();
        let (mut program, lines) = start(&directory);
        let starts = [
            "employee page: http://127.0.0.1:",
            "control panel: http://127.0.0.1:",
            "aws endpoint: http://127.0.0.1:",
            "endpoint id: cvpn-endpoint-",
        ];
        for (line, start) in lines.iter().zip(starts) {
            assert!(line.starts_with(start), "{lines:?}");
        }
        assert!(lines[4].contains("6000 times"), "{lines:?}");

        until(PATIENCE, "the schedule invokes a function", || !pids(&directory).is_empty());
        let pids = pids(&directory);
        assert!(pids.iter().any(|pid| lives(pid)), "a function waits");
        let killed = Command::new("kill").args([signal, &program.0.id().to_string()]).status().expect("kill");
        assert!(killed.success());
        until(AT_MOST, "all functions have ended", || pids.iter().all(|pid| !lives(pid)));
        let status = program.0.wait().expect("ended");
        assert_eq!(status.success(), signal != "-KILL", "{signal}: {status}");
    }
}

#[test]
fn arguments_are_explained() {
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_local")).args(arguments).output().expect("run");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, help, _) = run(&["--help"]);
    assert_eq!(code, Some(0));
    assert_eq!(help, local::flags::HELP);
    let (code, out, error) = run(&["--sped", "1"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(error.contains("--sped") && error.contains("--help"), "{error}");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("port");
    let port = taken.local_addr().expect("address").port().to_string();
    let (code, _, error) = run(&["--employee-port", "0", "--panel-port", &port]);
    assert_eq!(code, Some(1));
    assert!(error.contains(&port) && error.contains("--panel-port"), "{error}");
}
