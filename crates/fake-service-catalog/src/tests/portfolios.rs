use super::*;

async fn associate(client: &Client, arn: &str, portfolio: &str) -> Result<(), String> {
    let request = client.associate_product_with_portfolio();
    let request = request.product_id(id_of(arn)).portfolio_id(portfolio);
    let result = request.send().await;
    if result.is_ok() {
        return Ok(());
    }
    Err(code(result))
}

/// The names of the product's portfolios.
async fn listed(client: &Client, arn: &str) -> Vec<String> {
    let request = client.list_portfolios_for_product().product_id(id_of(arn));
    let answer = request.send().await.expect("a page");
    let details = answer.portfolio_details().iter();
    details
        .map(|detail| detail.display_name().expect("a name").to_owned())
        .collect()
}

#[tokio::test]
async fn an_associated_portfolio_is_listed_once_however_often_it_was_associated() {
    let (fake, arn) = fake_with_product().await;
    let client = hub_client(&fake, "us-east-1");
    fake.state().add_portfolio(&hub(), "Nobody");
    let portfolio = fake.state().add_portfolio(&hub(), "Everyone");
    assert!(portfolio.starts_with("port-"));
    for _ in 0..2 {
        assert_eq!(associate(&client, &arn, &portfolio).await, Ok(()));
        assert_eq!(listed(&client, &arn).await, ["Everyone"]);
    }
    let request = client.list_portfolios_for_product().product_id(id_of(&arn));
    let answer = request.send().await.expect("a page");
    let detail = &answer.portfolio_details()[0];
    assert_eq!(detail.id(), Some(portfolio.as_str()));
    let expected = format!("arn:aws:catalog:us-east-1:111122223333:portfolio/{portfolio}");
    assert_eq!(detail.arn(), Some(expected.as_str()));
    assert_eq!(fake.state().portfolios_of(&arn), [portfolio]);
}

#[tokio::test]
async fn an_association_is_visible_after_some_lists() {
    let (fake, arn) = fake_with_product().await;
    fake.state().settings.lists_before_associated = 2;
    let client = hub_client(&fake, "us-east-1");
    assert!(listed(&client, &arn).await.is_empty());
    for name in ["First", "Second"] {
        let portfolio = fake.state().add_portfolio(&hub(), name);
        assert_eq!(associate(&client, &arn, &portfolio).await, Ok(()));
        assert!(fake.state().portfolios_of(&arn).contains(&portfolio));
        for _ in 0..2 {
            assert!(!listed(&client, &arn).await.contains(&name.to_owned()));
            let again = associate(&client, &arn, &portfolio).await;
            assert_eq!(again, Ok(()), "it does not begin anew");
        }
        assert!(listed(&client, &arn).await.contains(&name.to_owned()));
    }
}

#[tokio::test]
async fn portfolios_are_listed_page_by_page() {
    let (fake, arn) = fake_with_product().await;
    fake.state().settings.lists_before_associated = 1;
    let client = hub_client(&fake, "us-east-1");
    let add = async |name: &str| {
        let portfolio = fake.state().add_portfolio(&hub(), name);
        assert_eq!(associate(&client, &arn, &portfolio).await, Ok(()));
    };
    for number in 0..5 {
        add(&format!("Portfolio {number}")).await;
    }
    let list = || client.list_portfolios_for_product().product_id(id_of(&arn));
    for sizes in [vec![0], vec![2, 2, 1]] {
        let pages = list().into_paginator().page_size(2).send();
        let pages: Vec<_> = pages.try_collect().await.expect("all pages");
        let found: Vec<_> = pages
            .iter()
            .map(|page| page.portfolio_details().len())
            .collect();
        assert_eq!(found, sizes);
        add("Late: not visible between two pages of the next list").await;
    }
    let too_large = list().page_size(101).send().await;
    assert_eq!(code(too_large), "ValidationException");
    let no_token = list().page_token("2").send().await;
    assert_eq!(code(no_token), "InvalidParametersException");
}

#[tokio::test]
async fn only_what_is_in_the_callers_own_place_can_be_associated() {
    let (fake, arn) = fake_with_product().await;
    let client = hub_client(&fake, "us-east-1");
    let here = fake.state().add_portfolio(&hub(), "Here");
    let there = fake.state().add_portfolio(&spoke(), "There");
    let absent = hub().product_arn("prod-absent");
    for (product, portfolio, error) in [
        (&arn, "port-absent", "ResourceNotFoundException"),
        (&arn, there.as_str(), "ResourceNotFoundException"),
        (&absent, here.as_str(), "ResourceNotFoundException"),
        (&arn, "port/1", "ValidationException"),
    ] {
        let result = associate(&client, product, portfolio).await;
        assert_eq!(result, Err(error.to_owned()), "{product} {portfolio}");
    }
    assert!(fake.state().portfolios_of(&arn).is_empty());
    let request = client.list_portfolios_for_product();
    let result = request.product_id("prod-absent").send().await;
    assert_eq!(code(result), "ResourceNotFoundException");
}
