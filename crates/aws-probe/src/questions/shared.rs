use anyhow::Result;

use super::Setup;
use super::permissions::{self, Target};
use crate::answer::{Finding, judge};
use crate::calls::{failed, gone};
use crate::copies::End;
use crate::{Answer, RegionalCatalog, Switch};

/// A copy of a product that is shared, made with the permissions of the target role.
struct Shared {
    target: String,
    /// How the copy ended that was made before the share was accepted, if it failed.
    before: Option<String>,
}

/// Copies the product to the other account once it is shared with that.
pub(super) async fn ask(setup: &Setup<'_>, answers: &mut Vec<Answer>) {
    let questions = [
        "Is a shared product copied to another account and Region at once?",
        "Must a share be accepted before the product is copied?",
        "Do the permissions of `target-role.yaml` suffice?",
    ];
    let catalogs = setup.catalogs;
    let (Some(acceptor), Some(role)) = (&catalogs.acceptor, &catalogs.target_role) else {
        let not_asked = || Finding::not_asked("needs another account: --role-arn");
        answers.extend(questions.map(|question| not_asked().answers(question)));
        return;
    };
    let shared = copy(setup, acceptor, role).await;
    let denied = match &shared {
        Ok(shared) => denied(role, &shared.target).await,
        Err(error) => Err(anyhow::anyhow!("{error:#}")),
    };
    let unshared = unshare(setup, acceptor).await;
    let shared = unshared.and(shared);
    let [copied, accepted, suffice] = questions;
    answers.push(judge(copied, &shared, |shared| {
        Finding::new("yes", format!("{} in {role}", shared.target))
    }));
    answers.push(judge(accepted, &shared, |shared| {
        let (answer, seen) = match &shared.before {
            None => ("no", "SUCCEEDED before it was accepted".to_owned()),
            Some(end) => ("yes", format!("{end}, SUCCEEDED once it was accepted")),
        };
        Finding::new(answer, seen).sets(Switch::SharesNeedAcceptance(shared.before.is_some()))
    }));
    answers.push(judge(suffice, &denied, permissions::judge));
}

async fn copy(
    setup: &Setup<'_>,
    acceptor: &RegionalCatalog,
    role: &RegionalCatalog,
) -> Result<Shared> {
    let source = &setup.catalogs.source.client;
    let portfolio = &setup.source_product.portfolio;
    let share = source.create_portfolio_share().portfolio_id(portfolio);
    let share = share.account_id(&role.account).send().await;
    share.map_err(failed("CreatePortfolioShare"))?;
    let first = copy_once(setup, role).await?;
    if let Ok(target) = first.target() {
        let target = target.to_owned();
        return Ok(Shared {
            target,
            before: None,
        });
    }
    let accept = acceptor.client.accept_portfolio_share();
    let accept = accept.portfolio_id(portfolio).send().await;
    accept.map_err(failed("AcceptPortfolioShare"))?;
    let target = copy_once(setup, role).await?.target()?.to_owned();
    let before = Some(first.in_words());
    Ok(Shared { target, before })
}

async fn copy_once(setup: &Setup<'_>, role: &RegionalCatalog) -> Result<End> {
    let name = format!("{}-shared", setup.source_product.name);
    let request = setup.source_product.copy_to(role).target_product_name(name);
    let copy = setup.copies.begin(role, request).await;
    let copy = copy.map_err(failed("CopyProduct"))?;
    setup.copies.end(&copy, async || {}).await
}

async fn unshare(setup: &Setup<'_>, acceptor: &RegionalCatalog) -> Result<()> {
    let request = setup.catalogs.source.client.delete_portfolio_share();
    let request = request.portfolio_id(&setup.source_product.portfolio);
    let request = request.account_id(&acceptor.account);
    gone(request.send().await, "DeletePortfolioShare")
}

/// Which calls of a copy are denied, apart from `CopyProduct` and its status, which have made the target.
async fn denied(role: &RegionalCatalog, target: &str) -> Result<Vec<String>> {
    let target = Target::of(&role.client, target).await?;
    let mut denied = target.denied_to_plan(&role.client).await;
    denied.extend(target.denied_to_finish(&role.client).await?);
    Ok(denied)
}
