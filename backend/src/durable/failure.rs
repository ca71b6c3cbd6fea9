//! How a command ends: [`Code`] when it did what it could, [`Failure`] when it could not.

use std::{fmt, io, process::ExitCode};

use taskhub_shared::problem::{ErrorCode, Problem};

/// How a command ended. The number is its exit code under `--exit-code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// It did what was asked.
    Done = 0,
    /// It failed.
    Failed = 1,
    /// An option is wrong or missing.
    Usage = 2,
    /// There is no such instance, entity or task hub.
    NotFound = 3,
    /// The instance's status does not allow it.
    NotAllowed = 4,
    /// The server or the store cannot be reached, or does not take work now.
    Unreachable = 5,
    /// The instance that was watched has ended, but not as Completed.
    EndedOtherwise = 6,
}

/// Why a command could not do what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: Code,
    pub(crate) text: String,
    /// What the server said, when it was the server that refused.
    pub(crate) problem: Option<Box<Problem>>,
    /// Whether there is nobody left to tell.
    pub(crate) silent: bool,
}

impl Failure {
    pub(crate) fn new(code: Code, text: impl Into<String>) -> Self {
        Self { code, text: text.into(), problem: None, silent: false }
    }

    /// A wrong option.
    pub(crate) fn option(name: &str, what: impl fmt::Display) -> Self {
        Self::new(Code::Usage, format!("--{name}: {what}"))
    }

    /// Something that went wrong on the way.
    pub(crate) fn failed(text: impl Into<String>) -> Self {
        Self::new(Code::Failed, text)
    }

    /// A refusal of the server, with the option in the place of the request's field.
    pub(crate) fn refused(problem: Problem, options: &[(&str, &str)]) -> Self {
        let code = match problem.code {
            ErrorCode::InvalidInput | ErrorCode::TooLarge => Code::Usage,
            ErrorCode::InstanceNotFound
            | ErrorCode::TaskHubNotFound
            | ErrorCode::BatchNotFound
            | ErrorCode::PayloadNotFound => Code::NotFound,
            ErrorCode::NotAllowedNow
            | ErrorCode::InstanceExists
            | ErrorCode::BatchNotAllowedNow => Code::NotAllowed,
            ErrorCode::StoreUnavailable | ErrorCode::Draining => Code::Unreachable,
            ErrorCode::ForeignOrigin | ErrorCode::RouteNotFound | ErrorCode::Internal => {
                Code::Failed
            }
        };
        let option = problem.field.as_deref().map(|field| {
            let known = options.iter().find(|(known, _)| *known == field);
            known.map_or_else(|| field.to_owned(), |(_, option)| format!("--{option}"))
        });
        let text = match option {
            Some(option) => format!("{option}: {}", problem.detail),
            None => problem.detail.clone(),
        };
        Self { code, text, problem: Some(Box::new(problem)), silent: false }
    }

    /// Code of the server's refusal.
    pub(crate) fn problem_code(&self) -> Option<ErrorCode> {
        self.problem.as_ref().map(|problem| problem.code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<io::Error> for Failure {
    /// The screen cannot be written. A reader that has seen enough, such as `head`, is no failure.
    fn from(error: io::Error) -> Self {
        let closed = error.kind() == io::ErrorKind::BrokenPipe;
        let code = if closed { Code::Done } else { Code::Failed };
        let text = format!("write the output: {error}");
        Self { code, text, problem: None, silent: closed }
    }
}

/// Exit code of the process. Without `--exit-code` what is not there or not allowed is no failure, as for `func`.
pub(crate) fn exit(result: &Result<Code, Failure>, strict: bool) -> ExitCode {
    let (code, failed) = match result {
        Ok(code) => (*code, false),
        Err(failure) => (failure.code, !failure.silent),
    };
    let number = if strict { code as u8 } else { u8::from(failed) };
    ExitCode::from(number)
}
