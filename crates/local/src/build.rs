//! Stub.

/// How far the building is, in numbers.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct BuildProgress {
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
pub struct Progress;

impl Progress {
    /// How far the building is.
    pub fn get(&self) -> BuildProgress {
        BuildProgress::default()
    }
}
