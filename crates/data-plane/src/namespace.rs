//! Network namespaces without a name, which are gone with the processes that hold them.

use std::{
    fs,
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use local::functions::spawner::Spawner;
use tokio::process::{Child, Command};

use crate::place::installed;

/// How long a server may take until it answers (real time): many times what it does.
const PATIENCE: Duration = Duration::from_secs(40);

/// A network namespace, and the process that holds it. Needs root.
///
/// # Panics
/// Everything here does where the system refuses something: a test cannot go on.
#[derive(Debug)]
pub struct Namespace {
    holder: Child,
    enter: &'static [(&'static str, &'static str)],
}

impl Namespace {
    /// One with nothing but loopback.
    pub async fn new(spawner: &Spawner) -> Self {
        let words = ["--net", "sleep", "infinity"].map(str::to_owned).to_vec();
        Self::held(spawner, words, &[("net", "net")]).await
    }

    /// One with its own mounts and processes too. `init` is its first process: all others end with it.
    pub async fn machine(spawner: &Spawner, init: &[String]) -> Self {
        let mut words = ["--net", "--mount", "--pid", "--fork", "--kill-child"].map(str::to_owned).to_vec();
        words.extend(init.iter().cloned());
        Self::held(spawner, words, &[("net", "net"), ("mount", "mnt"), ("pid", "pid_for_children")]).await
    }

    async fn held(spawner: &Spawner, words: Vec<String>, enter: &'static [(&'static str, &'static str)]) -> Self {
        let program = installed("unshare").expect("util-linux is installed");
        let configure = |command: &mut Command| {
            command.args(words).stdin(Stdio::null());
        };
        let holder = spawner.spawn(&program, configure).await.expect("a process");
        let namespace = Self { holder, enter };
        let own = fs::read_link("/proc/self/ns/net").expect("a namespace");
        let place = |file: &str| fs::read_link(format!("/proc/{}/ns/{file}", namespace.pid()));
        // The one for processes is there with the first of them.
        while place("net").is_ok_and(|it| it == own) || enter.iter().any(|(_, file)| place(file).is_err()) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        namespace.run("ip link set lo up").await;
        namespace
    }

    /// The process that holds it.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.holder.id().expect("it holds the namespace")
    }

    /// Ends it, with all that runs in a [`machine`](Self::machine).
    pub async fn end(&mut self) {
        self.holder.kill().await.expect("it was there");
    }

    /// A cable between two of them.
    pub async fn connect(&self, address: &str, other: &Self, address_there: &str) {
        let name = |own: &Self| format!("to{}", own.pid());
        let (here, there) = (name(other), name(self));
        self.run(&format!("ip link add {here} type veth peer name {there} netns {}", other.pid())).await;
        for (namespace, link, address) in [(self, here, address), (other, there, address_there)] {
            namespace.run(&format!("ip address add {address} dev {link}")).await;
            namespace.run(&format!("ip link set {link} up")).await;
        }
    }

    /// The words that run others there.
    #[must_use]
    pub fn words(&self, words: &[&str]) -> Vec<String> {
        let mut all = vec![installed("nsenter").expect("util-linux is installed").display().to_string()];
        all.extend(self.enter.iter().map(|(option, file)| format!("--{option}=/proc/{}/ns/{file}", self.pid())));
        all.extend(words.iter().map(ToString::to_string));
        all
    }

    /// The same with another file in the place of `/etc/resolv.conf`.
    #[must_use]
    pub fn words_with_names(&self, names: &Path, words: &[&str]) -> Vec<String> {
        let script = format!("mount --bind {} /etc/resolv.conf && exec \"$@\"", names.display());
        let mut inside = vec!["unshare", "--mount", "sh", "-c", &script, "sh"];
        inside.extend(words);
        self.words(&inside)
    }

    /// Runs something there to its end.
    pub async fn output(&self, words: &[&str]) -> Output {
        let words = self.words(words);
        Command::new(&words[0]).args(&words[1..]).kill_on_drop(true).output().await.expect("nsenter")
    }

    /// The same where it has to succeed, in one line without quotes.
    pub async fn run(&self, command: &str) {
        let output = self.output(&command.split_whitespace().collect::<Vec<_>>()).await;
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Waits until there is an answer to curl with these arguments.
    pub async fn answered(&self, arguments: &[&str]) {
        let mut words = vec!["curl", "--silent", "--output", "/dev/null", "--max-time", "5"];
        words.extend(arguments);
        let answers = async {
            while !self.output(&words).await.status.success() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let answered = tokio::time::timeout(PATIENCE, answers).await;
        assert!(answered.is_ok(), "{arguments:?}: nothing answers");
    }

    /// Starts something there that ends with the test.
    pub async fn spawn(&self, spawner: &Spawner, words: &[&str]) -> Child {
        spawn(spawner, self.words(words)).await
    }
}

/// Starts a program that ends with the test, without anything to read.
pub async fn spawn(spawner: &Spawner, words: Vec<String>) -> Child {
    let program = words[0].clone();
    let configure = move |command: &mut Command| {
        command.args(&words[1..]).stdin(Stdio::null());
    };
    spawner.spawn(program.as_ref(), configure).await.expect("a process")
}
