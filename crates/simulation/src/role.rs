//! The two functions that change the endpoint.

use vpn_core::limits::{self, Limits};

/// Which function makes a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The one behind the page.
    Associator,
    /// The one that turns off.
    Disassociator,
}

impl Role {
    /// How long it may take, as it is shipped.
    pub fn limits(self) -> Limits {
        match self {
            Self::Associator => limits::ASSOCIATOR,
            Self::Disassociator => limits::DISASSOCIATOR,
        }
    }

    /// Its role, by name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Associator => "LambdaRole-ClientVPN-Associator",
            Self::Disassociator => "LambdaRole-ClientVPN-Disassociator",
        }
    }
}
