//! One request: health check, identity, same origin, then what is asked.

mod log;
mod profile;

use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use lambda_http::{Request, RequestExt};
use vpn_core::{
    audit::{Actor, Audit},
    clock::{self, Stopwatch},
    error::CallError,
    limits,
    marks::{Mark, round_up_to_minute},
    meaning::{Meaning, meaning},
    model::Snapshot,
    observe::Observer,
    plan::{MarkChange, Notice, Trigger, Verdict, View, plan, view},
    port::Port,
    step::{self, Order, Step, look, step},
};

use crate::{
    Response,
    again::{self, Again},
    config::Config,
    identity::{
        self, Expected, Rejection, Subject,
        keys::{KeyServer, Keys, Refusal},
    },
    observations::{Observation, Observations},
    page::{PageState, Pages, Unchanged, answer, packing::packed},
    problem::{Kind, Problem},
    profiles::Profiles,
    request::{self, Asked, Route},
    visitor::Visitor,
};

#[derive(Debug)]
pub struct Associator<P, K, A> {
    config: Config,
    port: P,
    keys: Keys<K>,
    audit: A,
    pages: Pages,
    observations: Observations,
    /// Where profiles wait for people; `None` where none does.
    profiles: Option<Box<dyn Profiles>>,
}

/// One request that is being answered.
struct Call<'a> {
    request: &'a Request,
    /// Lambda's request id: it stands in the log, and on the page where something is wrong.
    reference: &'a str,
    started: Stopwatch,
    now: Timestamp,
    visitor: Visitor,
    /// When the newest that this page has shown was seen.
    seen: Option<Timestamp>,
}

/// What a page shows: the state, when it was seen, and whether AWS had no time to be asked now.
struct Sight {
    view: View,
    at: Timestamp,
    refused: bool,
}

impl Call<'_> {
    fn path(&self) -> &str {
        self.request.raw_http_path()
    }

    /// Nothing older may be shown from now on: what the page has shown, and what a button of it did.
    fn since(&self) -> Option<Timestamp> {
        self.seen.max((*self.request.method() == Method::POST).then(|| self.done()))
    }

    /// Just now: what was read before is older than what this request did.
    fn done(&self) -> Timestamp {
        let taken = SignedDuration::try_from(self.started.elapsed()).unwrap_or(SignedDuration::MAX);
        self.now.checked_add(taken + SignedDuration::from_millis(1)).unwrap_or(self.now)
    }
}

impl<P: Port, K: KeyServer, A: Audit> Associator<P, K, A> {
    /// Puts one together.
    pub fn new(config: Config, port: P, keys: Keys<K>, audit: A) -> Self {
        Self {
            pages: Pages::new(&config),
            config,
            port,
            keys,
            audit,
            observations: Observations::default(),
            profiles: None,
        }
    }

    /// The same, with profiles that wait for people.
    #[must_use]
    pub fn with_profiles(self, profiles: Option<Box<dyn Profiles>>) -> Self {
        Self { profiles, ..self }
    }

    /// Answers a request. Whatever happens, there is an answer.
    pub async fn respond(&self, request: &Request) -> Response {
        let reference = request.lambda_context_ref().map_or("", |context| context.request_id.as_str());
        let (started, now) = (Stopwatch::start(), clock::now());
        let (visitor, seen) = (Visitor::of(request), request::seen(request, now));
        let call = Call { request, reference, started, now, visitor, seen };
        let response = packed(self.answer(&call).await, request.headers());
        tracing::info!(
            http.method = %request.method(),
            http.path = call.path(),
            http.status = response.status().as_u16(),
            duration_ms = u64::try_from(call.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            "answered"
        );
        response
    }

    async fn answer(&self, call: &Call<'_>) -> Response {
        let headers = call.request.headers();
        if request::is_health_check(headers) {
            return answer::healthy();
        }
        if call.path() == request::SIGNED_OUT {
            return self.pages.signed_out(&call.visitor);
        }
        let subject = match self.identify(call).await {
            Ok(subject) => subject,
            Err(refused) => return refused,
        };
        let method = call.request.method();
        if *method == Method::POST && !request::is_same_origin(headers, &self.config.origin) {
            return self.fail(call, Kind::OtherOrigin.into());
        }
        let asked = request::asked(method, call.path());
        if *method == Method::GET && !request::is_wanted(&asked, headers) {
            let passing = Call { visitor: call.visitor.passing(), ..*call };
            return self.fail(&passing, Kind::OtherOrigin.into());
        }
        match asked {
            Asked::Route(route) => self.route(call, &subject, route).await,
            Asked::Head => answer::nothing(),
            Asked::ToPage => answer::see_other(&again::page(Again::pressed(call.request, call.path()))),
            Asked::WrongMethod(allowed) => answer::allowing(self.fail(call, Kind::Method.into()), allowed),
            Asked::Nothing => self.fail(call, Kind::NotFound.into()),
        }
    }

    async fn identify(&self, call: &Call<'_>) -> Result<Subject, Response> {
        let expected =
            Expected { signer: &self.config.load_balancer, issuer: &self.config.issuer, client: &self.config.client };
        let identified = match request::only(call.request.headers(), identity::HEADER) {
            Some(token) => self.keys.identify(token, expected, call.now).await,
            None => Err(Rejection::NotOne.into()),
        };
        identified.map_err(|refusal| match refusal {
            Refusal::Rejected(rejection) => {
                tracing::warn!(
                    reason = %rejection,
                    "the signed identity of a request is not accepted; nothing was read or changed"
                );
                self.fail(call, Kind::Identity.into())
            }
            Refusal::Unavailable(why) => {
                tracing::error!(
                    reason = %why,
                    "the signed identity of a request cannot be verified now; nothing was read or changed"
                );
                self.fail(call, Kind::KeyServer.into())
            }
        })
    }

    async fn route(&self, call: &Call<'_>, subject: &Subject, route: Route) -> Response {
        match route {
            Route::Open | Route::On => self.change(call, subject, Trigger::Opening).await,
            Route::Off => self.change(call, subject, Trigger::Off).await,
            Route::Keep => match request::hours(call.request.body()) {
                Some(hours) => {
                    self.change(call, subject, Trigger::Keep(SignedDuration::from_hours(i64::from(hours)))).await
                }
                None => self.fail(call, Kind::BadRequest.into()),
            },
            Route::Progress => self.progress(call, subject).await,
            Route::Show | Route::State => match self.look(call).await {
                Ok(sight) => self.show(call, &sight, None, call.seen),
                Err(problem) => self.unseen(call, problem),
            },
            Route::SignOut => self.pages.sign_out(),
            Route::Profile => self.profile(call, subject).await,
        }
    }

    /// A person's request: done, it leads to the page; what is wrong is shown at once.
    async fn change(&self, call: &Call<'_>, subject: &Subject, trigger: Trigger) -> Response {
        if trigger == Trigger::Opening
            && let Some(shared) = self.nothing_to_do(call, trigger)
        {
            return answer::see_other(&request::page_since(shared.at));
        }
        let problem = match self.step(call, subject, trigger).await {
            Ok(step) => Problem::of_step(&step),
            Err(error) if trigger == Trigger::Opening && is_throttled(&error) => {
                tracing::warn!(%error, "AWS has no time for a look; the request is written down, and the next look turns on");
                self.ask(call, subject).await.err().map(Problem::of_mark)
            }
            Err(error) => return self.fail(call, Problem::of_look(error)),
        };
        let Some(problem) = problem else {
            // What was seen before this is older than what was done.
            return answer::see_other(&request::page_since(call.done()));
        };
        // What was changed in spite of the problem is only seen by looking again.
        match self.look(call).await {
            Ok(sight) => self.show(call, &sight, Some(problem), Some(call.done())),
            Err(_) => self.fail(call, problem),
        }
    }

    async fn progress(&self, call: &Call<'_>, subject: &Subject) -> Response {
        if let Some(shared) = self.nothing_to_do(call, Trigger::Progress) {
            return self.show(call, &self.sight(&shared.snapshot, shared.at, false), None, call.seen);
        }
        match self.step(call, subject, Trigger::Progress).await {
            Ok(step) => {
                // Whoever only waits has pressed nothing, and need not hear that nothing was changed.
                match Problem::of_step(&step).map(|problem| Problem { nothing_changed: false, ..problem }) {
                    // Of such an endpoint there is no state to show.
                    Some(problem) if step.snapshot.endpoint.transit_gateway.is_some() => self.unseen(call, problem),
                    problem => self.show(call, &self.sight(&step.snapshot, call.now, false), problem, call.seen),
                }
            }
            Err(error) => match self.shown(call, error) {
                Ok(sight) => self.show(call, &sight, None, call.seen),
                Err(problem) => self.unseen(call, problem),
            },
        }
    }

    /// What was seen a moment ago, if a step would find nothing to do in it. What turns something on always looks anew.
    fn nothing_to_do(&self, call: &Call<'_>, trigger: Trigger) -> Option<Observation> {
        let shared = self.observations.shared(call.now, call.seen)?;
        let plan = plan(&shared.snapshot, &self.config.vpn.rules, trigger, call.now);
        (plan.verdict == Verdict::TurnOn && plan.is_empty()).then_some(shared)
    }

    async fn step(&self, call: &Call<'_>, subject: &Subject, trigger: Trigger) -> Result<Step, CallError> {
        let order = order(call, subject, trigger);
        let step = step(&self.port, &self.audit, &self.config.vpn.rules, order).await?;
        for change in &step.plan.marks {
            match *change {
                MarkChange::Set(Mark::LastRequest, mark) if step.applied.is_ok() => {
                    self.observations.marked(Some(mark))
                }
                MarkChange::Remove(Mark::LastRequest) => self.observations.marked(None),
                _ => {}
            }
        }
        match step.plan.changes.is_empty() {
            true => self.keep(&step.snapshot, call.now, step.plan.is_empty()),
            false => self.observations.forget(),
        }
        Ok(step)
    }

    /// Writes down that somebody asks, unless the mark of this minute stands.
    async fn ask(&self, call: &Call<'_>, subject: &Subject) -> Result<(), CallError> {
        let mark = round_up_to_minute(call.now);
        if !self.observations.stands(mark, call.now) {
            step::ask(&self.port, &self.audit, order(call, subject, Trigger::Opening)).await?;
            self.observations.marked(Some(mark));
        }
        Ok(())
    }

    /// Looks, and changes nothing.
    async fn look(&self, call: &Call<'_>) -> Result<Sight, Problem> {
        if let Some(shared) = self.observations.shared(call.now, call.seen) {
            return Ok(self.sight(&shared.snapshot, shared.at, false));
        }
        let observer = Observer { port: &self.port, started: call.started, limits: limits::ASSOCIATOR };
        let snapshot = match observer.look(look(Trigger::Progress, &self.config.vpn.rules)).await {
            Ok(snapshot) => snapshot,
            Err(error) => return self.shown(call, error),
        };
        if let Some(id) = snapshot.endpoint.transit_gateway {
            step::log(&Notice::OfTransitGateway { id });
            return Err(Problem::of_transit_gateway());
        }
        log::failures(&snapshot, call.reference);
        self.keep(&snapshot, call.now, true);
        Ok(self.sight(&snapshot, call.now, false))
    }

    fn keep(&self, snapshot: &Snapshot, at: Timestamp, current: bool) {
        // Of such an endpoint there is no state to show.
        if snapshot.endpoint.transit_gateway.is_none() {
            self.observations.keep(Observation { snapshot: snapshot.clone(), at, current });
        }
    }

    /// What was seen last, where AWS has no time for a look.
    fn shown(&self, call: &Call<'_>, error: CallError) -> Result<Sight, Problem> {
        match self.observations.shown(call.now, call.seen).filter(|_| is_throttled(&error)) {
            Some(last) => {
                tracing::warn!(%error, seen = %last.at, "AWS has no time for a look; what was seen last is shown, with its age");
                Ok(self.sight(&last.snapshot, last.at, true))
            }
            None => Err(Problem::of_look(error)),
        }
    }

    fn sight(&self, snapshot: &Snapshot, at: Timestamp, refused: bool) -> Sight {
        // As it was then: the page counts on from there.
        Sight { view: view(snapshot, &self.config.vpn.rules, at), at, refused }
    }

    /// A page of what was seen, which is shown nothing older than `since` from then on.
    fn show(&self, call: &Call<'_>, sight: &Sight, problem: Option<Problem>, since: Option<Timestamp>) -> Response {
        let status = problem.as_ref().map_or(StatusCode::OK, |problem| problem.kind.status());
        let problem = problem.or_else(|| Problem::of_view(&sight.view));
        log::problem(call.reference, problem.as_ref());
        let state = PageState::of(call.visitor.texts, &self.config, &sight.view, problem.as_ref(), call.reference)
            .again(call.visitor.texts, &self.config, &sight.view, problem.as_ref(), Again::of(call.request))
            .seen(sight.at, call.now)
            .since(since);
        let state = if sight.refused { state.patient(&self.config) } else { state };
        match request::wants_json(call.path()) {
            // A script is told by the body: it goes on asking, and shows both.
            true => answer::json(StatusCode::OK, &state),
            false => self.pages.page(&call.visitor, status, &state),
        }
    }

    /// Where nothing can be shown. That AWS has no time is no error of a page that asks again by itself.
    fn unseen(&self, call: &Call<'_>, problem: Problem) -> Response {
        if problem.kind != Kind::Busy {
            return self.fail(call, problem);
        }
        log::problem(call.reference, Some(&problem));
        if request::wants_json(call.path()) {
            return answer::json(StatusCode::OK, &Unchanged::of(&self.config));
        }
        let state = PageState::of_problem(call.visitor.texts, &self.config, &problem, call.reference);
        let state = state.since(call.since()).patient(&self.config);
        self.pages.page(&call.visitor, StatusCode::OK, &state)
    }

    fn fail(&self, call: &Call<'_>, problem: Problem) -> Response {
        log::problem(call.reference, Some(&problem));
        let state = PageState::of_problem(call.visitor.texts, &self.config, &problem, call.reference);
        let state = state.since(call.since());
        match request::wants_json(call.path()) {
            true => answer::json(problem.kind.status(), &state),
            false => self.pages.page(&call.visitor, problem.kind.status(), &state),
        }
    }
}

fn order<'a>(call: &Call<'_>, subject: &'a Subject, trigger: Trigger) -> Order<'a> {
    let actor = Actor { trigger, subject: Some(subject.as_str()) };
    Order { actor, now: call.now, started: call.started, limits: limits::ASSOCIATOR }
}

fn is_throttled(error: &CallError) -> bool {
    meaning(error) == Meaning::Throttled
}
