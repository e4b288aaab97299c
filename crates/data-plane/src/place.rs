//! Where the server runs, and what that needs.

use std::{
    io,
    path::{Path, PathBuf},
    process::Output,
};

use local::functions::spawner::Spawner;
use tokio::process::{Child, Command};

use crate::configuration::Setup;

/// Where the server runs.
#[derive(Debug, Clone)]
pub enum Place {
    /// On loopback, at this port instead of the endpoint's, with a tunnel device that nothing leads to: everything but traffic.
    /// The server needs root for the device, its clients (`--dev null`) do not.
    Loopback { port: u16 },
    /// In the network namespace of this process, at the endpoint's own port, with a tunnel device. What of the traffic goes on
    /// is decided by nftables there. Needs root, and forwarding switched on there.
    Namespace { of: u32 },
}

impl Place {
    /// Where it listens, and what becomes of packets.
    pub(crate) fn options(&self, setup: &Setup) -> Vec<String> {
        let protocol = if setup.transport == "tcp" { "tcp4-server" } else { "udp4" };
        let mut options = vec![format!("proto {protocol}")];
        options.extend(match self {
            Self::Loopback { port } => vec![
                "local 127.0.0.1".to_owned(),
                format!("port {port}"),
                // OpenVPN 2.6 takes no `dev null` for a server. The device is there, without an address.
                "dev tun".to_owned(),
                "ifconfig-noexec".to_owned(),
            ],
            Self::Namespace { .. } => vec![format!("port {}", setup.port), "dev tun".to_owned()],
        });
        options
    }

    /// Starts a program there that ends with this one.
    pub(crate) async fn spawn(
        &self,
        spawner: &Spawner,
        program: &str,
        arguments: Vec<String>,
        directory: &Path,
    ) -> io::Result<Child> {
        let (program, arguments) = self.command(program, arguments)?;
        let directory = directory.to_owned();
        // Of whoever starts it: OpenVPN itself writes into its log.
        let errors = std::fs::File::create(directory.join(ERRORS))?;
        let configure = move |command: &mut Command| {
            command.args(arguments).current_dir(directory).stdin(std::process::Stdio::null());
            command.stdout(std::process::Stdio::piped()).stderr(errors);
        };
        spawner.spawn(&program, configure).await
    }

    /// Runs a program there to its end.
    pub(crate) async fn run(&self, program: &str, arguments: Vec<String>) -> io::Result<Output> {
        let (program, arguments) = self.command(program, arguments)?;
        Command::new(program).args(arguments).stdin(std::process::Stdio::null()).kill_on_drop(true).output().await
    }

    fn command(&self, program: &str, mut arguments: Vec<String>) -> io::Result<(PathBuf, Vec<String>)> {
        let program = installed(program)?;
        match self {
            Self::Loopback { .. } => Ok((program, arguments)),
            Self::Namespace { of } => {
                let enter = [format!("--net=/proc/{of}/ns/net"), program.display().to_string()];
                arguments.splice(..0, enter);
                Ok((installed("nsenter")?, arguments))
            }
        }
    }
}

/// The file with what is said before OpenVPN says something.
pub(crate) const ERRORS: &str = "errors";

/// Where programs of this kind are. They are for administrators, so not every user's PATH has them.
const DIRECTORIES: [&str; 4] = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/sbin"];

/// A program that has to be installed.
///
/// # Errors
/// Where it is in none of the usual directories.
pub fn installed(program: &str) -> io::Result<PathBuf> {
    let places = DIRECTORIES.iter().map(|directory| Path::new(directory).join(program));
    places.into_iter().find(|place| place.is_file()).ok_or_else(|| {
        io::Error::new(io::ErrorKind::NotFound, format!("{program} is not installed in {}", DIRECTORIES.join(", ")))
    })
}
