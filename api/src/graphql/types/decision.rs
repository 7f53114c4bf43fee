//! Decision versions: tables and expressions, what they look at and say, and what comes of trying one.

use std::sync::Arc;

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use docket_domain::dmn::{self, Aggregation, HitPolicy, Logic};
use docket_domain::process::{self as domain, ProcessCommand};
use docket_domain::value::{Name, data_from_json, data_to_json};
use docket_infra::store::{self, DecisionRecord};
use serde_json::Value as Json;

use super::process::Finding;
use super::scalar::DateTime;
use super::user::User;
use crate::app::decision::Trial;
use crate::app::process::errors;
use crate::app::{AppError, Invalid};
use crate::graphql::error::Result;
use crate::graphql::id::Id;
use crate::graphql::page::{Connection, Listing, PageArgs, wants_total};
use crate::graphql::session::Asking;

/// Where the life of a decision version stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "domain::ProcessState")]
pub enum DecisionState {
    /// Uploaded; no process asks it.
    Draft,
    /// Processes ask it.
    Published,
    /// Only processes that are bound to this very version ask it.
    Retired,
}

/// Which of the rules that hit count (DMN 1.3, section 8.2.10).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(name = "HitPolicy")]
pub enum Policy {
    /// At most one may hit.
    Unique,
    /// The first.
    First,
    /// Several may hit if they say the same.
    Any,
    /// The one whose outputs come first in the output values.
    Priority,
    /// All, in the order of the rules.
    RuleOrder,
    /// All, in the order of the output values.
    OutputOrder,
    /// All, or what is made of them.
    Collect,
}

/// What `COLLECT` makes of all outputs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "Aggregation", name = "DecisionAggregation")]
pub enum Aggregated {
    /// Their sum.
    Sum,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// How many there are.
    Count,
}

impl From<HitPolicy> for Policy {
    fn from(policy: HitPolicy) -> Policy {
        match policy {
            HitPolicy::Unique => Policy::Unique,
            HitPolicy::First => Policy::First,
            HitPolicy::Any => Policy::Any,
            HitPolicy::Priority => Policy::Priority,
            HitPolicy::RuleOrder => Policy::RuleOrder,
            HitPolicy::OutputOrder => Policy::OutputOrder,
            HitPolicy::Collect(_) => Policy::Collect,
        }
    }
}

/// What a list of decisions is narrowed to; all parts must hold.
#[derive(Clone, Default, Debug, InputObject)]
pub struct DecisionFilter {
    /// Only versions of this key.
    key: Option<String>,
    /// Only versions in one of these states.
    state: Option<Vec<DecisionState>>,
    /// Only the latest published version of each key.
    #[graphql(default)]
    latest: bool,
}

impl From<DecisionFilter> for store::VersionFilter {
    fn from(filter: DecisionFilter) -> Self {
        store::VersionFilter {
            key: filter.key.map(Name::from),
            state: filter
                .state
                .map(|states| states.into_iter().map(Into::into).collect()),
            latest: filter.latest,
        }
    }
}

/// A version of a decision that the viewer may read.
pub struct DecisionDefinition(pub DecisionRecord);

impl DecisionDefinition {
    /// How it decides; nothing while errors stand in the way.
    async fn compiled(&self, ctx: &Context<'_>) -> Result<Option<Arc<dmn::Decision>>> {
        let asking = Asking::of(ctx)?;
        let tx = asking.read().await?;
        Ok(asking.app.compiled(&tx, &self.0).await?)
    }

    async fn policy(&self, ctx: &Context<'_>) -> Result<Option<HitPolicy>> {
        let compiled = self.compiled(ctx).await?;
        Ok(compiled.and_then(|decision| match decision.logic() {
            Logic::Table(table) => Some(table.policy),
            Logic::Expression { .. } => None,
        }))
    }
}

/// A deployed, versioned decision: a table of rules, or one expression. Designers and managers read it.
#[Object(serial)]
impl DecisionDefinition {
    /// Names this version.
    pub async fn id(&self) -> Id {
        Id::Decision(self.0.id)
    }

    /// What processes ask by: the id of the decision in its file, the same for all versions.
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// Counts from 1 for each key.
    async fn version(&self) -> u32 {
        self.0.version
    }

    /// What the modeller calls this version; processes may ask by it.
    async fn version_tag(&self) -> Option<&str> {
        self.0.version_tag.as_deref()
    }

    /// Its name in the file.
    async fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// Where its life stands.
    async fn state(&self) -> DecisionState {
        self.0.state.into()
    }

    /// The file as it was uploaded, with every decision in it.
    #[graphql(complexity = 10)]
    async fn dmn_xml(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let tx = Asking::of(ctx)?.read().await?;
        let xml = tx.decision_source(self.0.file).await?;
        Ok(xml.map(|xml| xml.to_string()))
    }

    /// Which of the rules that hit count. Null for an expression, and while errors stand in the way.
    #[graphql(complexity = 10)]
    async fn hit_policy(&self, ctx: &Context<'_>) -> Result<Option<Policy>> {
        Ok(self.policy(ctx).await?.map(Policy::from))
    }

    /// What `COLLECT` makes of all outputs, if it makes one of them.
    #[graphql(complexity = 10)]
    async fn aggregation(&self, ctx: &Context<'_>) -> Result<Option<Aggregated>> {
        Ok(match self.policy(ctx).await? {
            Some(HitPolicy::Collect(aggregation)) => aggregation.map(Aggregated::from),
            Some(_) | None => None,
        })
    }

    /// What a table looks at, in its order.
    #[graphql(complexity = "10 + child_complexity")]
    async fn inputs(&self, ctx: &Context<'_>) -> Result<Vec<DecisionInput>> {
        let compiled = self.compiled(ctx).await?;
        Ok(compiled.map_or_else(Vec::new, |decision| inputs(&decision)))
    }

    /// What it says, in its order.
    #[graphql(complexity = "10 + child_complexity")]
    async fn outputs(&self, ctx: &Context<'_>) -> Result<Vec<DecisionOutput>> {
        let compiled = self.compiled(ctx).await?;
        Ok(compiled.map_or_else(Vec::new, |decision| outputs(&decision)))
    }

    /// The keys of the decisions of its file that it requires, in the order in which they are evaluated.
    #[graphql(complexity = 10)]
    async fn required_decisions(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        let compiled = self.compiled(ctx).await?;
        Ok(compiled.map_or_else(Vec::new, |decision| {
            decision.required().map(|key| key.to_string()).collect()
        }))
    }

    /// Who uploaded it.
    async fn uploaded_by(&self) -> Option<User> {
        User::maybe(Some(&self.0.uploaded_by))
    }

    /// When it was uploaded.
    async fn uploaded_at(&self) -> DateTime {
        DateTime(self.0.uploaded_at)
    }

    /// Who published it.
    async fn published_by(&self) -> Option<User> {
        User::maybe(self.0.published_by.as_ref())
    }

    /// When it was published.
    async fn published_at(&self) -> Option<DateTime> {
        self.0.published_at.map(DateTime)
    }

    /// What validation found, in the order of the file.
    #[graphql(complexity = "20 + child_complexity")]
    async fn findings(&self, ctx: &Context<'_>) -> Result<Vec<Finding>> {
        let asking = Asking::of(ctx)?;
        let tx = asking.read().await?;
        let found = Box::pin(asking.app.decision_findings(&tx, &self.0)).await?;
        Ok(found.iter().cloned().map(Finding::from).collect())
    }

    /// What the viewer may do with this version now.
    #[graphql(complexity = "20 + child_complexity")]
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<DecisionPermissions> {
        let asking = Asking::of(ctx)?;
        let tx = asking.read().await?;
        let record = &self.0;
        let errors = errors(&Box::pin(asking.app.decision_findings(&tx, record)).await?);
        let moves = |command| {
            let by = &record.uploaded_by;
            domain::decide(record.state, by, errors, asking.actor(), command).is_ok()
        };
        Ok(DecisionPermissions {
            publish: moves(ProcessCommand::Publish),
            retire: moves(ProcessCommand::Retire),
        })
    }
}

/// What a viewer may do with a version of a decision.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(serial)]
pub struct DecisionPermissions {
    /// Publish it.
    publish: bool,
    /// Retire it.
    retire: bool,
}

/// What a table looks at.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct DecisionInput {
    /// Its label, else its expression.
    label: String,
    /// The expression whose value the rules test.
    expression: String,
    /// The type of the value, as FEEL names it.
    #[graphql(name = "type")]
    kind: String,
    /// The values that it may have, as the file lists them.
    values: Option<String>,
}

/// What a decision says.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct DecisionOutput {
    /// Its name in the result.
    name: String,
    /// Its label in the file.
    label: Option<String>,
    /// Its type, as FEEL names it.
    #[graphql(name = "type")]
    kind: String,
    /// The values that it may have, those that go first first.
    values: Option<Vec<Json>>,
}

fn inputs(decision: &dmn::Decision) -> Vec<DecisionInput> {
    let inputs = match decision.logic() {
        Logic::Table(table) => table.inputs.as_slice(),
        Logic::Expression { .. } => &[],
    };
    let input = |input: &dmn::Input| DecisionInput {
        label: input.label.to_string(),
        expression: input.expression.source().to_owned(),
        kind: input.kind.name().to_owned(),
        values: (!input.allowed.is_any()).then(|| input.allowed.source().to_owned()),
    };
    inputs.iter().map(input).collect()
}

fn outputs(decision: &dmn::Decision) -> Vec<DecisionOutput> {
    let output = |output: &dmn::Output| DecisionOutput {
        name: output.name.to_string(),
        label: output.label.as_ref().map(|label| label.to_string()),
        kind: output.kind.name().to_owned(),
        values: (!output.values.is_empty())
            .then(|| output.values.iter().map(|value| value.to_json()).collect()),
    };
    match decision.logic() {
        Logic::Table(table) => table.outputs.iter().map(output).collect(),
        Logic::Expression { name, kind, .. } => vec![DecisionOutput {
            name: name.to_string(),
            label: None,
            kind: kind.name().to_owned(),
            values: None,
        }],
    }
}

/// What `evaluateDecision` takes.
#[derive(Clone, Debug, InputObject)]
pub struct EvaluateDecisionInput {
    /// The id of the decision in its file.
    key: String,
    /// Which version, from 1, drafts as well; the latest published one unless named.
    version: Option<u32>,
    /// The fields that it sees.
    data: Option<Json>,
}

/// What came of trying a decision.
pub struct DecisionEvaluation(Trial);

/// What came of trying a decision. Nothing was stored.
#[Object(serial)]
impl DecisionEvaluation {
    /// The version that was tried.
    async fn decision(&self) -> DecisionDefinition {
        DecisionDefinition(self.0.decision.clone())
    }

    /// What it says: the value of an only output, else an object; a list of them where the hit policy gives one; null where
    /// no rule hit and no default is named.
    async fn result(&self) -> Option<Json> {
        let verdict = self.0.said.as_ref().ok()?;
        Some(verdict.result.to_json())
    }

    /// The rules that hit, also of the decisions that it requires, in the order of evaluation.
    async fn matched_rules(&self) -> Vec<MatchedRule> {
        let hits = self.0.said.as_ref().map(|verdict| verdict.hits.as_slice());
        hits.unwrap_or_default().iter().map(Into::into).collect()
    }

    /// Why it says nothing: what would be the incident of a process. It names the decision and its rules, never data.
    async fn error(&self) -> Option<&str> {
        self.0.said.as_ref().err().map(String::as_str)
    }
}

/// A rule that hit.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct MatchedRule {
    /// The key of its decision.
    decision_key: String,
    /// Its number in the table, from 1.
    number: u32,
    /// Its id in the file.
    rule_id: Option<String>,
    /// What the author wrote beside it.
    annotations: Vec<String>,
    /// What it says, by the names of the outputs.
    outputs: Json,
}

impl From<&dmn::Hit> for MatchedRule {
    fn from(hit: &dmn::Hit) -> MatchedRule {
        MatchedRule {
            decision_key: hit.decision.to_string(),
            number: hit.rule,
            rule_id: hit.id.as_ref().map(|id| id.to_string()),
            annotations: hit
                .annotations
                .iter()
                .map(|note| note.to_string())
                .collect(),
            outputs: data_to_json(&hit.outputs),
        }
    }
}

/// Tries a decision.
pub async fn evaluate(
    ctx: &Context<'_>,
    input: EvaluateDecisionInput,
) -> Result<Option<DecisionEvaluation>> {
    let asking = Asking::of(ctx)?;
    let data = input.data.as_ref().map(data_from_json).transpose();
    let data = data.map_err(|problem| AppError::from(Invalid::Data(problem)))?;
    let data = data.unwrap_or_default();
    let tried = asking
        .app
        .try_decision(asking.actor(), &input.key, input.version, &data);
    Ok(tried.await?.map(DecisionEvaluation))
}

/// A page of decisions, by key, then version.
pub async fn list(
    ctx: &Context<'_>,
    filter: store::VersionFilter,
    args: &PageArgs,
) -> Result<Connection<DecisionDefinition>> {
    let asking = Asking::of(ctx)?;
    let listing = Listing::open(&asking, "decisions", args).await?;
    let tx = asking.read().await?;
    let slice = tx.decisions(asking.actor(), &filter, &listing.page).await?;
    let total = match wants_total(ctx) {
        true => Some(tx.count_decisions(asking.actor(), &filter).await?),
        false => None,
    };
    Ok(listing.connection(slice, total, DecisionDefinition))
}
