//! Has the functions' executables built by cargo while the control panel is open already, or takes them from a directory.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde::Deserialize;
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{ChildStderr, ChildStdout, Command},
};

use crate::{
    executables::{BuildProgress, FUNCTION_OF_EXECUTABLE, Phase, Source},
    locks::write,
    world::Shared,
};

/// The cargo that built this program; if it is gone, the one of the `PATH`.
const CARGO: &str = env!("CARGO");
/// All of the workspace, so that its features, and with them the EC2 SDK, are those of every other command; but nothing that
/// only tests need.
const ARGUMENTS: [&str; 8] =
    ["build", "--workspace", "--exclude", "harness", "--exclude", "moto", "--bins", "--message-format=json"];

/// What compilers cannot say in JSON: so many lines of it are kept.
const WORDS_KEPT: usize = 40;

/// Runs a command in a process group of its own and kills the whole group when standard input ends, as it does when
/// this program ends, however it ends: cargo alone would leave its compilers behind.
const GUARD: &str = r#"
exec 3<&0
"$@" 3<&- </dev/null &
command=$!
(read -r _ <&3; kill -KILL 0) >/dev/null 2>&1 &
guard=$!
wait "$command"
status=$?
kill "$guard" 2>/dev/null
exit "$status"
"#;

/// Provides the functions' executables. When this returns they are there, or the progress says why they are not.
pub async fn provide(world: &Shared, source: &Source) {
    note(world, "the functions are being built", |progress| progress.phase = Phase::Building);
    let built = match source {
        Source::Cargo => cargo(world).await,
        Source::Directory(directory) => {
            Ok(FUNCTION_OF_EXECUTABLE.map(|(name, _)| (name, in_directory(directory, name))).into())
        }
    };
    match built.and_then(|executables| deploy(world, executables)) {
        Ok(()) => note(world, "the functions are built", |progress| {
            (progress.phase, progress.compiled, progress.current) = (Phase::Done, progress.total, String::new());
        }),
        Err(error) => note(world, "the functions could not be built", |progress| {
            progress.phase = Phase::Failed;
            progress.error = Some(error);
        }),
    }
}

fn in_directory(directory: &Path, name: &str) -> PathBuf {
    let packed = directory.join(name).join("bootstrap");
    if packed.is_file() { packed } else { directory.join(name) }
}

fn deploy(world: &Shared, executables: Vec<(&'static str, PathBuf)>) -> Result<(), String> {
    let path_of = |wanted: &str| executables.iter().find(|(name, _)| *name == wanted).map(|(_, path)| path);
    let mut deployment = write(&world.deployment);
    for (executable, function) in FUNCTION_OF_EXECUTABLE {
        let path = path_of(executable).ok_or_else(|| format!("cargo built no executable {executable}"))?;
        let path = path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))?;
        if let Some(function) = deployment.functions.get_mut(function) {
            function.bootstrap = Some(path);
        }
    }
    Ok(())
}

fn note(world: &Shared, text: &str, change: impl FnOnce(&mut BuildProgress)) {
    let data = {
        let mut progress = world.functions.build.lock();
        change(&mut progress);
        json!(&*progress)
    };
    world.journal.note(world.clock.now(), "build", text, data);
}

async fn cargo(world: &Shared) -> Result<Vec<(&'static str, PathBuf)>, String> {
    let cargo = if Path::new(CARGO).is_file() { CARGO } else { "cargo" };
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let workspace = workspace.canonicalize().map_err(|error| {
        format!(
            "the workspace is not at {} any more ({error}): --functions DIR takes built functions",
            workspace.display()
        )
    })?;
    let mut child = Command::new("sh")
        .args(["-c", GUARD, "sh", cargo])
        .args(ARGUMENTS)
        .current_dir(workspace)
        // Its progress bar is the only thing that knows how much there is to do.
        .envs([
            ("CARGO_TERM_PROGRESS_WHEN", "always"),
            ("CARGO_TERM_PROGRESS_WIDTH", "120"),
            ("CARGO_TERM_COLOR", "never"),
        ])
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    // Held until the end: when it closes, the guard kills.
    let _guard = child.stdin.take();
    let (messages, words) = (child.stdout.take(), child.stderr.take());
    let (found, said) = tokio::join!(read_messages(messages), read_words(world, words));
    let status = child.wait().await.map_err(|error| format!("cargo cannot be waited for: {error}"))?;
    if status.success() {
        return Ok(found.executables);
    }
    let mut error = found.errors;
    error.extend(said);
    Err(error.join("\n"))
}

#[derive(Debug, Default)]
struct Found {
    executables: Vec<(&'static str, PathBuf)>,
    errors: Vec<String>,
}

/// The part of cargo's messages that matters here.
#[derive(Deserialize)]
struct Message {
    target: Option<Target>,
    executable: Option<PathBuf>,
    message: Option<Diagnostic>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct Diagnostic {
    level: String,
    rendered: Option<String>,
}

async fn read_messages(stdout: Option<ChildStdout>) -> Found {
    let mut found = Found::default();
    let Some(stdout) = stdout else { return found };
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        // A build script may print anything; it is not for us.
        let Ok(Message { target, executable, message }) = serde_json::from_str(&line) else { continue };
        if let Some(Diagnostic { rendered: Some(rendered), level }) = message
            && level.starts_with("error")
        {
            found.errors.push(rendered);
        }
        if let (Some(target), Some(path)) = (target, executable)
            && let Some((name, _)) = FUNCTION_OF_EXECUTABLE.iter().find(|(name, _)| *name == target.name)
        {
            found.executables.push((name, path));
        }
    }
    found
}

/// Follows the progress bar, and keeps the last of everything else.
async fn read_words(world: &Shared, stderr: Option<ChildStderr>) -> VecDeque<String> {
    let mut kept = VecDeque::new();
    let Some(stderr) = stderr else { return kept };
    let mut stderr = BufReader::new(stderr);
    let mut line = Vec::new();
    loop {
        // The bar redraws itself with a carriage return; ordinary lines end with a newline.
        let end = match stderr.read_u8().await {
            Ok(byte @ (b'\r' | b'\n')) => byte,
            Ok(byte) => {
                line.push(byte);
                continue;
            }
            Err(_) if line.is_empty() => return kept,
            Err(_) => b'\n',
        };
        let text = String::from_utf8_lossy(&std::mem::take(&mut line)).trim_end().to_owned();
        if let Some((compiled, total, current)) = bar(&text) {
            if world.functions.build.get().compiled != compiled {
                note(world, &format!("{compiled} of {total} compiled: {current}"), |progress| {
                    (progress.compiled, progress.total, progress.current) = (compiled, total, current.to_owned());
                });
            }
        } else if end == b'\n' && !text.trim().is_empty() {
            kept.push_back(text);
            if kept.len() > WORDS_KEPT {
                kept.pop_front();
            }
        }
    }
}

/// Reads `    Building [=====>   ] 57/312: serde, syn(build)`.
fn bar(line: &str) -> Option<(usize, usize, &str)> {
    let (head, rest) = line.trim_start().split_once("] ")?;
    let (before, _) = head.split_once('[')?;
    if before.trim() != "Building" {
        return None;
    }
    let (numbers, current) = rest.split_once(": ").unwrap_or((rest, ""));
    let (compiled, total) = numbers.trim().split_once('/')?;
    Some((compiled.parse().ok()?, total.parse().ok()?, current))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_read() {
        let line = "    Building [=====>                       ] 57/312: serde, syn(build)...";
        assert_eq!(bar(line), Some((57, 312, "serde, syn(build)...")));
        assert_eq!(bar("    Building [==] 3/4"), Some((3, 4, "")));
        assert_eq!(bar("   Compiling serde v1.0.0"), None);
        assert_eq!(bar("error[E0308]: mismatched [types] 1/2: no"), None);
    }

    #[tokio::test]
    async fn a_guarded_command_keeps_its_status_and_its_group_dies_with_the_guard() {
        let sh = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", GUARD, "sh", "sh", "-c", script]).process_group(0).stdin(Stdio::piped());
            command.stdout(Stdio::piped()).spawn().expect("sh")
        };
        let mut child = sh("exit 7");
        let _guard = child.stdin.take();
        assert_eq!(child.wait().await.expect("ended").code(), Some(7));

        let mut child = sh("sleep 600 & sleep 600");
        let (guard, stdout) = (child.stdin.take(), child.stdout.take());
        drop(guard);
        // The pipe closes when the last process of the group is gone.
        let mut rest = Vec::new();
        stdout.expect("piped").read_to_end(&mut rest).await.expect("closed");
        assert!(!child.wait().await.expect("ended").success());
    }
}
