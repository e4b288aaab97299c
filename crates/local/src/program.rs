//! What the programs of this workspace do around their work: announce what there is, and end when they are asked to.

use std::{
    fmt,
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use tokio::signal::unix::{SignalKind, signal};

/// The exit code for arguments that are not right.
pub const USAGE: u8 = 2;

/// Does this until Ctrl-C or a request to terminate, which both are success; an error is said under the program's name.
///
/// # Panics
/// If it is called twice: what goes wrong on the way is written to standard error from now on.
pub async fn until_stopped<E: fmt::Display>(name: &str, work: impl Future<Output = Result<(), E>>) -> ExitCode {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
    tokio::select! {
        // In this order: a signal is received from before anything is announced.
        biased;
        // What was started ends when the other branch is dropped.
        stopped = asked_to_stop() => match stopped {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{name}: signals cannot be received: {error}");
                ExitCode::FAILURE
            }
        },
        ended = work => match ended {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{name}: {error}");
                ExitCode::FAILURE
            }
        },
    }
}

/// One line on standard output. Whoever started this may have stopped reading: that ends nothing.
pub fn say(line: fmt::Arguments<'_>) {
    let mut out = io::stdout();
    drop(writeln!(out, "{line}").and_then(|()| out.flush()));
}

async fn asked_to_stop() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}
