use super::Place;

/// Who calls, and in which Region.
pub(super) struct Caller {
    pub(super) place: Place,
    pub(super) role_session_name: Option<String>,
}

/// What is known of an access key that `AssumeRole` handed out.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) account: String,
    pub(super) name: String,
}
