//! One browser, or what drives it, for one test. It ends with the test, however that ends.

use std::{path::PathBuf, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

/// Begins what `run` says, as `$driver`. Ends its process group when standard input does: at the end of a test, and when the
/// test is killed. `$1` is its directory, which goes too.
const GUARD: &str = r#"
exec 3<&0
eval "$2"
driver=$!
(read -r _ <&3; kill -KILL "$driver" $xvfb; rm -rf "$1" ${display:+/tmp/.X"$display"-lock /tmp/.X11-unix/X"$display"}; kill -KILL 0) >/dev/null 2>&1 &
exec 2>/dev/null
wait "$driver"
"#;

pub(crate) struct Driver {
    pub(crate) directory: PathBuf,
    pub(crate) lines: Lines<BufReader<ChildStdout>>,
    process: Child,
    _guard: Option<ChildStdin>,
}

impl Driver {
    /// `run` leaves a process in the background, without descriptor 3. What is prepared stands in the directory before.
    pub(crate) fn start(run: &str, prepared: &[(&str, &str)]) -> Self {
        let directory = std::env::temp_dir().join(format!("browser-{:016x}", fastrand::u64(..)));
        std::fs::create_dir(&directory).expect("a directory");
        for (name, text) in prepared {
            std::fs::write(directory.join(name), text).expect("written");
        }
        let mut process = Command::new("sh")
            .args(["-c", GUARD, "guard"])
            .arg(&directory)
            .arg(run)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("sh");
        let guard = process.stdin.take();
        let lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        Self { directory, lines, process, _guard: guard }
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.process.try_wait().expect("its status").is_some()
    }
}
