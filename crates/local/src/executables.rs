//! The functions' executables: which they are, where they come from, and how far their building is.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard},
};

use serde::Serialize;

use crate::locks::lock;

/// Which executable of this workspace is which function.
pub const FUNCTION_OF_EXECUTABLE: [(&str, &str); 3] = [
    ("associator", "AWSClientVPN-AssociatingSubnets"),
    ("disassociator", "AWSClientVPN-DisassociatingSubnets"),
    ("connect-handler", "AWSClientVPN-ConnectHandler"),
];

/// Where the executables come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// From this workspace, built by cargo.
    Cargo,
    /// From a directory: `NAME`, or `NAME/bootstrap` as cargo-lambda leaves them.
    Directory(PathBuf),
}

/// How far the building is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Not begun.
    #[default]
    Waiting,
    /// Under way.
    Building,
    /// The functions are there.
    Done,
    /// They are not, and will not be.
    Failed,
}

/// How far the building is, in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BuildProgress {
    /// How far.
    pub phase: Phase,
    /// How many units are compiled.
    pub compiled: usize,
    /// Of how many; 0 while that is not known.
    pub total: usize,
    /// What is being compiled.
    pub current: String,
    /// What the compiler says, once it has failed.
    pub error: Option<String>,
}

/// The same for everybody to look at.
#[derive(Debug, Default)]
pub struct Progress(Mutex<BuildProgress>);

impl Progress {
    /// How far the building is.
    #[must_use]
    pub fn get(&self) -> BuildProgress {
        self.lock().clone()
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, BuildProgress> {
        lock(&self.0)
    }
}

/// The directory in which cargo leaves the executables that belong to a test.
///
/// # Errors
/// When this program's own path cannot be read.
pub fn beside_test_executable() -> io::Result<PathBuf> {
    let test = std::env::current_exe()?;
    let directory = test.parent().and_then(Path::parent);
    directory.map(Path::to_owned).ok_or_else(|| io::Error::other(format!("{} has no directory", test.display())))
}
