//! AWS's side: what a call does to the emulator's state, and whether the function's role may make it.

use std::collections::BTreeMap;

use aws::{
    authorize::{Context, Decision, Principal, authorize},
    cloudwatch,
    deployment::Deployment,
    ec2::{self, AwsError, Query},
};
use jiff::{SignedDuration, Timestamp};
use local::this_computer::{self, SUBNETS, ZONES};
use serde_json::json;
use vpn_core::{
    error::CallError,
    marks::{Mark, RawMarks},
    model::{
        Association, AssociationId, AssociationState, Connection, ConnectionEnd, ConnectionState, Endpoint,
        EndpointState, Route, RouteState,
    },
    port::{Accepted, Page},
};

use crate::{
    browser::Browser,
    calls::{Answered, Op, Reply, Request},
    role::Role,
    story::IDLE_MINUTES,
};

/// What every story starts from: made once, since reading policies and definitions takes longer than a story.
pub struct Beginning {
    endpoint_id: String,
    ec2: ec2::ClientVpn,
    /// By idle time.
    cloudwatch: BTreeMap<i64, (cloudwatch::CloudWatch, serde_json::Value)>,
    /// By number of subnets in the settings, function and operation: what it may be about.
    permitted: BTreeMap<(usize, bool, &'static str), Vec<String>>,
    /// Whose requests go through the associator's HTTP layer.
    pub browser: Browser,
}

impl Beginning {
    /// From the same files that `cargo run` and the scripts use.
    pub fn new(now: Timestamp) -> Self {
        let deployment = |idle: i64, subnets: usize| {
            let settings = this_computer::Settings {
                subnets: this_computer::subnets(subnets),
                idle_time: std::time::Duration::from_secs(idle.unsigned_abs() * 60),
                ..this_computer::Settings::default()
            };
            this_computer::deployment(&settings).expect("the files of infra")
        };
        let usual = deployment(30, 1);
        let cloudwatch = IDLE_MINUTES.map(|idle| {
            let deployment = deployment(idle, 1);
            let state = cloudwatch::CloudWatch::new(&deployment, now).expect("infra/alarm.json");
            (idle, (state, deployment.alarms[0].clone()))
        });
        let mut permitted = BTreeMap::new();
        for subnets in 1..=ZONES {
            let deployment = deployment(30, subnets);
            for role in [Role::Associator, Role::Disassociator] {
                for (op, detail, allowed) in permissions(&deployment, role) {
                    let about: &mut Vec<_> =
                        permitted.entry((subnets, role == Role::Associator, op.name())).or_default();
                    about.extend(allowed.then_some(detail));
                }
            }
        }
        Self {
            endpoint_id: usual.endpoint.id.clone(),
            ec2: ec2::ClientVpn::new(&usual.endpoint, &usual.region, &usual.account),
            cloudwatch: cloudwatch.into(),
            permitted,
            browser: Browser::new(now + SignedDuration::from_hours(30 * 24), &usual.endpoint.id),
        }
    }

    /// The endpoint's id.
    pub fn endpoint_id(&self) -> &str {
        &self.endpoint_id
    }

    /// EC2 with nothing associated.
    pub fn ec2(&self, seed: u64) -> ec2::ClientVpn {
        self.ec2.clone().seeded(seed)
    }

    /// CloudWatch with the alarm of an idle time.
    pub fn cloudwatch(&self, idle_minutes: i64) -> cloudwatch::CloudWatch {
        self.cloudwatch[&idle_minutes].0.clone()
    }

    /// The input of `PutMetricAlarm` for an idle time.
    pub fn alarm(&self, idle_minutes: i64) -> &serde_json::Value {
        &self.cloudwatch[&idle_minutes].1
    }

    /// Whether a function's role lets it make a call, with so many subnets in the settings.
    pub fn permits(&self, subnets: usize, role: Role, request: &Request) -> bool {
        let about = self.permitted.get(&(subnets, role == Role::Associator, request.op().name()));
        let one = |detail: &str| about.is_some_and(|about| about.iter().any(|allowed| allowed == detail));
        match request {
            Request::Associate(subnet) | Request::CreateRoute(_, subnet) => one(subnet.as_str()),
            Request::SetMarks(marks) => marks.iter().all(|(mark, _)| one(mark.key())),
            Request::SetAlarmOk(alarm) => alarm == this_computer::ALARM && one(""),
            Request::RemoveMarks(marks) => marks.iter().all(|(mark, _)| one(mark.key())),
            _ => one(""),
        }
    }
}

/// Every operation of a function on everything it can be about, and whether its role allows that.
fn permissions(deployment: &Deployment, role: Role) -> Vec<(Op, String, bool)> {
    let principal = Principal::Role(role.name().to_owned());
    let endpoint = deployment.endpoint_arn();
    let may = |action: &str, resource: &str, context: &[(&str, &str)]| {
        let context: Context = context.iter().map(|(k, v)| ((*k).to_owned(), vec![(*v).to_owned()])).collect();
        authorize(deployment, &principal, action, resource, &context) == Decision::Allowed
    };
    let mut all = Vec::new();
    for op in Op::ALL {
        let ec2 = format!("ec2:{}", op.name());
        match op {
            Op::DescribeClientVpnEndpoints => all.push((op, String::new(), may(&ec2, "*", &[]))),
            Op::AssociateClientVpnTargetNetwork | Op::CreateClientVpnRoute => {
                for (subnet, ..) in SUBNETS {
                    let arn = deployment.arn("ec2", &format!("subnet/{subnet}"));
                    all.push((op, subnet.to_owned(), may(&ec2, &endpoint, &[]) && may(&ec2, &arn, &[])));
                }
            }
            Op::CreateTags | Op::DeleteTags => {
                for mark in Mark::ALL {
                    let allowed = may(&ec2, &endpoint, &[("aws:TagKeys", mark.key())]);
                    all.push((op, mark.key().to_owned(), allowed));
                }
            }
            Op::PutMetricData => {
                let allowed =
                    may("cloudwatch:PutMetricData", "*", &[("cloudwatch:namespace", disassociator::watch::NAMESPACE)]);
                all.push((op, String::new(), allowed));
            }
            Op::SetAlarmState => {
                let arn = deployment.arn("cloudwatch", &format!("alarm:{}", this_computer::ALARM));
                all.push((op, String::new(), may("cloudwatch:SetAlarmState", &arn, &[])));
            }
            _ => all.push((op, String::new(), may(&ec2, &endpoint, &[]))),
        }
    }
    all
}

/// EC2 and CloudWatch as one story has them.
pub struct Aws {
    pub endpoint_id: String,
    pub ec2: ec2::ClientVpn,
    pub cloudwatch: cloudwatch::CloudWatch,
    /// Until when routes are listed in a state that nobody knows.
    pub strange_routes_until: Timestamp,
    /// Until when the endpoint is described as being deleted.
    pub goes_until: Timestamp,
}

impl Aws {
    /// Carries a call out.
    pub fn perform(&mut self, now: Timestamp, request: &Request) -> Answered {
        let operation = request.op().name();
        self.attempt(now, request).map_err(|error| CallError {
            operation,
            code: Some(error.code),
            message: error.message,
            request_id: None,
        })
    }

    fn attempt(&mut self, now: Timestamp, request: &Request) -> Result<Reply, AwsError> {
        let id = self.endpoint_id.clone();
        let ec2 = &mut self.ec2;
        Ok(match request {
            Request::Endpoint => {
                let described = endpoint(ec2, now, &id)?;
                let state = if now < self.goes_until { EndpointState::Deleting } else { described.state };
                Reply::Endpoint(Endpoint { state, ..described })
            }
            Request::Associations => Reply::Associations(associations(ec2, now, &id)?),
            Request::Routes => {
                let mut listed = routes(ec2, now, &id)?;
                if now < self.strange_routes_until {
                    listed.iter_mut().for_each(|route| route.state = RouteState::Unknown("resting".to_owned()));
                }
                Reply::Routes(listed)
            }
            Request::Connections(next) => {
                let query = Query { next_token: next.clone(), ..Query::default() };
                let page = ec2.describe_connections(now, &id, &query)?;
                let listed = page.items.into_iter().map(|connection| Connection {
                    state: ConnectionState::parse(&connection.status.code),
                    ended: ConnectionEnd::parse(Some(&connection.connection_end_time)),
                });
                Reply::Connections(Page { items: listed.collect(), next: page.next_token })
            }
            Request::Associate(subnet) => {
                let answer = ec2.associate(now, &id, subnet.as_str(), None)?;
                accepted(Some(&answer.association_id), &answer.status.code)
            }
            Request::Disassociate(association) => {
                let answer = ec2.disassociate(now, &id, association.as_str())?;
                accepted(Some(&answer.association_id), &answer.status.code)
            }
            Request::CreateRoute(destination, subnet) => {
                let status = ec2.create_route(now, &id, destination.as_str(), subnet.as_str(), None, None)?;
                accepted(None, &status.code)
            }
            Request::SetMarks(marks) => {
                let tags: Vec<_> = marks.iter().map(|(mark, at)| (mark.key().to_owned(), at.to_string())).collect();
                ec2.create_tags(now, &[id], &tags)?;
                Reply::Accepted(Accepted::default())
            }
            Request::RemoveMarks(marks) => {
                let tags: Vec<_> =
                    marks.iter().map(|(mark, only)| (mark.key().to_owned(), only.map(|at| at.to_string()))).collect();
                ec2.delete_tags(now, &[id], &tags)?;
                Reply::Accepted(Accepted::default())
            }
            Request::PutGauge(_) => Reply::Accepted(Accepted::default()),
            Request::SetAlarmOk(alarm) => {
                let input = json!({ "AlarmName": alarm, "StateValue": "OK", "StateReason": "judge again" });
                let (_, actions) = self
                    .cloudwatch
                    .call(now, "SetAlarmState", &input)
                    .map_err(|fault| AwsError::new(fault.code, fault.message))?;
                assert!(actions.is_empty(), "the alarm has no action for OK");
                Reply::Accepted(Accepted::default())
            }
        })
    }

    /// Whether the alarm is in ALARM.
    pub fn in_alarm(&self) -> bool {
        self.cloudwatch.alarm_state(this_computer::ALARM) == Some(cloudwatch::alarm::StateValue::Alarm)
    }

    /// The associations that are really there: no lag, no throttling.
    pub fn associations(&mut self, now: Timestamp) -> Vec<Association> {
        self.really(|ec2, id| associations(ec2, now, id))
    }

    /// The routes that are really there.
    pub fn routes(&mut self, now: Timestamp) -> Vec<Route> {
        self.really(|ec2, id| routes(ec2, now, id))
    }

    fn really<T>(&mut self, read: impl FnOnce(&mut ec2::ClientVpn, &str) -> Result<T, AwsError>) -> T {
        let settings = self.ec2.settings;
        self.ec2.settings.delays.lag = SignedDuration::ZERO;
        self.ec2.settings.limits.throttle = false;
        let read = read(&mut self.ec2, &self.endpoint_id);
        self.ec2.settings = settings;
        read.expect("our own endpoint")
    }
}

fn accepted(association: Option<&str>, state: &str) -> Reply {
    Reply::Accepted(Accepted {
        association: association.and_then(|id| AssociationId::parse(id).ok()),
        state: Some(state.to_owned()),
        request_id: None,
    })
}

fn endpoint(ec2: &mut ec2::ClientVpn, now: Timestamp, id: &str) -> Result<Endpoint, AwsError> {
    let query = Query { ids: vec![id.to_owned()], ..Query::default() };
    let described = ec2.describe_endpoints(now, &query)?.items.remove(0);
    Ok(Endpoint {
        state: EndpointState::parse(&described.status.code),
        marks: RawMarks::from_tags(described.tags.iter().map(|(key, value)| (key.as_str(), value.as_str()))),
        vpc: Some(described.vpc_id),
        transit_gateway: described.transit_gateway_id,
    })
}

fn associations(ec2: &mut ec2::ClientVpn, now: Timestamp, id: &str) -> Result<Vec<Association>, AwsError> {
    let mut all = Vec::new();
    let mut query = Query::default();
    loop {
        let page = ec2.describe_target_networks(now, id, &query)?;
        all.extend(page.items.into_iter().map(|network| Association {
            id: AssociationId::parse(&network.association_id).expect("the emulator's id"),
            subnet: network.target_network_id,
            state: AssociationState::parse(&network.status.code),
            message: network.status.message,
        }));
        query.next_token = page.next_token;
        if query.next_token.is_none() {
            return Ok(all);
        }
    }
}

fn routes(ec2: &mut ec2::ClientVpn, now: Timestamp, id: &str) -> Result<Vec<Route>, AwsError> {
    let mut all = Vec::new();
    let mut query = Query::default();
    loop {
        let page = ec2.describe_routes(now, id, &query)?;
        all.extend(page.items.into_iter().map(|route| Route {
            added_by_hand: route.origin == "add-route",
            destination: route.destination_cidr,
            subnet: route.target_subnet,
            state: RouteState::parse(&route.status.code),
        }));
        query.next_token = page.next_token;
        if query.next_token.is_none() {
            return Ok(all);
        }
    }
}
