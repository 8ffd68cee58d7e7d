//! Asks AWS, in the user's own account, what it does not document.

use std::io::{IsTerminal, stdin};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use aws_probe::{
    Catalogs, HELP, Leftover, Mode, Options, Resource, Sample, Template, ask_step_functions,
    confirm, delete, find, only_aws, plan, policy, report, run, state_machine_plan,
    state_machine_report,
};
use fake_service_catalog::{HUB_ACCOUNT, SPOKE_ACCOUNT, ServiceCatalog, Settings, TARGET_ROLE};
use testbed::sdk;

#[tokio::main]
async fn main() -> ExitCode {
    match Box::pin(probe()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn probe() -> Result<()> {
    let mut options = Options::parse(std::env::args_os().skip(1))?;
    match options.mode {
        Mode::Help => print!("{HELP}"),
        Mode::Policy => println!("{:#}", policy()),
        Mode::StateMachine => {
            ensure!(
                !options.fake,
                "--state-machine asks AWS: the fake Service Catalog has no Step Functions"
            );
            let config = sdk::from_env().await;
            only_aws(&config)?;
            ask_about_state_machines(&config, &options).await?;
        }
        Mode::Ask | Mode::Clean if options.fake => {
            let mut settings = Settings::default();
            settings.roles.insert(TARGET_ROLE.to_owned(), None);
            let fake = ServiceCatalog::start(settings).await?;
            options.target_region.get_or_insert("eu-west-1".to_owned());
            options.template_url = Some("https://example.com/template.json".to_owned());
            if options.yes_in_account.is_empty() {
                options.yes_in_account = [HUB_ACCOUNT, SPOKE_ACCOUNT].map(str::to_owned).to_vec();
            }
            act(&sdk::config(&fake.endpoint()), &options).await?;
        }
        Mode::Ask | Mode::Clean => {
            let config = sdk::from_env().await;
            only_aws(&config)?;
            act(&config, &options).await?;
        }
    }
    Ok(())
}

async fn ask_about_state_machines(config: &aws_config::SdkConfig, options: &Options) -> Result<()> {
    let samples = Sample::all();
    let pause = options.poll.unwrap_or(Duration::from_secs(1));
    let client = aws_sdk_sfn::Client::new(config);
    eprintln!("{}", state_machine_plan(&samples, pause));
    let disagreements = ask_step_functions(&client, &samples, pause).await?;
    print!("{}", state_machine_report(samples.len(), &disagreements));
    ensure!(
        disagreements.is_empty(),
        "Step Functions does not agree with what jsonata says here"
    );
    Ok(())
}

async fn act(config: &aws_config::SdkConfig, options: &Options) -> Result<()> {
    let catalogs = Catalogs::connect(config, options).await?;
    let pace = options.pace();
    let s3 = options.template_url.is_none();
    let s3 = s3.then(|| aws_sdk_s3::Client::new(&catalogs.in_source(config)));
    let confirmed = || {
        let terminal = stdin().is_terminal().then(|| stdin().lock());
        confirm(&catalogs.accounts(), &options.yes_in_account, terminal)
    };

    if options.mode == Mode::Clean {
        let mut found = find(&catalogs, s3.as_ref(), None).await;
        list(
            "Only the names of these are a probe's, so they stay",
            &found.unmarked,
        );
        let accounts = catalogs.accounts().join(" and ");
        list(&format!("In account {accounts} this deletes"), &found.made);
        confirmed()?;
        found.unseen.extend(delete(&found.made, pace).await);
        return nothing_left(&found.unseen);
    }
    let found = find(&catalogs, s3.as_ref(), None).await;
    if let Some(unseen) = found.unseen.first() {
        bail!(
            "nothing was done, as it cannot be looked for: {}",
            unseen.what
        );
    }
    list(
        "Earlier runs left this behind, which --clean deletes",
        &found.made,
    );
    eprintln!("{}", plan(&catalogs, s3.is_some(), pace));
    confirmed()?;
    let template = match (s3, &options.template_url) {
        (Some(s3), _) => Template::InBucket(s3),
        (None, url) => Template::At(url.clone().unwrap_or_default()),
    };
    let outcome = run(&catalogs, &template, pace, async || {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
    .await;
    print!("{}", report(&outcome.answers));
    nothing_left(&outcome.leftovers)?;
    outcome.error.map_or(Ok(()), Err)
}

fn list(what: &str, made: &[Resource]) {
    if !made.is_empty() {
        eprintln!("{what}:");
    }
    for resource in made {
        eprintln!("  {resource}");
    }
}

fn nothing_left(leftovers: &[Leftover]) -> Result<()> {
    if leftovers.is_empty() {
        return Ok(());
    }
    let list: Vec<_> = leftovers.iter().map(|it| format!("  {it}")).collect();
    bail!("This could not be deleted:\n{}", list.join("\n"))
}
