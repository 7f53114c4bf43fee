//! The one mapping from what went wrong to what a client is told. What a person can mend is a [`UserError`] in the payload;
//! what they cannot is a GraphQL error with a code of the closed set [`Code`].

use async_graphql::{Enum, ErrorExtensionValues, ServerError, SimpleObject};
use docket_domain::access::Privilege;
use docket_domain::bpmn::Problem;
use docket_domain::engine::command::Rejection;
use docket_domain::engine::migrate::Obstacle;
use docket_domain::process::ProcessRejection;
use docket_domain::time::CalendarProblem;
use docket_infra::clock::Clock;
use docket_infra::store::StoreError;

use super::id::Malformed;
use crate::app::{AppError, Invalid, KeyField};

/// `extensions.code` of a GraphQL error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Code {
    /// Nobody is logged in, or the session has ended.
    Unauthenticated,
    /// Absent or unreadable, which are the same.
    NotFound,
    /// The request is wrong in itself.
    BadInput,
    /// Somebody else was faster.
    Conflict,
    /// More is asked for than is answered at once.
    TooLarge,
    /// It took too long.
    Timeout,
    /// Our fault.
    Internal,
}

impl Code {
    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Code::Unauthenticated => "UNAUTHENTICATED",
            Code::NotFound => "NOT_FOUND",
            Code::BadInput => "BAD_INPUT",
            Code::Conflict => "CONFLICT",
            Code::TooLarge => "TOO_LARGE",
            Code::Timeout => "TIMEOUT",
            Code::Internal => "INTERNAL",
        }
    }

    /// An error of this code.
    pub fn error(self, message: impl Into<String>) -> Failure {
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", self.name());
        Failure(async_graphql::Error {
            message: message.into(),
            source: None,
            extensions: Some(extensions),
        })
    }
}

/// A GraphQL error that has its code. It has no `Display`, on purpose: the library turns whatever has one into an error
/// with that text and no code, and a `?` would let the text of an inner error out.
#[derive(Clone, Debug)]
pub struct Failure(async_graphql::Error);

/// What resolvers return.
pub type Result<T> = std::result::Result<T, Failure>;

impl From<Failure> for async_graphql::Error {
    fn from(failure: Failure) -> Self {
        failure.0
    }
}

/// Gives a code to the errors that the library makes by itself: documents that do not parse, do not fit the schema or cost
/// too much.
pub fn complete(error: &mut ServerError) {
    let extensions = error.extensions.get_or_insert_default();
    if extensions.get("code").is_none() {
        extensions.set("code", Code::BadInput.name());
    }
}

impl From<Malformed> for Failure {
    fn from(error: Malformed) -> Self {
        Code::BadInput.error(error.to_string())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        AppError::from(error).into()
    }
}

impl From<AppError> for Failure {
    /// For queries and streams, and for what a mutation cannot say as data.
    fn from(error: AppError) -> Self {
        match &error {
            AppError::NotAvailable => Code::NotFound.error("not available"),
            AppError::Conflict => Code::Conflict.error(error.to_string()),
            AppError::Rejected(_)
            | AppError::ProcessRejected(_)
            | AppError::Obstructed(_)
            | AppError::Invalid(_)
            | AppError::Cursor
            | AppError::KeyReused => Code::BadInput.error(error.to_string()),
            AppError::Store(_)
            | AppError::Keys(_)
            | AppError::Model(_)
            | AppError::Decision(_)
            | AppError::Batch(_) => internal(&error),
        }
    }
}

/// Logs the cause once, and tells the client only where to find it in the log.
fn internal(error: &AppError) -> Failure {
    let incident = Clock::fresh_id();
    tracing::error!(
        error.id = %incident,
        error = error as &dyn std::error::Error,
        "a request failed"
    );
    let mut told = Code::Internal.error("internal error");
    if let Some(extensions) = &mut told.0.extensions {
        extensions.set("errorId", incident.to_string());
    }
    told
}

/// What a person can mend.
#[derive(Clone, PartialEq, Eq, Debug, SimpleObject)]
#[graphql(serial)]
pub struct UserError {
    /// What kind of refusal it is.
    pub code: UserErrorCode,
    /// The same for a person to read.
    pub message: String,
    /// Which part of the input it is about, from the outside in.
    pub field: Option<Vec<String>>,
}

/// Why a mutation did nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
pub enum UserErrorCode {
    /// The object is not there, or not for this viewer: which of the two is not said.
    NotAvailable,
    /// The viewer may not do this.
    NotPermitted,
    /// The object has changed since it was read, or the idempotency key stands for another request.
    Conflict,
    /// The input is wrong in itself.
    InvalidInput,
    /// Where the object stands, nobody can do this.
    InvalidState,
    /// Something would grow too large.
    LimitExceeded,
}

impl UserError {
    fn new(code: UserErrorCode, message: impl ToString) -> UserError {
        UserError {
            code,
            message: message.to_string(),
            field: None,
        }
    }

    fn at(mut self, field: &[&str]) -> UserError {
        self.field = Some(field.iter().map(|part| (*part).to_owned()).collect());
        self
    }
}

/// A refusal as data, or an error if nobody but us can mend it.
pub fn user_errors(error: AppError) -> Result<Vec<UserError>> {
    Ok(vec![match error {
        AppError::Rejected(Rejection::Fields(refused)) => {
            return Ok(refused.iter().map(rejected).collect());
        }
        AppError::Rejected(rejection) => rejected(&rejection),
        AppError::ProcessRejected(rejection) => process_rejected(&rejection),
        AppError::Invalid(Invalid::Model(problems)) => {
            return Ok(problems
                .iter()
                .map(|problem| unreadable(problem, "bpmnXml"))
                .collect());
        }
        AppError::Invalid(Invalid::Decisions(problems)) => {
            return Ok(problems
                .iter()
                .map(|problem| unreadable(problem, "dmnXml"))
                .collect());
        }
        AppError::Obstructed(obstacles) => {
            let error = |obstacle: &Obstacle| {
                UserError::new(UserErrorCode::InvalidInput, obstacle).at(&["mapping"])
            };
            return Ok(obstacles.iter().map(error).collect());
        }
        AppError::Invalid(invalid) => invalid_input(&invalid),
        AppError::NotAvailable => UserError::new(UserErrorCode::NotAvailable, "not available"),
        AppError::Conflict => UserError::new(UserErrorCode::Conflict, error),
        AppError::KeyReused => {
            UserError::new(UserErrorCode::Conflict, error).at(&["idempotencyKey"])
        }
        AppError::Cursor
        | AppError::Store(_)
        | AppError::Keys(_)
        | AppError::Model(_)
        | AppError::Decision(_)
        | AppError::Batch(_) => return Err(error.into()),
    }])
}

fn rejected(rejection: &Rejection) -> UserError {
    use UserErrorCode::{
        Conflict, InvalidInput, InvalidState, LimitExceeded, NotAvailable, NotPermitted,
    };
    let error = |code| UserError::new(code, rejection);
    match rejection {
        // Without the privilege there are no tasks.
        Rejection::Privilege(Privilege::User) => UserError::new(NotAvailable, "not available"),
        Rejection::Privilege(_)
        | Rejection::MayNotStart
        | Rejection::NotCandidate
        | Rejection::Excluded
        | Rejection::NotAssignee
        | Rejection::NotReader
        | Rejection::NotWriter
        | Rejection::MayNotWithdraw => error(NotPermitted),
        Rejection::OnBehalf => error(NotPermitted).at(&["onBehalfOf"]),
        // Whether work is there at all is not said either.
        Rejection::NotInHand => UserError::new(NotAvailable, "not available"),
        Rejection::WorkDone => error(InvalidState),
        Rejection::Fields(_) | Rejection::OutputInvalid(_) => error(InvalidInput).at(&["data"]),
        Rejection::NoStart => error(InvalidInput),
        Rejection::OtherProcess => error(InvalidInput).at(&["process"]),
        Rejection::NoElement(_) | Rejection::Unmodifiable { .. } => {
            error(InvalidInput).at(&["operations"])
        }
        Rejection::Stale { .. } => error(Conflict),
        Rejection::Ended
        | Rejection::TaskClosed
        | Rejection::Taken
        | Rejection::NoCandidates
        | Rejection::NotClaimed
        | Rejection::AlreadyYours
        | Rejection::NotWaiting(_)
        | Rejection::NoCall
        | Rejection::NoIncident
        | Rejection::Suspended
        | Rejection::NotSuspended
        | Rejection::SameVersion
        | Rejection::NotThere(_)
        | Rejection::NoWayPast
        | Rejection::NoTimer => error(InvalidState),
        Rejection::TargetExcluded(_) => error(InvalidInput).at(&["user"]),
        Rejection::FieldNotWritable(field) => error(NotPermitted).at(&["data", field]),
        Rejection::FieldInvalid { field, .. } => error(InvalidInput).at(&["data", field]),
        Rejection::UnknownOutcome(_) | Rejection::OutcomeMissing => {
            error(InvalidInput).at(&["outcome"])
        }
        Rejection::Priority => error(InvalidInput).at(&["priority"]),
        Rejection::TooLarge => error(LimitExceeded).at(&["data"]),
    }
}

fn process_rejected(rejection: &ProcessRejection) -> UserError {
    let code = match rejection {
        ProcessRejection::Privilege(_) | ProcessRejection::OwnUpload => UserErrorCode::NotPermitted,
        ProcessRejection::Broken(_) | ProcessRejection::Schedule { .. } => {
            UserErrorCode::InvalidInput
        }
        ProcessRejection::WrongState(_) => UserErrorCode::InvalidState,
    };
    UserError::new(code, rejection)
}

fn invalid_input(invalid: &Invalid) -> UserError {
    let error = UserError::new(UserErrorCode::InvalidInput, invalid);
    match invalid {
        Invalid::Model(_) | Invalid::NoProcess => error.at(&["bpmnXml"]),
        Invalid::Decisions(_) | Invalid::NoDecision | Invalid::ManyDecisions => {
            error.at(&["dmnXml"])
        }
        Invalid::Data(_) => error.at(&["data"]),
        Invalid::Correlation(_) => error.at(&["correlation"]),
        Invalid::Calendar(CalendarProblem::Zone) => error.at(&["timeZone"]),
        Invalid::Calendar(CalendarProblem::NoWorkingDay) => error.at(&["workingDays"]),
        Invalid::Calendar(CalendarProblem::TooManyHolidays) => error.at(&["holidays"]),
        Invalid::Comment => error.at(&["text"]),
        Invalid::Operations => error.at(&["operations"]),
        Invalid::Subjects => error.at(&["instances"]),
        Invalid::Mapping => error.at(&["mapping"]),
        Invalid::Reason | Invalid::ReasonMissing => error.at(&["reason"]),
        Invalid::Key(KeyField::Business) => error.at(&["businessKey"]),
        Invalid::Key(KeyField::Idempotency) => error.at(&["idempotencyKey"]),
        Invalid::Key(KeyField::WorkType) => error.at(&["type"]),
        Invalid::Key(KeyField::Code) => error.at(&["code"]),
        Invalid::Worker => error.at(&["worker"]),
        Invalid::Max => error.at(&["max"]),
        Invalid::Lock => error.at(&["lock"]),
        Invalid::Backoff => error.at(&["backoff"]),
        Invalid::Message => error.at(&["message"]),
        Invalid::Fields => error.at(&["fields"]),
    }
}

/// Line and column first, as compilers say it.
fn unreadable(problem: &Problem, field: &str) -> UserError {
    UserError::new(UserErrorCode::InvalidInput, problem).at(&[field])
}

#[cfg(test)]
mod tests {
    use docket_domain::value::Name;

    use super::*;

    fn code_of(error: AppError) -> UserErrorCode {
        let errors = user_errors(error).expect("a refusal");
        assert_eq!(errors.len(), 1);
        errors[0].code
    }

    #[test]
    fn without_the_privilege_to_have_tasks_there_are_none() {
        let missing = AppError::Rejected(Rejection::Privilege(Privilege::User));
        assert_eq!(
            user_errors(missing).expect("a refusal"),
            user_errors(AppError::NotAvailable).expect("a refusal")
        );
    }

    #[test]
    fn other_missing_privileges_are_named() {
        for privilege in Privilege::ALL {
            if privilege != Privilege::User {
                let missing = AppError::Rejected(Rejection::Privilege(privilege));
                assert_eq!(code_of(missing), UserErrorCode::NotPermitted);
            }
        }
    }

    #[test]
    fn what_was_overtaken_is_a_conflict() {
        let stale = Rejection::Stale {
            expected: 1,
            actual: 2,
        };
        assert_eq!(code_of(stale.into()), UserErrorCode::Conflict);
        assert_eq!(code_of(AppError::Conflict), UserErrorCode::Conflict);
        assert_eq!(code_of(AppError::KeyReused), UserErrorCode::Conflict);
    }

    #[test]
    fn a_field_is_named_by_its_path() {
        let refused = Rejection::FieldNotWritable(Name::from("iban"));
        let errors = user_errors(refused.into()).expect("a refusal");
        assert_eq!(
            errors[0].field,
            Some(vec!["data".to_owned(), "iban".to_owned()])
        );
    }

    #[test]
    fn our_own_faults_say_nothing() {
        let id = docket_domain::ids::ProcessId(uuid::Uuid::nil());
        let told = user_errors(AppError::Model(id)).expect_err("an error");
        assert_eq!(told.0.message, "internal error");
        let extensions = told.0.extensions.expect("a code");
        assert_eq!(
            extensions.get("code"),
            Some(&async_graphql::Value::from("INTERNAL"))
        );
    }

    #[test]
    fn an_error_of_the_library_gets_a_code_and_ours_keeps_its_own() {
        let code = |mut error: ServerError| {
            complete(&mut error);
            error
                .extensions
                .and_then(|extensions| extensions.get("code").cloned())
        };
        let theirs = ServerError::new("Query is nested too deep.", None);
        assert_eq!(code(theirs), Some(async_graphql::Value::from("BAD_INPUT")));
        let ours = async_graphql::Error::from(Code::Timeout.error("too long"));
        let ours = ours.into_server_error(async_graphql::Pos::default());
        assert_eq!(code(ours), Some(async_graphql::Value::from("TIMEOUT")));
    }
}
