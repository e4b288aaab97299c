//! An account in a moto server, with the emulated AWS in front of it and the real AWS CLI, and the scripts that deploy into it.
//!
//! What has to be installed for that is pinned in `infra/tests/requirements.txt` and installed once into `target`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    sync::Arc,
    time::Duration,
};

use ::http::Response;
use futures_util::{FutureExt as _, future::select};
use local::{executables::beside_test_executable, world::World};
use moto::{
    Callers,
    boot::{self, Running},
};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::{Vpn, http};

/// How long a script or the start of a server may take: many times what it does.
const PATIENCE: Duration = Duration::from_secs(300);
/// The name of the page.
pub const HOST: &str = "vpn.example.com";
const ARCHITECTURE: &str = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
const BINARIES: [&str; 3] = ["associator", "disassociator", "connect-handler"];

/// The account, as it is seen by way of the emulated AWS.
pub struct Account {
    pub running: Running,
    pub place: Arc<Place>,
}

/// Settings, certificate and CLI. What was started for them ends with it.
pub struct Place {
    pub directory: PathBuf,
    /// It can be copied, and its copies end with it.
    _moto: Child,
    _cli: Child,
}

/// What a script did.
pub struct Script {
    pub status: i32,
    pub text: String,
    /// Its lines `[step] what`, in order.
    pub changes: Vec<String>,
    /// The calls that changed something.
    pub writes: Vec<String>,
    /// The calls that would have, and were refused.
    pub refused: Vec<String>,
}

impl Account {
    /// Nothing is deployed yet; certificate, VPC and endpoint are there.
    pub async fn begin() -> Self {
        let python = python().await;
        let directory = std::env::temp_dir().join(format!("deployed-{:016x}", fastrand::u64(..)));
        fs::create_dir_all(directory.join("home")).expect("a directory");
        let (moto, port) = start(&python, &[&text(&infra().join("tests/account.py"))], "").await;
        let executables = beside_test_executable().expect("the directory of the executables");
        let start_at = "2026-11-02T09:00:00Z".parse().expect("a time");
        let running = boot::start(&format!("http://127.0.0.1:{port}"), Some(start_at), Callers::default()).await;
        let running = running.expect("the emulated AWS starts in front of moto");
        let socket = directory.join("cli");
        let server = infra().join("tests/cli_server.py");
        let (cli, _) = start(&python, &[&text(&server), &text(&socket), "/dev/null"], "ready").await;
        fs::create_dir(directory.join("bin")).expect("a directory");
        let account = Self { running, place: Arc::new(Place { directory, _moto: moto, _cli: cli }) };
        let client = infra().join("tests/aws.c");
        account.succeeds("cc", &["-O1", "-o", "bin/aws", &text(&client)]).await;
        account.settings().await;
        account.pack(&executables).await;
        account
    }

    /// The settings file, and what has to be in the account before.
    async fn settings(&self) {
        let openssl = format!(
            "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 30 -subj /CN={HOST} \
             -addext subjectAltName=DNS:{HOST}"
        );
        self.succeeds("bash", &["-c", &openssl]).await;
        let certificate = self
            .aws("acm import-certificate --certificate fileb://cert.pem --private-key fileb://key.pem")
            .await["CertificateArn"]
            .clone();
        let subnets = self.aws("ec2 describe-subnets").await["Subnets"].clone();
        let subnet = |zone: &str| {
            let found = subnets.as_array().into_iter().flatten().find(|subnet| subnet["AvailabilityZone"] == zone);
            found.and_then(|subnet| subnet["SubnetId"].as_str()).expect("a subnet").to_owned()
        };
        let subnets = format!("{},{}", subnet("us-east-1a"), subnet("us-east-1b"));
        let settings = format!(
            "REGION=us-east-1\nENDPOINT_ID=cvpn-endpoint-0123456789abcdef0\nSUBNET_IDS={subnets}\nROUTES=10.20.0.0/16\n\
             HOST={HOST}\nCERTIFICATE_ARN={}\nALB_SUBNET_IDS={subnets}\nNOTICE_EMAIL=admin@example.com\n\
             ARCHITECTURE={ARCHITECTURE}\n",
            certificate.as_str().expect("an ARN")
        );
        fs::write(self.place.directory.join("settings.env"), settings).expect("a file");
    }

    /// The packages of this build, without what only debuggers read; made anew when an executable is.
    async fn pack(&self, executables: &Path) {
        let programs = packages().join("programs");
        fs::create_dir_all(&programs).expect("a directory");
        let time = |path: &Path| fs::metadata(path).and_then(|file| file.modified()).ok();
        let is_packed = |name: &&str| {
            let built = time(&executables.join(name)).expect("cargo test built the executables");
            time(&packages().join(format!("{name}.zip"))).is_some_and(|packed| packed > built)
        };
        if BINARIES.iter().all(is_packed) {
            return;
        }
        for name in BINARIES {
            let (from, to) = (text(&executables.join(name)), text(&programs.join(name)));
            self.succeeds("strip", &["-o", &to, &from]).await;
        }
        let (script, from, to) = (text(&infra().join("package.sh")), text(&programs), text(&packages()));
        self.succeeds(&script, &["--binaries", &from, "--architecture", ARCHITECTURE, &to]).await;
    }

    /// Runs a command that must succeed.
    pub async fn succeeds(&self, program: &str, arguments: &[&str]) -> Vec<u8> {
        let output = self.command(program, arguments).output().await.expect("bash");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {}: {said}", arguments.join(" "));
        output.stdout
    }

    /// Runs `deploy.sh`, `status.sh` or `destroy.sh`.
    pub async fn run(&self, script: &str, options: &[&str]) -> Script {
        self.run_in("", script, options).await
    }

    /// The same in a session of this token, see `crates/moto/src/session.rs`; without one if it is empty.
    pub async fn run_in(&self, session: &str, script: &str, options: &[&str]) -> Script {
        let before = self.calls().len();
        let path = text(&infra().join(script));
        let mut arguments = vec!["--settings", "settings.env"];
        arguments.extend(options);
        let mut command = self.command(&path, &arguments);
        if !session.is_empty() {
            command.env("AWS_SESSION_TOKEN", session);
        }
        let output = timeout(PATIENCE, command.output()).await;
        let Output { status, stdout, stderr } =
            output.unwrap_or_else(|_| panic!("{script} does not end")).expect("bash");
        let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        let changes = text.lines().filter_map(change).collect();
        let calls = self.calls().split_off(before);
        // The functions may run meanwhile.
        let written = calls.iter().filter(|call| call["write"] == true && call["principal"] == "administrator");
        let name = |call: &&Value| call["operation"].as_str().unwrap_or_default().to_owned();
        let (writes, refused): (Vec<_>, Vec<_>) =
            written.partition(|call| call["status"].as_u64().is_some_and(|status| status < 300));
        Script {
            status: status.code().unwrap_or(-1),
            text,
            changes,
            writes: writes.iter().map(name).collect(),
            refused: refused.iter().map(name).collect(),
        }
    }

    /// Deploys with the packages of this build.
    pub async fn deploy(&self, options: &[&str]) -> Script {
        self.deploy_in("", options).await
    }

    /// The same in a session of this token.
    pub async fn deploy_in(&self, session: &str, options: &[&str]) -> Script {
        let packages = text(&packages());
        let mut all = vec!["--packages", packages.as_str(), "--yes"];
        all.extend(options);
        self.run_in(session, "deploy.sh", &all).await
    }

    /// One call of the AWS CLI, which must succeed.
    pub async fn aws(&self, call: &str) -> Value {
        let mut arguments: Vec<_> = call.split(' ').collect();
        arguments.extend(["--output", "json"]);
        serde_json::from_slice(&self.succeeds("aws", &arguments).await).unwrap_or_default()
    }

    /// Every call to AWS so far.
    pub fn calls(&self) -> Vec<Value> {
        self.running.upstream.calls()
    }

    /// A command of an administrator: the CLI of this test comes first, and jq, if one was built.
    pub fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("bash");
        command.args(["-c", "PATH=$PWD/bin:$JQ:$PATH exec \"$0\" \"$@\"", program]).args(arguments);
        command.env("JQ", root().join("target/python/jq"));
        command.current_dir(&self.place.directory).stdin(Stdio::null()).kill_on_drop(true);
        command.env("HOME", self.place.directory.join("home")).env("VPN_TEST_CLI", self.place.directory.join("cli"));
        for unset in ["AWS_PROFILE", "AWS_SESSION_TOKEN"] {
            command.env_remove(unset);
        }
        for (name, value) in [
            ("AWS_ENDPOINT_URL", self.running.urls.aws.as_str()),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_MAX_ATTEMPTS", "1"),
            ("VPN_POLL_SECONDS", "0.05"),
        ] {
            command.env(name, value);
        }
        command
    }
}

/// What people do, at the listener of the page.
impl Account {
    /// A request to it.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response<String> {
        self.send_to(&self.running.urls.employee, method, path, headers, body).await
    }

    /// A request to another listener.
    pub async fn send_to(
        &self,
        listener: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response<String> {
        let mut all = headers.to_vec();
        if !headers.iter().any(|(name, _)| *name == "host") {
            all.push(("host", HOST));
        }
        http::send(method, &format!("{}{path}", listener.trim_end_matches('/')), &all, body.to_owned()).await
    }

    /// Signs the first one in, and gives the browser's cookie.
    pub async fn sign_in(&self) -> String {
        self.world().refresh_deployment().await;
        let user = self.user(0).expect("somebody");
        let answer = http::sign_in(&self.running.urls.employee, &[("host", HOST)], &user, "/vpn").await;
        assert_eq!(answer.status(), 303, "{}", answer.body());
        http::cookies(&answer)
    }

    /// Opens a path, as somebody who has signed in.
    pub async fn open(&self, cookie: &str, path: &str) -> Response<String> {
        let mut headers = http::NAVIGATION.to_vec();
        if !cookie.is_empty() {
            headers.push(("cookie", cookie));
        }
        self.send("GET", path, &headers, "").await
    }
}

impl Vpn for Account {
    fn world(&self) -> &Arc<World> {
        &self.running.world
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What cannot be removed lies in the system's temporary directory.
        drop(fs::remove_dir_all(&self.directory));
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
}

pub fn infra() -> PathBuf {
    root().join("infra")
}

fn packages() -> PathBuf {
    beside_test_executable().expect("the directory of the executables").join("packages")
}

fn text(path: &Path) -> String {
    path.to_str().expect("a path in UTF-8").to_owned()
}

/// Python with the AWS CLI and moto: the scripts' own tests install it, under a lock.
pub async fn python() -> PathBuf {
    let tests = infra().join("tests");
    let directory = root().join("target/python");
    let script = format!(
        "TESTS='{}' PYTHON='{}'; source \"$TESTS/harness.sh\"; harness::python",
        tests.display(),
        directory.display()
    );
    let output = Command::new("bash").args(["-c", &script]).stdin(Stdio::null()).output().await.expect("bash");
    assert!(
        output.status.success(),
        "the AWS CLI and moto could not be installed into {}; that needs python3 with venv, flock and the network:\n{}",
        directory.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    directory.join("venv/bin/python")
}

/// Starts a server that ends with its standard input, and waits for the line by which it says that it is there. Gives what
/// follows these words.
async fn start(python: &Path, arguments: &[&str], words: &str) -> (Child, String) {
    let mut command = Command::new(python);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().expect("python");
    let (out, err) = (child.stdout.take().expect("a pipe"), child.stderr.take().expect("a pipe"));
    let found = async {
        let (found, other) = select(line(out, words).boxed(), line(err, words).boxed()).await.factor_first();
        if found.is_some() { found } else { other.await }
    };
    let found = timeout(PATIENCE, found).await.ok().flatten();
    (child, found.unwrap_or_else(|| panic!("{} does not say {words:?}", arguments[0])))
}

/// The rest of the first line with these words, if one comes; what comes afterwards is read and forgotten, so that nobody
/// waits.
async fn line(stream: impl AsyncRead + Unpin + Send + 'static, words: &str) -> Option<String> {
    let mut lines = BufReader::new(stream).lines();
    while let Some(line) = lines.next_line().await.expect("lines") {
        if let Some((_, rest)) = line.split_once(words) {
            let rest = rest.to_owned();
            tokio::spawn(async move { while lines.next_line().await.is_ok_and(|line| line.is_some()) {} });
            return Some(rest);
        }
        eprintln!("{line}");
    }
    None
}

/// A change as a script announces it, `[step] what`; as it is made, `12/69` stands before it.
fn change(line: &str) -> Option<String> {
    let line = line.strip_prefix("  ")?;
    let made = line.split_once(' ').filter(|(number, _)| number.starts_with(|first: char| first.is_ascii_digit()));
    let line = made.map_or(line, |(_, change)| change);
    line.starts_with('[').then(|| line.trim().to_owned())
}
