//! `cargo run`: AWS on this computer, until Ctrl-C.

use std::{
    fmt,
    io::{self, Write},
    process::ExitCode,
};

use local::{
    boot::{self, Running},
    executables::Phase,
    flags::{self, Asked, Options},
    locks::read,
};
use tokio::signal::unix::{SignalKind, signal};

/// The exit code for arguments that are not right.
const USAGE: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let options = match flags::parse(std::env::args_os().skip(1)) {
        Ok(Asked::Help) => {
            print!("{}", flags::HELP);
            return ExitCode::SUCCESS;
        }
        Ok(Asked::Version) => {
            println!("local {}", env!("CARGO_PKG_VERSION"));
            return ExitCode::SUCCESS;
        }
        Ok(Asked::Run(options)) => options,
        Err(error) => {
            eprintln!("local: {error}\nlocal --help explains what can be set");
            return ExitCode::from(USAGE);
        }
    };
    tokio::select! {
        // In this order: a signal is received from before anything is announced.
        biased;
        // What was started ends when the other branch is dropped.
        stopped = asked_to_stop() => match stopped {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("local: signals cannot be received: {error}");
                ExitCode::FAILURE
            }
        },
        ended = run(options) => match ended {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("local: {error}");
                ExitCode::FAILURE
            }
        },
    }
}

async fn run(options: Options) -> Result<(), boot::CannotStart> {
    let speed = options.speed;
    let mut running = boot::start(options).await?;
    announce(&running, speed);
    running.provide_functions().await;
    let built = running.world.functions.build.get();
    match built.phase {
        Phase::Failed => eprintln!("{}", built.error.unwrap_or_default()),
        _ => say(format_args!("the functions are ready")),
    }
    std::future::pending().await
}

fn announce(running: &Running, speed: f64) {
    let boot::Urls { employee, panel, aws, http } = &running.urls;
    say(format_args!("employee page: {employee}"));
    say(format_args!("control panel: {panel}"));
    say(format_args!("aws endpoint: {aws}"));
    if let Some(http) = http {
        say(format_args!("http listener: {http}"));
    }
    let deployment = read(&running.world.deployment);
    say(format_args!("endpoint id: {}", deployment.endpoint.id));
    if speed > 0.0 {
        say(format_args!("time runs {speed} times as fast as yours (--speed); it starts when the functions are built"));
    } else {
        say(format_args!("time stands until it is stepped in the control panel (--speed 0)"));
    }
}

/// One line on standard output. Whoever started this may have stopped reading: that ends nothing.
fn say(line: fmt::Arguments<'_>) {
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
