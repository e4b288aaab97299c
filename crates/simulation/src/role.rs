//! The two functions that change the endpoint.

use jiff::SignedDuration;
use local::this_computer;

/// Which function makes a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The one behind the page.
    Associator,
    /// The one that turns off.
    Disassociator,
}

impl Role {
    /// The function, by its name on AWS.
    pub fn function(self) -> &'static str {
        match self {
            Self::Associator => this_computer::ASSOCIATOR,
            Self::Disassociator => this_computer::DISASSOCIATOR,
        }
    }

    /// How long after its beginning it starts no further change.
    pub fn limit(self) -> SignedDuration {
        let limit = match self {
            Self::Associator => associator::handler::LIMIT,
            Self::Disassociator => disassociator::handler::LIMIT,
        };
        SignedDuration::try_from(limit).expect("a minute at most")
    }

    /// Its role, by name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Associator => "LambdaRole-ClientVPN-Associator",
            Self::Disassociator => "LambdaRole-ClientVPN-Disassociator",
        }
    }
}
