//! One endpoint in memory, which notes every call and fails on demand.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use associator::profiles::{Asked, Device, Folder, Profiles};
use jiff::Timestamp;
use tokio::sync::Barrier;
use vpn_core::{
    audit::{Audit, Line},
    error::CallError,
    marks::{Mark, RawMarks},
    model::{
        Association, AssociationId, AssociationState, Cidr, Connection, ConnectionState, Endpoint, EndpointState,
        Route, RouteState, SubnetId,
    },
    port::{Accepted, CallResult, Page, Port},
};

#[derive(Debug, Clone, Default)]
pub struct Aws {
    inner: Arc<Mutex<Inner>>,
    /// Holds every read until so many have begun.
    hold: Arc<Mutex<Option<Arc<Barrier>>>>,
}

#[derive(Debug, Default)]
struct Inner {
    deleting: bool,
    transit_gateway: Option<String>,
    tags: BTreeMap<&'static str, String>,
    associations: Vec<Association>,
    routes: Vec<Route>,
    connections: Vec<ConnectionState>,
    connections_later: Option<Vec<ConnectionState>>,
    more_connections: bool,
    failures: Vec<(String, &'static str)>,
    calls: Vec<String>,
    audit: Vec<String>,
    /// Whose, and of which device.
    profiles: Vec<(Folder, Device)>,
}

impl Aws {
    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().expect("not poisoned")
    }

    /// Lets calls that start like this fail with a code; an empty code is no answer at all.
    pub fn fail(&self, call: &str, code: &'static str) {
        self.inner().failures.push((call.to_owned(), code));
    }

    pub fn heal(&self) {
        self.inner().failures.clear();
    }

    pub fn hold_reads(&self, count: usize) {
        *self.hold.lock().expect("not poisoned") = Some(Arc::new(Barrier::new(count)));
    }

    pub fn belong_to(&self, transit_gateway: &str) {
        self.inner().transit_gateway = Some(transit_gateway.to_owned());
    }

    pub fn delete_endpoint(&self) {
        self.inner().deleting = true;
    }

    pub fn put_association(&self, subnet: &str, state: AssociationState) {
        let mut inner = self.inner();
        inner.associations.retain(|a| a.subnet != subnet);
        let id = AssociationId::parse(&format!("cvpn-assoc-{subnet}")).expect("id");
        let message = Some("AWS's own <words>".to_owned());
        inner.associations.push(Association { id, subnet: subnet.to_owned(), state, message });
    }

    pub fn put_route(&self, subnet: &str, state: RouteState) {
        let destination = "10.20.0.0/16".to_owned();
        self.inner().routes.push(Route { destination, subnet: subnet.to_owned(), state, added_by_hand: true });
    }

    pub fn put_mark(&self, mark: Mark, at: &str) {
        self.inner().tags.insert(mark.key(), at.to_owned());
    }

    pub fn mark(&self, mark: Mark) -> Option<String> {
        self.inner().tags.get(mark.key()).cloned()
    }

    pub fn connect(&self, devices: usize, more: bool) {
        let mut inner = self.inner();
        inner.connections = vec![ConnectionState::Active; devices];
        inner.more_connections = more;
    }

    /// Somebody connects after the first look.
    pub fn connect_after_the_first_look(&self) {
        self.inner().connections_later = Some(vec![ConnectionState::Active]);
    }

    /// Both subnets on, with their routes.
    pub fn turn_on(&self) {
        for subnet in ["subnet-a", "subnet-b"] {
            self.put_association(subnet, AssociationState::Associated);
            self.put_route(subnet, RouteState::Active);
        }
        self.put_mark(Mark::OnSince, "2026-11-02T08:40:00Z");
        self.put_mark(Mark::ReadySince, "2026-11-02T08:45:00Z");
        self.put_mark(Mark::LastRequest, "2026-11-02T08:50:00Z");
    }

    /// A profile waits for whoever has this folder.
    pub fn leave_profile(&self, folder: &Folder, device: &str) {
        self.inner().profiles.push((folder.clone(), Device::parse(device).expect("a name")));
    }

    /// As `people.sh remove` does.
    pub fn remove_profiles(&self, folder: &Folder) {
        self.inner().profiles.retain(|(of, _)| of != folder);
    }

    pub fn calls(&self) -> Vec<String> {
        self.inner().calls.clone()
    }

    /// All calls that change something.
    pub fn changes(&self) -> Vec<String> {
        self.calls().into_iter().filter(|call| !call.starts_with("read ")).collect()
    }

    pub fn forget_calls(&self) {
        self.inner().calls.clear();
    }

    pub fn audit_lines(&self) -> Vec<String> {
        self.inner().audit.clone()
    }

    fn call(&self, operation: &'static str, call: String) -> CallResult<()> {
        let mut inner = self.inner();
        let failure = inner.failures.iter().find(|(start, _)| call.starts_with(start)).map(|(_, code)| *code);
        inner.calls.push(call);
        match failure {
            None => Ok(()),
            Some(code) => Err(CallError {
                operation,
                code: (!code.is_empty()).then(|| code.to_owned()),
                message: "AWS's own <words>".to_owned(),
                request_id: Some("aws-request".to_owned()),
            }),
        }
    }

    async fn read(&self, what: &'static str) -> CallResult<()> {
        let answer = self.call(what, format!("read {what}"));
        let hold = self.hold.lock().expect("not poisoned").clone();
        if let Some(hold) = hold {
            hold.wait().await;
        }
        answer
    }
}

impl Port for Aws {
    async fn endpoint(&self) -> CallResult<Endpoint> {
        self.read("endpoint").await?;
        let inner = self.inner();
        let state = if inner.deleting { EndpointState::Deleting } else { EndpointState::Available };
        let marks = RawMarks::from_tags(inner.tags.iter().map(|(key, value)| (*key, value.as_str())));
        let transit_gateway = inner.transit_gateway.clone();
        Ok(Endpoint { state, vpc: Some("vpc-1".to_owned()), transit_gateway, marks })
    }

    async fn associations(&self, _: Option<&str>) -> CallResult<Page<Association>> {
        self.read("associations").await?;
        Ok(Page { items: self.inner().associations.clone(), next: None })
    }

    async fn routes(&self, _: Option<&str>) -> CallResult<Page<Route>> {
        self.read("routes").await?;
        Ok(Page { items: self.inner().routes.clone(), next: None })
    }

    async fn pause(&self, _: Duration) {
        unreachable!("a page's read is not tried again");
    }

    async fn connections(&self, _: Option<&str>) -> CallResult<Page<Connection>> {
        self.read("connections").await?;
        let mut inner = self.inner();
        let items = inner.connections.iter().map(|state| Connection { state: state.clone(), ended: None }).collect();
        if let Some(later) = inner.connections_later.take() {
            inner.connections = later;
        }
        Ok(Page { items, next: inner.more_connections.then(|| "page-2".to_owned()) })
    }

    async fn associate(&self, subnet: &SubnetId) -> CallResult<Accepted> {
        self.call("AssociateClientVpnTargetNetwork", format!("associate {subnet}"))?;
        self.put_association(subnet.as_str(), AssociationState::Associating);
        Ok(Accepted::default())
    }

    async fn disassociate(&self, association: &AssociationId) -> CallResult<Accepted> {
        self.call("DisassociateClientVpnTargetNetwork", format!("disassociate {association}"))?;
        for a in self.inner().associations.iter_mut().filter(|a| a.id == *association) {
            a.state = AssociationState::Disassociating;
        }
        Ok(Accepted::default())
    }

    async fn create_route(&self, destination: &Cidr, subnet: &SubnetId) -> CallResult<Accepted> {
        self.call("CreateClientVpnRoute", format!("route {destination} {subnet}"))?;
        self.put_route(subnet.as_str(), RouteState::Creating);
        Ok(Accepted::default())
    }

    async fn set_marks(&self, marks: &[(Mark, Timestamp)]) -> CallResult<Accepted> {
        let words: Vec<String> = marks.iter().map(|(mark, at)| format!("{}={at}", &mark.key()[14..])).collect();
        self.call("CreateTags", format!("set {}", words.join(" ")))?;
        self.inner().tags.extend(marks.iter().map(|(mark, at)| (mark.key(), at.to_string())));
        Ok(Accepted::default())
    }

    async fn remove_marks(&self, marks: &[(Mark, Option<Timestamp>)]) -> CallResult<Accepted> {
        let words: Vec<&str> = marks.iter().map(|(mark, _)| &mark.key()[14..]).collect();
        self.call("DeleteTags", format!("remove {}", words.join(" ")))?;
        self.inner().tags.retain(|key, value| {
            let meant = |only: &Option<Timestamp>| only.is_none_or(|at| at.to_string() == *value);
            !marks.iter().any(|(mark, only)| mark.key() == *key && meant(only))
        });
        Ok(Accepted::default())
    }
}

impl Profiles for Aws {
    fn waiting<'a>(&'a self, folder: &'a Folder, _: Timestamp) -> Asked<'a, Vec<Device>> {
        Box::pin(async move {
            self.read("profiles").await?;
            let inner = self.inner();
            Ok(inner.profiles.iter().filter(|(of, _)| of == folder).map(|(_, device)| device.clone()).collect())
        })
    }

    fn address<'a>(&'a self, folder: &'a Folder, device: &'a Device, now: Timestamp) -> Asked<'a, String> {
        Box::pin(async move {
            self.call("GetObject", format!("read address {}", device.as_str()))?;
            let waits = self.inner().profiles.iter().any(|(of, waiting)| of == folder && waiting == device);
            assert!(waits, "nothing is signed that does not wait for her");
            Ok(format!("https://bucket.example/{}?signature=secret-{}", device.as_str(), now.as_second()))
        })
    }
}

impl Audit for Aws {
    fn gave_profile(&self, subject: &str, device: &str) {
        self.inner().audit.push(format!("profile {subject}: {device}"));
        Audit::gave_profile(&vpn_core::audit::Log, subject, device);
    }

    fn write(&self, line: &Line<'_>) {
        let who = line.actor.subject.unwrap_or("nobody");
        self.inner().audit.push(format!("{} {who}: {}", line.actor.trigger.as_str(), line.change));
    }
}
