use std::io::BufRead;

use anyhow::{Context, Result, bail, ensure};

use super::{Catalogs, PREFIX, Pace};

/// What a call of Service Catalog costs, in dollars.
const PRICE: f64 = 0.0007;

/// About how many calls there are when nothing is waited for long: for all questions, and for those
/// that need `--role-arn` and `--own-role-arn`.
const CALLS: u32 = 100;
const CALLS_OF_ROLE: u32 = 50;
const CALLS_OF_OWN_ROLE: u32 = 20;

/// What a run will do, for the person who is asked.
#[must_use]
pub fn plan(catalogs: &Catalogs, makes_bucket: bool, pace: Pace) -> String {
    let (source, target) = (&catalogs.source.region, &catalogs.target.region);
    let bucket = if makes_bucket {
        "1 private S3 bucket with 1 template, "
    } else {
        ""
    };
    let other_account = match &catalogs.other_account {
        None => String::new(),
        Some(there) => format!(
            "\nIn account {account}, in {there}: 2 or 3 copies, the first of which is expected to fail, and deletes \
             them again.\nMeanwhile the portfolio is shared with account {account}, which may accept it.",
            account = there.account
        ),
    };
    let calls = CALLS
        + catalogs.other_account.as_ref().map_or(0, |_| CALLS_OF_ROLE)
        + catalogs.functions.as_ref().map_or(0, |_| CALLS_OF_OWN_ROLE);
    // While the first copy is under way, a look is two calls.
    let looks = (2.0 * 60.0 / pace.poll.as_secs_f64()).ceil();
    format!(
        "\
In account {account} this creates, all named {PREFIX}…, and deletes it again:
  in {source}: {bucket}1 product with 3 versions, 1 portfolio
  in {target}: 3 to 7 products, as copies{other_account}
It looks every {poll:?}, waits up to {deadline:?} for one thing, and for tokens {retention:?}.
It makes about {calls} calls of Service Catalog, ${price:.2} at $0.0007 each beyond 1,000 a month. A minute of waiting adds
up to {looks} calls, ${minute:.2}. S3 charges less than a cent.
It leaves nothing behind but the records of its calls in CloudTrail. What it cannot delete it names at its end.
",
        account = catalogs.source.account,
        price = f64::from(calls) * PRICE,
        minute = looks * PRICE,
        poll = pace.poll,
        deadline = pace.deadline,
        retention = pace.retention,
    )
}

/// Passes only when every account's id was given, or else is typed on the terminal, if there is one.
///
/// # Errors
/// When one was not.
pub fn confirm(
    accounts: &[&str],
    given: &[String],
    mut terminal: Option<impl BufRead>,
) -> Result<()> {
    for account in accounts {
        let is_confirmed = match &mut terminal {
            _ if !given.is_empty() => given.iter().any(|it| it == account),
            None => bail!("there is no terminal to ask on: give --yes-in-account <id> for each"),
            Some(terminal) => {
                eprintln!("Type the id of account {account} to go on there:");
                let mut line = String::new();
                terminal.read_line(&mut line).context("nothing was typed")?;
                line.trim() == *account
            }
        };
        ensure!(
            is_confirmed,
            "account {account} was not confirmed: nothing was done"
        );
    }
    Ok(())
}
