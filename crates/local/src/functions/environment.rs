//! One execution environment: a process of a function, and the Runtime API it talks to.

use std::{
    io,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use aws::{
    deployment::Function,
    lambda::{Failure, variables},
};
use bytes::Bytes;
use jiff::Timestamp;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader, Split},
    net::TcpListener,
    process::{Child, ChildStderr, ChildStdout},
    sync::mpsc,
    task::JoinHandle,
    time::timeout,
};

use super::{
    runtime_api::{self, Said, Work},
    spawner::Spawner,
};

/// What one process runs, does one thing at a time, and may be used again.
#[derive(Debug)]
pub(crate) struct Environment {
    process: Child,
    logs: Logs,
    work: mpsc::Sender<Work>,
    said: mpsc::UnboundedReceiver<Said>,
    runtime_api: JoinHandle<io::Result<()>>,
    /// It has asked for work.
    waits: bool,
    /// What it was made from: code and configuration.
    pub made_of: String,
    pub log_stream: String,
    /// When it was started, by the emulated clock.
    pub born: Timestamp,
    /// When it was last used, by the emulated clock.
    pub used: Timestamp,
}

/// What comes next from a process.
enum Heard {
    Said(Said),
    Exited(io::Result<ExitStatus>),
}

impl Environment {
    /// Starts the process; it initialises itself while the first invocation waits.
    pub(crate) async fn start(
        spawner: &Spawner,
        name: &str,
        function: &Function,
        bootstrap: &Path,
        region: &str,
        made_of: String,
        now: Timestamp,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let task_root = match (&function.task_root, bootstrap.parent()) {
            (Some(root), _) => root.clone(),
            (None, parent) => parent.unwrap_or(Path::new("/")).to_owned(),
        };
        let log_stream = variables::log_stream(function, now);
        let variables = variables::of(name, function, region, &task_root, &address.to_string(), &log_stream);
        let (work, received) = mpsc::channel(1);
        let (says, said) = mpsc::unbounded_channel();
        let runtime_api = runtime_api::serve(listener, received, says);
        let started = spawner
            .spawn(bootstrap, move |command| {
                command.env_clear().envs(variables).current_dir(task_root);
                command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
            })
            .await;
        let mut process = started.inspect_err(|_| runtime_api.abort())?;
        let logs = Logs { out: lines(process.stdout.take()), err: lines(process.stderr.take()) };
        Ok(Self { process, logs, work, said, runtime_api, waits: false, made_of, log_stream, born: now, used: now })
    }

    /// Whether the process still runs.
    pub(crate) fn lives(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// Lets it do one thing. Afterwards it may be used again only if it [waits](Self::is_waiting) for more.
    pub(crate) async fn invoke(
        &mut self,
        work: Work,
        init_limit: Duration,
        limit: Duration,
        log: &(impl Fn(String) + Sync),
    ) -> Result<Bytes, Failure> {
        let request_id = work.request_id.clone();
        if !self.waits {
            match timeout(init_limit, self.initialise(&request_id, log)).await {
                Ok(initialised) => initialised?,
                Err(_) => return Err(Failure::timed_out(&request_id, init_limit)),
            }
        }
        self.waits = false;
        // The Runtime API holds the other end for as long as this environment.
        if self.work.send(work).await.is_err() {
            return Err(Failure::new("Runtime.Unreachable", "the Runtime API has ended".to_owned()));
        }
        let mut answer = None;
        let done = timeout(limit, self.until_done(&request_id, &mut answer, log)).await;
        match (answer, done) {
            (Some(answer), _) => answer,
            (None, Ok(failure)) => Err(failure),
            (None, Err(_)) => Err(Failure::timed_out(&request_id, limit)),
        }
    }

    /// Whether it waits for work.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waits
    }

    async fn initialise(&mut self, request_id: &str, log: &(impl Fn(String) + Sync)) -> Result<(), Failure> {
        match self.hear(log).await {
            Heard::Said(Said::Next) => {
                self.waits = true;
                Ok(())
            }
            Heard::Said(Said::CannotStart(failure) | Said::Answer(Err(failure))) => Err(failure),
            Heard::Said(Said::Answer(Ok(_))) => {
                Err(Failure::new("Runtime.InvalidRequest", "an answer before the first invocation".to_owned()))
            }
            Heard::Exited(status) => Err(exited(request_id, status)),
        }
    }

    /// An invocation lasts until the process asks for more. The failure counts only if there is no answer.
    async fn until_done(
        &mut self,
        request_id: &str,
        answer: &mut Option<Result<Bytes, Failure>>,
        log: &(impl Fn(String) + Sync),
    ) -> Failure {
        loop {
            match self.hear(log).await {
                Heard::Said(Said::Answer(said)) => *answer = Some(said),
                Heard::Said(Said::Next) => {
                    self.waits = true;
                    return Failure::new("Runtime.NoResponse", format!("RequestId: {request_id} was not answered"));
                }
                Heard::Said(Said::CannotStart(failure)) => return failure,
                Heard::Exited(status) => return exited(request_id, status),
            }
        }
    }

    /// In this order, because a process logs before it answers, and answers before it ends.
    async fn hear(&mut self, log: &(impl Fn(String) + Sync)) -> Heard {
        loop {
            tokio::select! {
                biased;
                Some(line) = next_line(&mut self.logs.out) => log(line),
                Some(line) = next_line(&mut self.logs.err) => log(line),
                Some(said) = self.said.recv() => return Heard::Said(said),
                status = self.process.wait() => return Heard::Exited(status),
            }
        }
    }
}

/// How the process ended, in the words of Lambda, which is a Go program: `exit status 1`, `signal: 9 (SIGKILL)`.
fn exited(request_id: &str, status: io::Result<ExitStatus>) -> Failure {
    let words = match status {
        Ok(status) if status.success() => None,
        Ok(status) => Some(match status.code() {
            Some(code) => format!("exit status {code}"),
            None => status.to_string(),
        }),
        Err(error) => {
            let message =
                format!("RequestId: {request_id} Error: Runtime exited, and its status cannot be read: {error}");
            return Failure::new("Runtime.ExitError", message);
        }
    };
    Failure::exited(request_id, words.as_deref())
}

impl Drop for Environment {
    fn drop(&mut self) {
        self.runtime_api.abort();
    }
}

type Lines<R> = Option<Split<BufReader<R>>>;

/// What the process writes.
#[derive(Debug)]
struct Logs {
    out: Lines<ChildStdout>,
    err: Lines<ChildStderr>,
}

fn lines<R: AsyncRead + Unpin>(stream: Option<R>) -> Lines<R> {
    stream.map(|stream| BufReader::new(stream).split(b'\n'))
}

async fn next_line<R: AsyncRead + Unpin>(lines: &mut Lines<R>) -> Option<String> {
    match lines.as_mut()?.next_segment().await {
        Ok(Some(line)) => Some(String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned()),
        Ok(None) => {
            *lines = None;
            None
        }
        Err(error) => {
            *lines = None;
            Some(format!("(its output cannot be read: {error})"))
        }
    }
}
