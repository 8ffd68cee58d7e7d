use std::io::BufRead;

use anyhow::{Context, Result, bail, ensure};

use super::{Catalogs, PREFIX, Pace};

/// What a run will do, for the person who is asked.
#[must_use]
pub fn plan(catalogs: &Catalogs, makes_bucket: bool, pace: Pace) -> String {
    let (source, target) = (&catalogs.source.region, &catalogs.target.region);
    let bucket = if makes_bucket {
        "1 private S3 bucket with 1 template, "
    } else {
        ""
    };
    let stranger = match catalogs.stranger.as_ref().and_then(|it| it.role.as_ref()) {
        None => String::new(),
        Some(role) => format!("\n  as {role}: 1 copy, which is expected to fail"),
    };
    format!(
        "\
In account {account} this creates, all named {PREFIX}…, and deletes it again:
  in {source}: {bucket}1 product with 3 versions, 1 portfolio
  in {target}: 2 to 5 products, as copies{stranger}
It looks every {poll:?}, waits up to {deadline:?} for one thing, and for tokens {retention:?}.
Service Catalog charges for API calls beyond the free ones of a month, S3 less than a cent.
",
        account = catalogs.account,
        poll = pace.poll,
        deadline = pace.deadline,
        retention = pace.retention,
    )
}

/// Passes only when the account's id was given, or is typed on the terminal, if there is one.
///
/// # Errors
/// When it was not.
pub fn confirm(account: &str, given: Option<&str>, terminal: Option<impl BufRead>) -> Result<()> {
    let typed = match (given, terminal) {
        (Some(given), _) => given.to_owned(),
        (None, None) => bail!("there is no terminal to ask on: give --yes-in-account <id>"),
        (None, Some(mut terminal)) => {
            eprintln!("Type the account id to go on:");
            let mut line = String::new();
            terminal.read_line(&mut line).context("nothing was typed")?;
            line.trim().to_owned()
        }
    };
    ensure!(
        typed == account,
        "that is not account {account}: nothing was done"
    );
    Ok(())
}
