//! State `StartCopy`: takes the lease of the copy, plans it and calls `CopyProduct` in the target.

use lambda_runtime::LambdaEvent;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::Span;

use super::{
    Clients,
    clients::Execution,
    fail_copy::{self, FailRequest},
    target_product::{Finder, Found},
    warnings,
};
use crate::{
    aws::service_catalog::{CopyProductStatus, RegionalCatalog},
    error::{Error, ErrorKind, Service},
    plan::{CopiedVersion, Plan, Reason, ReplacedVersion, Sides, SkippedVersion},
    record::{Call, CopyKey, CopyRecord, Known, Lease, Taker, UnderWay, target_key},
    request::{CopyRequest, Resume, Target, VersionIdentifier},
    telemetry::metrics,
    token::idempotency_token,
    version::{UpdatedVersion, Version},
};

/// How long the state machine waits before it asks again whether a version is ready.
const NOT_READY_SECONDS: i64 = 5;

/// How many times the life of a call its token may stay invisible.
const NOT_FOUND_CALLS: i64 = 10;

/// What start-copy answers: what it has started, or with a dry run what it would start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CopyStarted {
    /// Asks for the status of the copy, in the same Region and account; absent: none was needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_product_token: Option<String>,
    /// `SUCCEEDED` where the target lacks nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_product_status: Option<CopyProductStatus>,
    /// True in the answer to a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
    /// The execution that copies this product to this place already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_by: Option<String>,
    /// The execution whose copy is taken up: start-copy has to be asked again once it has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_up_from: Option<String>,
    /// When start-copy has to be asked again, because something is not ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<i64>,
    /// The source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_product_arn: Option<String>,
    /// The target, without the `ExternalId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// The product that is copied into, where there is one already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_product_id: Option<String>,
    /// The versions being copied; absent without a plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copied_versions: Option<Vec<CopiedVersion>>,
    /// The versions asked for that are not copied; absent without a plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped_versions: Option<Vec<SkippedVersion>>,
    /// The versions asked for that are still being made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_ready_versions: Option<Vec<String>>,
    /// The versions in the target that finish-copy would change; only in the answer to a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_versions: Option<Vec<UpdatedVersion>>,
    /// The versions in the target that finish-copy would retire; only in the answer to a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_versions: Option<Vec<ReplacedVersion>>,
    /// What is copied as asked, and may not launch in the target.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What finish-copy has to know of the copies table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease: Option<LeaseTaken>,
}

/// The lease that an execution has taken, and what the table knew then.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LeaseTaken {
    /// How often it was taken before, and this time.
    pub number: u64,
    /// What is known of the target.
    pub known: Known,
    /// The name of a product that was to be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_name: Option<String>,
    /// Products of that name that were in the target before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namesakes: Vec<String>,
}

/// Starts the copy that a [`CopyRequest`] asks for.
///
/// # Errors
/// `InvalidRequest`, `TargetNotAccessible`, `TargetAmbiguous`, `TargetTaken`, `NameTaken`,
/// `VersionNotFound`, `QuotaExceeded`, `LeaseLost`, `UnreadableItem` and errors of Service Catalog and
/// `DynamoDB`.
pub async fn handle(clients: &Clients, event: LambdaEvent<Value>) -> Result<CopyStarted, Error> {
    // A redriven execution goes on here, so its state `FailCopy` asks the same function.
    if FailRequest::is(&event.payload) {
        return fail_copy::handle(event.payload).map(|()| CopyStarted::default());
    }
    let mut request = CopyRequest::parse(event.payload)?;
    let resume = request.resume.take().unwrap_or_default();
    let execution = Execution::of(request.execution_id.as_deref(), &event.context);
    let catalog = &clients.catalog;
    let target_place = request.target_place(catalog.region());
    Span::current().record("target", target_place.to_string());
    clients.targets.check(&request, &execution.account)?;

    let copy = async {
        let target = catalog.at(&target_place, &execution.id).await;
        let started_by = request.started_by.as_ref().unwrap_or(&execution.id);
        if !request.is_planned() {
            let token = request.idempotency_token.clone();
            let token = token.unwrap_or_else(|| idempotency_token(started_by, &request));
            let token = target.copy_product(&request, &token).await?;
            return Ok(CopyStarted {
                copy_product_token: Some(token),
                ..CopyStarted::default()
            });
        }
        let source_place = request.source_place(catalog.region());
        let source = catalog.at(&source_place, &execution.id).await;
        let key = CopyKey::of(&request, &target_place, &execution.account);
        let starting = Starting {
            clients,
            finder: Finder::new(clients, &source, &target, &request, &key),
            execution: &execution.id,
            started_by,
        };
        starting.start(&resume).await
    };
    let source_arn = &request.source_product_arn;
    let started = copy
        .await
        .inspect_err(|error| metrics::throttled(error, &target_place.region))
        .map_err(|error| {
            error.while_doing(format_args!("Copying {source_arn} to {target_place}"))
        })?;
    tracing::info!(
        source = source_arn,
        copy_product_token = started.copy_product_token,
        copied_versions = started.copied_versions.as_ref().map(Vec::len),
        skipped_versions = started.skipped_versions.as_ref().map(Vec::len),
        held_by = started.held_by,
        taken_up_from = started.taken_up_from,
        retry_after_seconds = started.retry_after_seconds,
        "{}",
        started.summary()
    );
    Ok(CopyStarted {
        source_product_arn: Some(request.source_product_arn),
        target: Some(target_place.public_target()),
        ..started
    })
}

/// A planned copy that is being started.
struct Starting<'a> {
    clients: &'a Clients,
    finder: Finder<'a>,
    execution: &'a str,
    started_by: &'a str,
}

impl Starting<'_> {
    async fn start(&self, resume: &Resume) -> Result<CopyStarted, Error> {
        let now = (self.clients.now)();
        let (table, key) = (&self.clients.table, self.finder.key);
        let CopyRecord {
            lease_number,
            under_way,
            mut known,
            ..
        } = if self.finder.dry_run {
            table.read(key).await?
        } else {
            let taker = Taker {
                execution: self.execution,
                ended: resume.holder_ended.as_deref(),
            };
            match table.take(key, taker, now).await? {
                Lease::Taken(record) => *record,
                Lease::HeldBy(holder) => {
                    return Ok(CopyStarted {
                        held_by: Some(holder),
                        ..CopyStarted::default()
                    });
                }
            }
        };
        if let Some(call) = under_way
            && !self.finder.dry_run
        {
            let answer = self.settle(call, lease_number, &mut known, resume, now);
            if let Some(answer) = answer.await? {
                return Ok(answer);
            }
        }
        self.copy_missing(lease_number, known, resume, now).await
    }

    /// What becomes of a call that is under way: the answer to give, or nothing where the copy has
    /// ended and is to be planned anew.
    async fn settle(
        &self,
        call: UnderWay,
        lease_number: u64,
        known: &mut Known,
        resume: &Resume,
        now: i64,
    ) -> Result<Option<CopyStarted>, Error> {
        let age = now - call.calling_since;
        // What is new may not be visible yet: taken for gone, it would be copied twice.
        let visible_after = NOT_FOUND_CALLS * self.clients.call_seconds;
        let wait = |seconds| {
            Ok(Some(CopyStarted {
                retry_after_seconds: Some(seconds),
                ..CopyStarted::default()
            }))
        };
        if let Some(token) = &call.copy_product_token {
            let ended = resume.copy_ended.as_ref();
            if let Some(ended) = ended.filter(|ended| ended.copy_product_token == *token) {
                let product = ended.target_product_id.as_ref();
                let has_arrived = self.has_arrived(&call, product, known).await?;
                let may_arrive = ended.copy_product_status == "SUCCEEDED" && age < visible_after;
                if !has_arrived && may_arrive {
                    return Err(Error::new(
                        ErrorKind::CopyIncomplete,
                        format!("{token} has SUCCEEDED, but not all of it is in the target"),
                    ));
                }
                return Ok(None);
            }
            if resume.copy_not_found.as_ref() != Some(token) {
                return self.answer(&call, token, lease_number).map(Some);
            }
            if age < visible_after {
                return wait(self.clients.call_seconds);
            }
            self.has_arrived(&call, None, known).await?;
            return Ok(None);
        }
        if age < self.clients.call_seconds {
            // Its own call is one of this state's attempts, so that they come to an end.
            if call.called_by == self.execution {
                let reason = format!("a call of CopyProduct made {age} s ago");
                return Err(Error::no_answer(Service::ServiceCatalog, &reason));
            }
            return wait(self.clients.call_seconds - age);
        }
        if self.has_arrived(&call, None, known).await? {
            return Ok(None);
        }
        // Nobody knows whether Service Catalog has taken the call. Made again as it was, with its
        // token, it is the same copy. It stays the call of who made it first, so that what was
        // published since is planned after it.
        let repeated = UnderWay {
            calling_since: now,
            ..call
        };
        match self.call(&repeated, known, lease_number).await {
            // Service Catalog knows no such call, and what it asked for is gone.
            Err(error) if is_out_of_date(&error) => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// Whether what a call asked for is in the target; then it is known from now on.
    async fn has_arrived(
        &self,
        call: &UnderWay,
        product: Option<&String>,
        known: &mut Known,
    ) -> Result<bool, Error> {
        let Finder { source, target, .. } = self.finder;
        let request = &call.call.request;
        let versions = source.list_provisioning_artifacts(request.source_product_id());
        let source_versions = versions.await?;
        let copied = answer_of(call)?.copied_versions.unwrap_or_default();
        // One that was deleted in the source meanwhile cannot be matched.
        let wanted: Vec<&str> = copied
            .iter()
            .map(|version| version.source_id.as_str())
            .filter(|id| source_versions.iter().any(|version| version.id == *id))
            .collect();
        let named = request.target_product_id.as_ref().or(product);
        let candidates = match (named, &call.call.product_name) {
            (Some(id), _) => vec![id.clone()],
            (None, Some(name)) if !wanted.is_empty() => {
                let mut ids = self.finder.namesakes(name).await?;
                ids.retain(|id| !call.call.namesakes.contains(id));
                ids
            }
            (None, _) => Vec::new(),
        };
        for id in candidates {
            let Some(versions) = target.find_versions(&id).await? else {
                continue;
            };
            let mut with = known.clone();
            with.learn(&source_versions, &versions, &copied);
            if wanted.iter().all(|source| with.has_copy(&versions, source)) {
                self.finder.claim(&id).await?;
                with.target_product_ids.insert(target_key(request), id);
                *known = with;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Copies the versions that the target lacks into the product that is there.
    async fn copy_missing(
        &self,
        lease_number: u64,
        mut known: Known,
        resume: &Resume,
        now: i64,
    ) -> Result<CopyStarted, Error> {
        let request = self.finder.request;
        let asked = request.asked_versions();
        let source = self.source_versions().await?;
        let found = match self.finder.find(&source, &mut known).await {
            Err(error) if error.kind == ErrorKind::NameTaken && !self.finder.dry_run => {
                self.check_lease(lease_number).await?;
                return Err(error);
            }
            found => found?,
        };
        let (mut target_product_id, mut target) = (None, Vec::new());
        let (mut product_name, mut namesakes) = (None, Vec::new());
        match found {
            Found::Existing { id, versions } => (target_product_id, target) = (Some(id), versions),
            Found::New {
                name,
                namesakes: ids,
            } => (product_name, namesakes) = (Some(name), ids),
        }
        let (target, versions) = (&target, &known.versions);
        // Without knowing what is ready: those are all that may be copied.
        let candidates = Sides::new(&source, target, versions).plan(&asked)?.copied;
        let source = self.with_readiness(source, &candidates).await?;
        let sides = Sides::new(&source, target, versions);
        let plan = sides.plan(&asked)?;
        if !self.finder.dry_run {
            sides.check_room(&plan)?;
        }
        let Plan { copied, skipped } = plan;
        let not_ready: Vec<String> = skipped
            .iter()
            .filter(|version| version.reason == Reason::Creating)
            .map(|version| format!("{} ({})", version.name, version.source_id))
            .collect();

        let mut started = CopyStarted {
            target_product_id: target_product_id.clone(),
            not_ready_versions: (!not_ready.is_empty()).then_some(not_ready),
            warnings: self.warnings(&source, &copied),
            ..CopyStarted::default()
        };
        if self.finder.dry_run {
            let updates = sides.updates(
                request.on_source_removed.unwrap_or_default(),
                request.on_version_replaced.unwrap_or_default(),
            );
            started.dry_run = Some(true);
            started.copied_versions = Some(copied);
            started.skipped_versions = Some(skipped);
            started.updated_versions = Some(updates.updated);
            started.replaced_versions = Some(updates.replaced);
            return Ok(started);
        }
        if started.not_ready_versions.is_some() && !resume.without_not_ready {
            started.retry_after_seconds = Some(NOT_READY_SECONDS);
            return Ok(started);
        }
        let identifiers = copied.iter().map(|version| VersionIdentifier {
            id: version.source_id.clone(),
        });
        let missing = CopyRequest {
            target_product_id: target_product_id.clone(),
            source_provisioning_artifact_identifiers: Some(identifiers.collect()),
            // What CopyProduct has no member for, and no secret.
            target: None,
            source: None,
            ..request.clone()
        };
        let is_complete = copied.is_empty();
        started.copied_versions = Some(copied);
        started.skipped_versions = Some(skipped);
        started.lease = Some(LeaseTaken {
            number: lease_number,
            known: known.clone(),
            product_name: product_name.clone(),
            namesakes: namesakes.clone(),
        });
        if is_complete {
            started.copy_product_status = Some(CopyProductStatus::Succeeded);
            return Ok(started);
        }
        // No two calls have the same, also where one is given: one event may copy to many places, and
        // a copy that has failed is made again.
        let given = request.idempotency_token.as_deref();
        let (started_by, place) = (given.unwrap_or(self.started_by), &self.finder.key.place);
        let idempotency_token =
            idempotency_token(&format!("{started_by} {place} {lease_number}"), &missing);
        let call = UnderWay {
            called_by: self.execution.to_owned(),
            calling_since: now,
            idempotency_token,
            call: Call {
                request: missing,
                product_name,
                namesakes,
            },
            answer: serde_json::to_string(&started)
                .map_err(|error| Error::unreadable_item("Answer", error))?,
            copy_product_token: None,
            is_first: true,
        };
        self.call(&call, &known, lease_number).await
    }

    /// Notes a call, makes it, and notes its answer, so that whoever asks again calls nothing.
    async fn call(
        &self,
        call: &UnderWay,
        known: &Known,
        lease_number: u64,
    ) -> Result<CopyStarted, Error> {
        let (table, key, execution) = (&self.clients.table, self.finder.key, self.execution);
        table
            .note_call(key, execution, lease_number, call, known)
            .await?;
        let answer = self
            .finder
            .target
            .copy_product(&call.call.request, &call.idempotency_token)
            .await;
        let token = match answer {
            Ok(token) => token,
            Err(error) => {
                if call.is_first && error.is_refusal() {
                    // Nothing is under way, so nobody has to wait for it.
                    let _ = table
                        .forget_call(key, execution, lease_number, &call.idempotency_token)
                        .await;
                }
                return Err(error);
            }
        };
        let holds = table
            .note_token(key, &call.idempotency_token, &token)
            .await?;
        if holds != (execution.to_owned(), lease_number) {
            return Err(Error::lease_lost());
        }
        self.answer(call, &token, lease_number)
    }

    /// The answer to a call whose token is known. That of another execution is only waited for.
    fn answer(
        &self,
        call: &UnderWay,
        token: &str,
        lease_number: u64,
    ) -> Result<CopyStarted, Error> {
        if call.called_by != self.execution {
            return Ok(CopyStarted {
                copy_product_token: Some(token.to_owned()),
                taken_up_from: Some(call.called_by.clone()),
                ..CopyStarted::default()
            });
        }
        let answer = answer_of(call)?;
        let lease = answer.lease.map(|lease| LeaseTaken {
            number: lease_number,
            ..lease
        });
        Ok(CopyStarted {
            copy_product_token: Some(token.to_owned()),
            lease,
            ..answer
        })
    }

    /// A product that is not known to be a copy may be one that another execution has made since,
    /// where it has taken the lease.
    async fn check_lease(&self, lease_number: u64) -> Result<(), Error> {
        let record = self.clients.table.read(self.finder.key).await?;
        let is_held = record.holder.as_deref() == Some(self.execution);
        if is_held && record.lease_number == lease_number {
            return Ok(());
        }
        Err(Error::lease_lost())
    }

    fn warnings(&self, source: &[Version], copied: &[CopiedVersion]) -> Vec<String> {
        let (request, own_region) = (self.finder.request, self.clients.catalog.region());
        let from = request.source_place(own_region).region;
        let to = request.target_place(own_region).region;
        let templates = warnings::of_templates(source, copied, &from, &to);
        templates.into_iter().collect()
    }

    async fn source_versions(&self) -> Result<Vec<Version>, Error> {
        let source_id = self.finder.request.source_product_id();
        let source: &RegionalCatalog = self.finder.source;
        source.list_provisioning_artifacts(source_id).await
    }

    /// The versions, with what is ready of the candidates: a list does not say it.
    async fn with_readiness(
        &self,
        mut source: Vec<Version>,
        candidates: &[CopiedVersion],
    ) -> Result<Vec<Version>, Error> {
        let source_id = self.finder.request.source_product_id();
        for version in &mut source {
            let is_candidate = |it: &CopiedVersion| it.source_id == version.id;
            if candidates.iter().any(is_candidate) {
                let catalog = self.finder.source;
                let described = catalog.describe_provisioning_artifact(source_id, &version.id);
                (version.readiness, version.template_url) = described.await?;
            }
        }
        Ok(source)
    }
}

impl CopyStarted {
    fn summary(&self) -> &'static str {
        if self.held_by.is_some() {
            "another execution copies this product to this place"
        } else if self.taken_up_from.is_some() {
            "copy taken up"
        } else if self.retry_after_seconds.is_some() {
            "not ready yet"
        } else if self.copy_product_token.is_some() {
            "copy accepted"
        } else if self.dry_run == Some(true) {
            "copy planned"
        } else {
            "copy not needed"
        }
    }
}

/// What start-copy answers to a call, but for its `CopyProductToken`.
fn answer_of(call: &UnderWay) -> Result<CopyStarted, Error> {
    serde_json::from_str(&call.answer).map_err(|error| Error::unreadable_item("Answer", error))
}

/// Whether Service Catalog refuses a call because of what it asks for, or into which product.
fn is_out_of_date(error: &Error) -> bool {
    let codes = ["InvalidParametersException", "ResourceNotFoundException"];
    let ErrorKind::Service(Service::ServiceCatalog, code) = &error.kind else {
        return false;
    };
    codes.contains(&code.as_str())
}

#[cfg(test)]
pub(super) mod tests;
