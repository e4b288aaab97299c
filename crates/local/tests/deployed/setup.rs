//! An account in a moto server, with `local` in front of it and the real AWS CLI, and the scripts that deploy into it.
//!
//! What has to be installed for that is pinned in `infra/tests/requirements.txt` and installed once into `target`.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    sync::Arc,
};

use local::{
    boot::{self, Running},
    build,
    flags::Options,
    world::World,
};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child, Command},
};

pub const HOST: &str = "vpn.example.com";
const BINARIES: [&str; 3] = ["associator", "disassociator", "connect-handler"];
/// What the scripts call; loaded once, for all calls of the CLI.
const SERVICES: [&str; 13] = [
    "sts",
    "ec2",
    "iam",
    "lambda",
    "sns",
    "cloudwatch",
    "events",
    "logs",
    "cognito-idp",
    "elbv2",
    "acm",
    "route53",
    "ssm",
];
/// Packs the executables as they would go to AWS, without what only debuggers read.
const PACK: &str = "import os, subprocess, sys, zipfile
binary, package, *others = sys.argv[1:]
subprocess.run(['strip', '-o', package + '.stripped', binary], check=True)
with zipfile.ZipFile(package + '.new', 'w', zipfile.ZIP_DEFLATED, compresslevel=1) as out:
    for name, path, mode in [('bootstrap', package + '.stripped', 0o755)] + [(o.split('=')[0], o.split('=')[1], 0o644) for o in others]:
        entry = zipfile.ZipInfo(name)
        entry.external_attr, entry.compress_type = (0o100000 | mode) << 16, zipfile.ZIP_DEFLATED
        out.writestr(entry, open(path, 'rb').read())
os.remove(package + '.stripped')
os.rename(package + '.new', package)";

/// The account, as it is seen by way of `local`.
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
    /// How many calls changed something.
    pub writes: usize,
}

impl Account {
    /// Nothing is deployed yet; certificate, VPC and endpoint are there.
    pub async fn begin() -> Self {
        let python = install().await;
        let directory = std::env::temp_dir().join(format!("deployed-{:016x}", fastrand::u64(..)));
        fs::create_dir_all(directory.join("home")).expect("a directory");
        let (moto, port) = start(&python, &[&text(&infra().join("tests/account.py"))], "").await;
        let executables = build::beside_test_executable().expect("the directory of the executables");
        let options = Options {
            start: Some("2026-11-02T09:00:00Z".parse().expect("a time")),
            upstream: Some(format!("http://127.0.0.1:{}", port.trim())),
            ..Options::stepped(executables.clone())
        };
        let mut running = boot::start(options).await.expect("local starts in front of moto");
        running.provide_functions().await;
        let socket = directory.join("cli");
        let server = infra().join("tests/cli_server.py");
        let mut arguments = vec![text(&server), text(&socket), "/dev/null".to_owned()];
        arguments.extend(SERVICES.map(ToOwned::to_owned));
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let (cli, _) = start(&python, &arguments, "ready").await;
        let client = infra().join("tests/aws.py");
        let script = format!("#!/bin/sh\nexec '{}' -I -S '{}' \"$@\"\n", python.display(), client.display());
        fs::create_dir(directory.join("bin")).expect("a directory");
        fs::write(directory.join("bin/aws"), script).expect("a file");
        fs::set_permissions(directory.join("bin/aws"), fs::Permissions::from_mode(0o755)).expect("a mode");
        let account = Self { running, place: Arc::new(Place { directory, _moto: moto, _cli: cli }) };
        account.settings().await;
        pack(&python, &executables).await;
        account
    }

    pub fn world(&self) -> &Arc<World> {
        &self.running.world
    }

    /// The settings file, and what has to be in the account before.
    async fn settings(&self) {
        let openssl = format!(
            "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 30 -subj /CN={HOST} \
             -addext subjectAltName=DNS:{HOST}"
        );
        let made = self.command("bash", &["-c", &openssl]).output().await.expect("bash");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
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
        let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
        let settings = format!(
            "REGION=us-east-1\nENDPOINT_ID=cvpn-endpoint-0123456789abcdef0\nSUBNET_IDS={subnets}\nROUTES=10.20.0.0/16\n\
             HOST={HOST}\nCERTIFICATE_ARN={}\nALB_SUBNET_IDS={subnets}\nNOTICE_EMAIL=admin@example.com\n\
             ARCHITECTURE={architecture}\n",
            certificate.as_str().expect("an ARN")
        );
        fs::write(self.place.directory.join("settings.env"), settings).expect("a file");
    }

    /// Runs `deploy.sh`, `status.sh` or `destroy.sh`.
    pub async fn run(&self, script: &str, options: &[&str]) -> Script {
        let before = self.calls().len();
        let path = text(&infra().join(script));
        let mut arguments = vec!["--settings", "settings.env"];
        arguments.extend(options);
        let Output { status, stdout, stderr } = self.command(&path, &arguments).output().await.expect("bash");
        let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        let changes = text.lines().filter(|line| line.starts_with("  [")).map(|line| line.trim().to_owned()).collect();
        let writes = self.calls()[before..].iter().filter(|call| call["write"] == true).count();
        Script { status: status.code().unwrap_or(-1), text, changes, writes }
    }

    /// Deploys with the packages of this build.
    pub async fn deploy(&self, options: &[&str]) -> Script {
        let packages = text(&packages());
        let mut all = vec!["--packages", packages.as_str(), "--yes"];
        all.extend(options);
        self.run("deploy.sh", &all).await
    }

    /// One call of the AWS CLI, which must succeed.
    pub async fn aws(&self, call: &str) -> Value {
        let mut arguments: Vec<_> = call.split(' ').collect();
        arguments.extend(["--output", "json"]);
        let output = self.command("aws", &arguments).output().await.expect("bash");
        assert!(output.status.success(), "{call}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    pub fn calls(&self) -> Vec<Value> {
        let upstream = self.world().upstream.as_ref().expect("an upstream");
        upstream.calls()
    }

    /// A command of an administrator: the CLI of this test comes first.
    pub fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("bash");
        command.args(["-c", "PATH=$PWD/bin:$PATH exec \"$0\" \"$@\"", program]).args(arguments);
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

impl Drop for Place {
    fn drop(&mut self) {
        // What cannot be removed lies in the system's temporary directory.
        drop(fs::remove_dir_all(&self.directory));
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
}

fn infra() -> PathBuf {
    root().join("infra")
}

fn packages() -> PathBuf {
    build::beside_test_executable().expect("the directory of the executables").join("packages")
}

fn text(path: &Path) -> String {
    path.to_str().expect("a path in UTF-8").to_owned()
}

/// Python with the AWS CLI and moto: the scripts' own tests install it, under a lock.
async fn install() -> PathBuf {
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

/// One ZIP file for each executable, made anew when the executable is.
async fn pack(python: &Path, executables: &Path) {
    fs::create_dir_all(packages()).expect("a directory");
    for name in BINARIES {
        let (binary, package) = (executables.join(name), packages().join(format!("{name}.zip")));
        let built = fs::metadata(&binary).and_then(|file| file.modified()).expect("cargo test built the executables");
        if fs::metadata(&package).and_then(|file| file.modified()).is_ok_and(|packed| packed > built) {
            continue;
        }
        let mut arguments = vec!["-c".to_owned(), PACK.to_owned(), text(&binary), text(&package)];
        if name == "connect-handler" {
            let policy = root().join("crates/connect-handler/policy");
            for file in fs::read_dir(policy).expect("the policy").map(|entry| entry.expect("a file").path()) {
                let name = file.file_name().and_then(|name| name.to_str()).expect("a name");
                arguments.push(format!("policy/{name}={}", file.display()));
            }
        }
        let packed = Command::new(python).args(arguments).output().await.expect("python");
        assert!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
    }
}

/// Starts a server that ends with its standard input, and waits for the line by which it says that it is there. Gives what
/// follows these words.
async fn start(python: &Path, arguments: &[&str], words: &str) -> (Child, String) {
    let mut command = Command::new(python);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().expect("python");
    let (out, err) = (child.stdout.take().expect("a pipe"), child.stderr.take().expect("a pipe"));
    let found = tokio::select! {
        found = line(out, words) => found,
        found = line(err, words) => found,
    };
    (child, found.unwrap_or_else(|| panic!("{} ended before it said {words:?}", arguments[0])))
}

/// The rest of the first line with these words; what comes afterwards is read and forgotten, so that nobody waits.
async fn line(stream: impl AsyncRead + Unpin + Send + 'static, words: &str) -> Option<String> {
    let mut lines = BufReader::new(stream).lines();
    while let Some(line) = lines.next_line().await.expect("lines") {
        if let Some((_, rest)) = line.split_once(words) {
            let rest = rest.to_owned();
            tokio::spawn(async move { while lines.next_line().await.is_ok_and(|line| line.is_some()) {} });
            return Some(rest);
        }
    }
    // The other stream may still say it.
    std::future::pending().await
}
