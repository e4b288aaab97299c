//! What went wrong, as far as a person needs to know: a page has plain words for each, and a reference for the log.

use http::StatusCode;
use vpn_core::{
    apply::{Applied, Failure},
    error::CallError,
    meaning::{Meaning, meaning},
    plan::{Change, Phase, Verdict, View},
    step::Step,
};

/// The kinds of problems that the page has words for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The request is none.
    BadRequest,
    /// Who asks is not known.
    Identity,
    /// Who asks cannot be told now.
    KeyServer,
    /// Another site sent it.
    OtherOrigin,
    /// No such page.
    NotFound,
    /// The path does not take this method.
    Method,
    /// AWS cannot be reached, or fails inside.
    Unreachable,
    /// AWS has no time.
    Busy,
    /// The function's role lacks a permission.
    Forbidden,
    /// There is no such endpoint, or it is being deleted.
    Endpoint,
    /// AWS does not take a subnet: unknown, of another VPC, or a quota is reached.
    Subnet,
    /// Two subnets share an availability zone.
    SameZone,
    /// AWS does not take a route.
    Route,
    /// An association failed later on.
    AssociationFailed,
    /// A route failed later on.
    RouteFailed,
    /// AWS says something this version does not know.
    Unknown,
    /// Somebody is connected, so it is not turned off by hand.
    InUse,
    /// Only a VPN that is on can be kept on.
    NotOn,
    /// Not everything could be turned off.
    PartlyOff,
    /// No profile waits for her, or not this one.
    NoProfile,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::BadRequest,
        Self::Identity,
        Self::KeyServer,
        Self::OtherOrigin,
        Self::NotFound,
        Self::Method,
        Self::Unreachable,
        Self::Busy,
        Self::Forbidden,
        Self::Endpoint,
        Self::Subnet,
        Self::SameZone,
        Self::Route,
        Self::AssociationFailed,
        Self::RouteFailed,
        Self::Unknown,
        Self::InUse,
        Self::NotOn,
        Self::PartlyOff,
        Self::NoProfile,
    ];

    /// The word in JSON and in the log.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::BadRequest => "bad-request",
            Self::Identity => "identity",
            Self::KeyServer => "key-server",
            Self::OtherOrigin => "other-origin",
            Self::NotFound => "not-found",
            Self::Method => "method",
            Self::Unreachable => "unreachable",
            Self::Busy => "busy",
            Self::Forbidden => "forbidden",
            Self::Endpoint => "endpoint",
            Self::Subnet => "subnet",
            Self::SameZone => "same-zone",
            Self::Route => "route",
            Self::AssociationFailed => "association-failed",
            Self::RouteFailed => "route-failed",
            Self::Unknown => "unknown",
            Self::InUse => "in-use",
            Self::NotOn => "not-on",
            Self::PartlyOff => "partly-off",
            Self::NoProfile => "no-profile",
        }
    }

    /// The status of an answer that has nothing better to say.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Identity => StatusCode::UNAUTHORIZED,
            Self::OtherOrigin => StatusCode::FORBIDDEN,
            Self::NotFound | Self::NoProfile => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::InUse | Self::NotOn => StatusCode::CONFLICT,
            Self::KeyServer | Self::Unreachable | Self::Busy | Self::PartlyOff => StatusCode::SERVICE_UNAVAILABLE,
            Self::Forbidden
            | Self::Endpoint
            | Self::Subnet
            | Self::SameZone
            | Self::Route
            | Self::AssociationFailed
            | Self::RouteFailed
            | Self::Unknown => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which.
    pub kind: Kind,
    /// Whether nothing was changed because of it: a mark could not be written.
    pub nothing_changed: bool,
    /// Whether not one subnet was associated by the step that it comes from.
    pub nothing_began: bool,
    /// AWS's own words, for the log only.
    pub error: Option<CallError>,
}

impl From<Kind> for Problem {
    fn from(kind: Kind) -> Self {
        Self { kind, nothing_changed: false, nothing_began: false, error: None }
    }
}

impl Problem {
    /// Of a look at the endpoint that failed: it names nothing but the endpoint.
    #[must_use]
    pub fn of_look(error: CallError) -> Self {
        let kind = of_call(&error, Kind::Endpoint);
        Self { error: Some(error), ..kind.into() }
    }

    /// Of a question for profiles that failed.
    #[must_use]
    pub fn of_profiles(error: CallError) -> Self {
        let kind = of_call(&error, Kind::Unknown);
        Self { error: Some(error), ..kind.into() }
    }

    /// Of a mark that could not be written: nothing was changed.
    #[must_use]
    pub fn of_mark(error: CallError) -> Self {
        let kind = of_call(&error, Kind::Unknown);
        Self { kind, nothing_changed: true, nothing_began: true, error: Some(error) }
    }

    /// Of an endpoint that belongs to a Transit Gateway: it takes no subnet, whatever the settings name.
    #[must_use]
    pub fn of_transit_gateway() -> Self {
        Self { nothing_changed: true, nothing_began: true, ..Kind::Subnet.into() }
    }

    /// Of what a step decided and did. What goes on by itself is none.
    #[must_use]
    pub fn of_step(step: &Step) -> Option<Self> {
        let applied = match &step.applied {
            Ok(applied) => applied,
            Err(error) => return Some(Self::of_mark(error.clone())),
        };
        match &step.plan.verdict {
            Verdict::InUse { .. } => return Some(Kind::InUse.into()),
            Verdict::NotOn => return Some(Kind::NotOn.into()),
            Verdict::EndpointGone => return Some(Kind::Endpoint.into()),
            Verdict::OfTransitGateway { .. } => return Some(Self::of_transit_gateway()),
            _ => {}
        }
        let began = |one: &Applied| matches!(one.change, Change::Associate { .. }) && one.result.is_ok();
        let nothing_began = !applied.iter().any(began);
        let problem = applied.iter().find_map(|applied| of_change(&applied.change, applied.result.as_ref().err()?));
        problem.map(|problem| Self { nothing_began, ..problem })
    }

    /// Of what a look shows.
    #[must_use]
    pub fn of_view(view: &View) -> Option<Self> {
        match view.phase {
            // Others are on their way: what failed is said when it is known what works.
            Phase::Starting | Phase::TurningOnAgain => None,
            _ if view.failed_subnets > 0 => Some(Kind::AssociationFailed.into()),
            Phase::Failed => Some(Kind::RouteFailed.into()),
            _ => None,
        }
    }
}

fn of_call(error: &CallError, misconfigured: Kind) -> Kind {
    match meaning(error) {
        Meaning::Forbidden => Kind::Forbidden,
        Meaning::Misconfigured => misconfigured,
        Meaning::Throttled => Kind::Busy,
        Meaning::Unavailable => Kind::Unreachable,
        _ => Kind::Unknown,
    }
}

fn of_change(change: &Change, failure: &Failure) -> Option<Problem> {
    let turns_off = matches!(change, Change::Disassociate { .. });
    let (error, kind) = match failure {
        Failure::OutOfTime | Failure::NoRoom => (None, None),
        Failure::Call(error, meaning) => {
            let kind = match meaning {
                Meaning::ZoneTaken => Some(Kind::SameZone),
                Meaning::Forbidden => Some(Kind::Forbidden),
                Meaning::Misconfigured if matches!(change, Change::CreateRoute { .. }) => Some(Kind::Route),
                Meaning::Misconfigured if turns_off => Some(Kind::Unknown),
                Meaning::Misconfigured => Some(Kind::Subnet),
                Meaning::Unknown => Some(Kind::Unknown),
                // A later step of turning on goes on with these.
                Meaning::Already
                | Meaning::NotYet
                | Meaning::Gone
                | Meaning::Throttled
                | Meaning::Refused
                | Meaning::Unavailable => None,
            };
            (Some(error), kind)
        }
    };
    // Nobody goes on with turning off by hand until the VPN is idle.
    let kind = kind.or(turns_off.then_some(Kind::PartlyOff))?;
    Some(Problem { error: error.cloned(), ..kind.into() })
}
