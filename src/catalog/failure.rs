//! What the errors of the SDK mean.

use std::error::Error as StdError;

use aws_sdk_servicecatalog::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::http::Response;

use crate::error::{Error, SERVER_FAULT_CODES, THROTTLING_CODES};

/// Our name for an error; `not_found` is the question to ask where something was not found.
pub(super) fn explain<E>(error: &SdkError<E, Response>, not_found: &str) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    if let SdkError::ServiceError(service_error) = error
        && let Some(code) = service_error.err().code()
    {
        let http_status = service_error.raw().status().as_u16();
        let message = service_error.err().message().unwrap_or("no message");
        let hint = match code {
            "ResourceNotFoundException" => format!(" ({not_found})"),
            "AccessDeniedException" => {
                " (do the function's role and Target.RoleArn allow it?)".into()
            }
            _ => String::new(),
        };
        return Error::from_service(code, http_status, &format!("{message}{hint}"));
    }
    refusal(error).map_or_else(
        || {
            let reasons: Vec<String> = chain(error).map(ToString::to_string).collect();
            Error::no_answer(&reasons.join(": "))
        },
        Error::TargetNotAccessible,
    )
}

fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&it| it.source())
}

/// What STS said where it refused the role for good.
fn refusal(error: &(dyn StdError + 'static)) -> Option<String> {
    let SdkError::ServiceError(service_error) =
        chain(error).find_map(|it| it.downcast_ref::<SdkError<AssumeRoleError, Response>>())?
    else {
        return None;
    };
    let code = service_error.err().code()?;
    let is_transient = service_error.raw().status().is_server_error()
        || THROTTLING_CODES.contains(&code)
        || SERVER_FAULT_CODES.contains(&code);
    let message = service_error.err().message().unwrap_or("no message");
    (!is_transient).then(|| {
        format!(
            "STS answered {code}: {message} (does the role exist, does it trust the function's \
             role, and is Target.ExternalId the one it asks for?)"
        )
    })
}
