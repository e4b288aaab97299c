//! A world with one function in it.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use aws::{
    authorize::{Context, Principal},
    deployment::{Deployment, Endpoint, Function, Role},
    lambda::{Limits, NotInvoked, Outcome},
};
use jiff::{SignedDuration, Timestamp};
use local::{
    engine::advance,
    invocations::{invoke, invoke_async},
    world::{Shared, World},
};
use serde_json::{Value, json};

/// The function.
pub const NAME: &str = "Sample";
pub const ROLE: &str = "LambdaRole-Sample";
/// The endpoint of Client VPN.
pub const ENDPOINT: &str = "cvpn-endpoint-1";
pub const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:Admins";

/// A directory that is removed with its test.
pub struct Directory(pub PathBuf);

impl Directory {
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("directory");
        Self(path)
    }

    /// A `bootstrap` that is this executable, after some lines of shell.
    pub fn bootstrap(&self, name: &str, before: &str) -> PathBuf {
        let this = std::env::current_exe().expect("path");
        let script = format!("#!/bin/sh\n{before}\nexec '{}' --exact sample::function --nocapture\n", this.display());
        let path = self.0.join(name);
        write_executable(&path, &script);
        path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).expect("removed");
    }
}

fn write_executable(path: &Path, text: &str) {
    fs::write(path, text).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("permissions");
}

/// The world of a test.
pub struct Here {
    pub world: Shared,
    pub directory: Directory,
}

impl Here {
    pub fn new() -> Self {
        Self::with(|_| {}, Limits::default())
    }

    pub fn with(change: impl FnOnce(&mut Function), limits: Limits) -> Self {
        let directory = Directory::new();
        let mut function = Function {
            bootstrap: Some(directory.bootstrap("bootstrap", "")),
            environment: [("SAMPLE".to_owned(), "yes".to_owned())].into(),
            timeout: Duration::from_secs(20),
            memory: 128,
            role: ROLE.to_owned(),
            ..Function::default()
        };
        change(&mut function);
        let may_publish = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Action": "sns:Publish", "Resource": TOPIC }
        ] });
        let role = Role { trust: Value::Null, policies: vec![may_publish] };
        let deployment = Deployment {
            partition: "aws".to_owned(),
            region: "us-east-1".to_owned(),
            account: "123456789012".to_owned(),
            endpoint: Endpoint { id: ENDPOINT.to_owned(), ..Endpoint::default() },
            roles: [(ROLE.to_owned(), role)].into(),
            functions: [(NAME.to_owned(), function)].into(),
            ..Deployment::default()
        };
        let start: Timestamp = "2026-11-02T09:00:00Z".parse().expect("timestamp");
        let mut world = World::new(deployment, start).expect("world");
        world.functions.limits = limits;
        Self { world: Arc::new(world), directory }
    }

    pub fn arn(&self) -> String {
        self.world.deployment.read().expect("lock").function_arn(NAME)
    }

    pub fn change(&self, change: impl FnOnce(&mut Function)) {
        change(self.world.deployment.write().expect("lock").functions.get_mut(NAME).expect("function"));
    }

    pub async fn try_invoke(&self, event: Value) -> Result<Outcome, NotInvoked> {
        let payload = event.to_string().into();
        invoke(&self.world, &self.arn(), payload, &Principal::Administrator, &Context::new()).await
    }

    /// What a successful invocation answers.
    pub async fn answer(&self, event: Value) -> Value {
        let outcome = self.try_invoke(event).await.expect("invoked");
        assert_eq!(outcome.function_error, None, "{:?}", outcome.payload);
        serde_json::from_slice(&outcome.payload).expect("JSON")
    }

    /// What a failing invocation answers: `errorType` and `errorMessage`, the latter without the request id.
    pub async fn failure(&self, event: Value) -> (String, String) {
        let outcome = self.try_invoke(event).await.expect("invoked");
        assert_eq!(outcome.function_error, Some("Unhandled"), "{:?}", outcome.payload);
        let error: Value = serde_json::from_slice(&outcome.payload).expect("JSON");
        let text = |name: &str| error[name].as_str().expect(name).replace(&outcome.request_id, "ID");
        (text("errorType"), text("errorMessage"))
    }

    pub async fn hand_over(&self, event: Value) {
        let payload = event.to_string().into();
        let taken = invoke_async(&self.world, &self.arn(), payload, &Principal::Administrator, &Context::new()).await;
        taken.expect("taken");
    }

    pub async fn pass(&self, time: SignedDuration) {
        advance(&self.world, time).await;
    }

    /// The data of all entries of a kind.
    pub fn happened(&self, kind: &str) -> Vec<Value> {
        let entries = self.world.journal.after(0).into_iter();
        entries.filter(|entry| entry.kind == kind).map(|entry| entry.data).collect()
    }
}
