use std::ffi::OsString;
use std::time::Duration;

use anyhow::{Context, Result};
use lexopt::prelude::*;

use super::Pace;

/// How it is called.
pub const HELP: &str = "\
aws-probe --target-region <Region> [options]    asks AWS, in your account, what it does not document

  --target-region <Region>   where products are copied to
  --source-region <Region>   where they are copied from, if not the Region of your environment
  --role-arn <ARN>           a role of another account, to copy to it what is not shared with it
  --own-role-arn <ARN>       a role of your account with its policy, to copy with the functions' permissions
  --external-id <id>         the roles' external id
  --template-url <URL>       a template in S3, instead of one in a bucket that is made for it
  --retention <minutes>      how long after a copy its token is sent for the last time (5)
  --deadline <minutes>       the longest wait for one thing (15)
  --cloudtrail <minutes>     how long a copy's CloudTrail events are waited for (not at all)
  --poll <seconds>           the pause between two looks (3)
  --yes-in-account <id>      go on without asking, in this account; once more for that of the role
  --clean                    only delete what earlier runs left behind
  --policy                   only print the IAM policy that it needs
  --state-machine            only ask Step Functions for the expressions of both state machines
  --fake                     ask the fake Service Catalog on this machine

Credentials are those of the environment or the profile. With SSO, first
  eval \"$(aws configure export-credentials --format env)\"
";

/// What it is to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Ask.
    #[default]
    Ask,
    /// Delete what earlier runs left behind.
    Clean,
    /// Print the policy.
    Policy,
    /// Ask Step Functions about the state machines.
    StateMachine,
    /// Print how it is called.
    Help,
}

/// What is said on the command line.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the help says what they are")]
pub struct Options {
    pub mode: Mode,
    pub source_region: Option<String>,
    pub target_region: Option<String>,
    pub role_arn: Option<String>,
    pub own_role_arn: Option<String>,
    pub external_id: Option<String>,
    pub template_url: Option<String>,
    pub yes_in_account: Vec<String>,
    pub fake: bool,
    pub poll: Option<Duration>,
    pub deadline: Option<Duration>,
    pub retention: Option<Duration>,
    pub trail: Option<Duration>,
}

impl Options {
    /// Reads the command line, without the program's name.
    ///
    /// # Errors
    /// When it says what is not known.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self> {
        let mut options = Self::default();
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            let Long(name) = argument else {
                return Err(argument.unexpected().into());
            };
            match name {
                "help" => options.mode = Mode::Help,
                "policy" => options.mode = Mode::Policy,
                "clean" => options.mode = Mode::Clean,
                "state-machine" => options.mode = Mode::StateMachine,
                "fake" => options.fake = true,
                "source-region" => options.source_region = Some(parser.value()?.string()?),
                "target-region" => options.target_region = Some(parser.value()?.string()?),
                "role-arn" => options.role_arn = Some(parser.value()?.string()?),
                "own-role-arn" => options.own_role_arn = Some(parser.value()?.string()?),
                "external-id" => options.external_id = Some(parser.value()?.string()?),
                "template-url" => options.template_url = Some(parser.value()?.string()?),
                "yes-in-account" => options.yes_in_account.push(parser.value()?.string()?),
                "poll" => options.poll = Some(time(&parser.value()?.string()?, 1.0)?),
                "deadline" => options.deadline = Some(time(&parser.value()?.string()?, 60.0)?),
                "retention" => options.retention = Some(time(&parser.value()?.string()?, 60.0)?),
                "cloudtrail" => options.trail = Some(time(&parser.value()?.string()?, 60.0)?),
                _ => return Err(argument.unexpected().into()),
            }
        }
        Ok(options)
    }

    /// The pace, which is quicker against the fake.
    #[must_use]
    pub fn pace(&self) -> Pace {
        let (poll, deadline, retention) = if self.fake {
            (Duration::from_millis(50), 2, 1)
        } else {
            (Duration::from_secs(3), 15 * 60, 5 * 60)
        };
        Pace {
            poll: self.poll.unwrap_or(poll),
            deadline: self.deadline.unwrap_or(Duration::from_secs(deadline)),
            retention: self.retention.unwrap_or(Duration::from_secs(retention)),
            trail: self.trail,
        }
    }
}

fn time(text: &str, unit: f64) -> Result<Duration> {
    let number: f64 = text
        .parse()
        .with_context(|| format!("{text} is no number"))?;
    Duration::try_from_secs_f64(number * unit).with_context(|| format!("{text} is no time"))
}
