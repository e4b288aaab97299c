//! Starts processes that never outlive this one, however it ends.
//!
//! A waiting process ends by itself when its Runtime API closes. One in the middle of an invocation may wait for
//! something else, so it is started through `setpriv --pdeathsig KILL` (util-linux) where there is one: then the kernel
//! ends it. Elsewhere it ends when it answers.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{OnceLock, mpsc},
};

use tokio::{
    process::{Child, Command},
    runtime::Handle,
    sync::oneshot,
};

const GUARD: &str = "setpriv";
const GUARD_ARGUMENTS: [&str; 3] = ["--pdeathsig", "KILL", "--"];

type Configure = Box<dyn FnOnce(&mut Command) + Send>;

struct Order {
    program: PathBuf,
    configure: Configure,
    started: oneshot::Sender<io::Result<Child>>,
}

/// The thread that starts processes. The kernel's death signal follows the *thread* that started a process, so it is
/// one that lives as long as the functions' host, and not whichever thread the async runtime happens to use.
#[derive(Debug, Default)]
pub struct Spawner(OnceLock<mpsc::Sender<Order>>);

impl Spawner {
    /// Starts a program; the process is killed when the answer is dropped.
    ///
    /// # Errors
    /// What the system says, and where the program is no file.
    pub async fn spawn(
        &self,
        program: &Path,
        configure: impl FnOnce(&mut Command) + Send + 'static,
    ) -> io::Result<Child> {
        // What the guard could only report as its own failure.
        if !std::fs::metadata(program)?.is_file() {
            return Err(io::Error::other(format!("{} is not a file", program.display())));
        }
        let orders = self.0.get_or_init(|| {
            let (orders, received) = mpsc::channel();
            let runtime = Handle::current();
            std::thread::spawn(move || work(&received, &runtime));
            orders
        });
        let (started, answer) = oneshot::channel();
        let order = Order { program: program.to_owned(), configure: Box::new(configure), started };
        let gone = || io::Error::other("the thread that starts processes is gone");
        orders.send(order).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

fn work(orders: &mpsc::Receiver<Order>, runtime: &Handle) {
    let _inside = runtime.enter();
    let guarded = std::process::Command::new(GUARD)
        .args(GUARD_ARGUMENTS)
        .arg("true")
        .stderr(std::process::Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    for Order { program, configure, started } in orders {
        let mut command = if guarded {
            let mut command = Command::new(GUARD);
            command.args(GUARD_ARGUMENTS).arg(program);
            command
        } else {
            Command::new(program)
        };
        configure(&mut command);
        // If nobody waits for it any more, the process is dropped, and so killed.
        drop(started.send(command.kill_on_drop(true).spawn()));
    }
}
