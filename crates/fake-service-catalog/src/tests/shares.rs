use super::*;

/// A client of the spoke account in the hub's Region, by an access key that is the account.
fn spoke_in_hub_region(fake: &ServiceCatalog) -> Client {
    let credentials = Credentials::new(SPOKE_ACCOUNT, "secret", None, None, "test");
    client(fake, "us-east-1", credentials)
}

/// A product that is shared with nobody, in a portfolio of the hub's.
async fn product_in_portfolio(fake: &ServiceCatalog) -> (String, String) {
    let arn = fake.state().add_product(&hub(), network());
    let client = hub_client(fake, "us-east-1");
    let made = client
        .create_portfolio()
        .display_name("For all")
        .provider_name("Us");
    let made = made.send().await.expect("a portfolio");
    let portfolio = made.portfolio_detail().and_then(|detail| detail.id());
    let portfolio = portfolio.expect("an id").to_owned();
    let associate = client
        .associate_product_with_portfolio()
        .product_id(id_of(&arn));
    let associate = associate.portfolio_id(&portfolio);
    associate.send().await.expect("an association");
    (arn, portfolio)
}

/// Whether a copy by the spoke arrives.
async fn arrives(fake: &ServiceCatalog, arn: &str) -> bool {
    let client = spoke_client(fake).await;
    let token = copy(&client, arn).await;
    let end = end_of(&client, &token).await;
    end.copy_product_status() == Some(&CopyProductStatus::Succeeded)
}

/// Whether the spoke sees the product.
async fn is_found(fake: &ServiceCatalog, arn: &str) -> bool {
    let found = spoke_in_hub_region(fake).search_products_as_admin().send();
    let found = found.await.expect("a page");
    let mut found = found.product_view_details().iter();
    found.any(|view| view.product_arn() == Some(arn))
}

async fn fake() -> ServiceCatalog {
    let (fake, arn) = fake_with_product().await;
    let delete = hub_client(&fake, "us-east-1")
        .delete_product()
        .id(id_of(&arn));
    delete.send().await.expect("only the products of the test");
    fake
}

#[tokio::test]
async fn a_product_in_a_shared_portfolio_is_shared_until_either_ends() {
    let fake = fake().await;
    let (arn, portfolio) = product_in_portfolio(&fake).await;
    let (other, _) = product_in_portfolio(&fake).await;
    let client = hub_client(&fake, "us-east-1");
    let share = || {
        let share = client.create_portfolio_share().portfolio_id(&portfolio);
        share.account_id(SPOKE_ACCOUNT).send()
    };
    let unshare = || {
        let delete = client.delete_portfolio_share().portfolio_id(&portfolio);
        delete.account_id(SPOKE_ACCOUNT).send()
    };
    assert!(!arrives(&fake, &arn).await && !is_found(&fake, &arn).await);

    share().await.expect("a share");
    share().await.expect("the same share");
    assert!(arrives(&fake, &arn).await && is_found(&fake, &arn).await);
    assert!(!arrives(&fake, &other).await, "in another portfolio");

    unshare().await.expect("no share");
    assert_eq!(code(unshare().await), "ResourceNotFoundException");
    assert!(!arrives(&fake, &arn).await && !is_found(&fake, &arn).await);

    share().await.expect("a share");
    let disassociate = client.disassociate_product_from_portfolio();
    let disassociate = disassociate.portfolio_id(&portfolio);
    let disassociate = disassociate.product_id(id_of(&arn)).send().await;
    disassociate.expect("no association");
    assert!(!arrives(&fake, &arn).await);
    let delete = || client.delete_portfolio().id(&portfolio).send();
    assert_eq!(code(delete().await), "ResourceInUseException");
    unshare().await.expect("no share");
    delete().await.expect("no portfolio");
}

#[tokio::test]
async fn a_share_has_to_be_accepted_only_when_the_switch_says_so() {
    let fake = fake().await;
    let (arn, portfolio) = product_in_portfolio(&fake).await;
    let spoke = spoke_in_hub_region(&fake);
    let accept = || spoke.accept_portfolio_share().portfolio_id(&portfolio);
    let refused = accept().send().await;
    assert_eq!(code(refused), "ResourceNotFoundException");

    let client = hub_client(&fake, "us-east-1");
    let share = client.create_portfolio_share().portfolio_id(&portfolio);
    share
        .account_id(SPOKE_ACCOUNT)
        .send()
        .await
        .expect("a share");
    fake.state().settings.shares_need_acceptance = true;
    assert!(!arrives(&fake, &arn).await);
    let hub_accepts = client.accept_portfolio_share().portfolio_id(&portfolio);
    let refused = hub_accepts.send().await;
    assert_eq!(code(refused), "ResourceNotFoundException");
    accept().send().await.expect("it accepts");
    assert!(arrives(&fake, &arn).await);
}

#[tokio::test]
async fn the_accounts_of_a_portfolio_are_listed_and_only_others_can_be_given_one() {
    let fake = fake().await;
    let (_, portfolio) = product_in_portfolio(&fake).await;
    let client = hub_client(&fake, "us-east-1");
    let share = |account: Option<&str>| {
        let share = client.create_portfolio_share().portfolio_id(&portfolio);
        share.set_account_id(account.map(str::to_owned)).send()
    };
    for account in [SPOKE_ACCOUNT, "777788889999"] {
        share(Some(account)).await.expect("a share");
    }
    for (account, error) in [
        (None, "InvalidParametersException"),
        (Some(crate::HUB_ACCOUNT), "InvalidParametersException"),
        (Some("44445555666"), "ValidationException"),
    ] {
        assert_eq!(code(share(account).await), error);
    }
    let listed = client.list_portfolio_access().portfolio_id(&portfolio);
    let listed = listed.send().await.expect("a page");
    assert_eq!(listed.account_ids(), [SPOKE_ACCOUNT, "777788889999"]);
}
