//! What an administrator makes and deletes.

use std::time::Duration;

use aws_sdk_servicecatalog::operation::create_product::CreateProductOutput;
use aws_sdk_servicecatalog::operation::list_portfolios::ListPortfoliosOutput;
use aws_sdk_servicecatalog::types::{
    ProductType, ProvisioningArtifactProperties, ProvisioningArtifactType, Status,
};

use super::*;

fn version(name: &str, url: &str) -> ProvisioningArtifactProperties {
    ProvisioningArtifactProperties::builder()
        .name(name)
        .r#type(ProvisioningArtifactType::CloudFormationTemplate)
        .info("LoadTemplateFromURL", url)
        .build()
}

async fn create(client: &Client, url: &str) -> Result<CreateProductOutput, String> {
    let request = client.create_product().name("Queue").owner("Platform");
    let request = request
        .description("A queue")
        .support_email("us@example.com");
    let request = request.product_type(ProductType::CloudFormationTemplate);
    let request = request.provisioning_artifact_parameters(version("v1", url));
    match request.send().await {
        Ok(output) => Ok(output),
        error => Err(code(error)),
    }
}

/// Makes a product and returns its id.
async fn queue(client: &Client) -> String {
    let output = create(client, "https://example.com/v1.json").await;
    let output = output.expect("it is made");
    let view = output.product_view_detail().expect("a view");
    let summary = view.product_view_summary().expect("a summary");
    summary.product_id().expect("an id").to_owned()
}

async fn fake() -> (ServiceCatalog, Client) {
    let fake = ServiceCatalog::start(Settings::default()).await;
    let fake = fake.expect("a free port");
    let client = hub_client(&fake, "us-east-1");
    (fake, client)
}

#[tokio::test]
async fn a_new_product_has_its_first_version_and_gets_more() {
    let (fake, client) = fake().await;
    fake.state().settings.describes_before_available = Some(1);
    let id = queue(&client).await;
    let more = client.create_provisioning_artifact().product_id(&id);
    let more = more.parameters(version("v2", "https://example.com/v2.json"));
    let more = more.send().await.expect("it is made");
    assert_eq!(more.status(), Some(&Status::Creating));

    let list = client.list_provisioning_artifacts().product_id(&id);
    let list = list.send().await.expect("the versions");
    let names = list.provisioning_artifact_details().iter();
    let names: Vec<_> = names.filter_map(|it| it.name()).collect();
    assert_eq!(names, ["v1", "v2"]);
    let product = fake.state().products(&hub()).remove(0);
    assert_eq!(product.name, "Queue");
    assert_eq!(product.details.description.as_deref(), Some("A queue"));
    let email = product.details.support_email.as_deref();
    assert_eq!(email, Some("us@example.com"));
}

#[tokio::test]
async fn a_new_version_is_available_after_its_time_and_a_copy_of_it_too() {
    let (fake, client) = fake().await;
    fake.state().settings.available_after = None;
    let id = queue(&client).await;
    let status = || fake.state().products(&hub())[0].versions[0].status;
    assert_eq!(status(), VersionStatus::Creating);
    let version = client.describe_provisioning_artifact().product_id(&id);
    let version_id = fake.state().products(&hub())[0].versions[0].id.clone();
    let version = version.provisioning_artifact_id(version_id);
    let answer = version.clone().send().await.expect("the version");
    assert_eq!(answer.status(), Some(&Status::Creating));

    fake.state().settings.available_after = Some(Duration::ZERO);
    let answer = version.send().await.expect("the version");
    assert_eq!(answer.status(), Some(&Status::Available));
    assert_eq!(status(), VersionStatus::Available);
    let elsewhere = hub_client(&fake, "eu-west-1");
    let token = copy(&elsewhere, &hub().product_arn(&id)).await;
    end_of(&elsewhere, &token).await;
    let there = Place::new(crate::HUB_ACCOUNT, "eu-west-1");
    let copied = fake.state().products(&there).remove(0);
    assert_eq!(copied.versions[0].status, VersionStatus::Available);
}

#[tokio::test]
async fn a_product_is_made_of_a_template_that_has_a_url() {
    let (fake, client) = fake().await;
    for url in ["template.json", "http://example.com/template.json"] {
        let refused = create(&client, url).await.err();
        assert_eq!(refused.as_deref(), Some("InvalidParametersException"));
    }
    let unnamed = client.create_product().owner("Platform");
    let unnamed = unnamed.product_type(ProductType::CloudFormationTemplate);
    assert_eq!(code(unnamed.send().await), "ValidationException");
    assert!(fake.state().products(&hub()).is_empty());
}

#[tokio::test]
async fn what_is_in_use_is_not_deleted() {
    let (fake, client) = fake().await;
    let id = queue(&client).await;
    let portfolio = client.create_portfolio().display_name("Everyone");
    let portfolio = portfolio.provider_name("Platform").send().await;
    let portfolio = portfolio.expect("it is made");
    let portfolio = portfolio.portfolio_detail().and_then(|it| it.id());
    let portfolio = portfolio.expect("an id");
    let request = client.associate_product_with_portfolio();
    let request = request.product_id(&id).portfolio_id(portfolio);
    request.send().await.expect("it is associated");

    let delete_product = || client.delete_product().id(&id).send();
    let delete_portfolio = || client.delete_portfolio().id(portfolio).send();
    assert_eq!(code(delete_product().await), "ResourceInUseException");
    assert_eq!(code(delete_portfolio().await), "ResourceInUseException");

    let disassociate = || {
        let request = client.disassociate_product_from_portfolio();
        request.product_id(&id).portfolio_id(portfolio).send()
    };
    disassociate().await.expect("it is disassociated");
    assert_eq!(code(disassociate().await), "ResourceNotFoundException");
    delete_product().await.expect("it is deleted");
    delete_portfolio().await.expect("it is deleted");
    assert_eq!(code(delete_product().await), "ResourceNotFoundException");
    assert_eq!(code(delete_portfolio().await), "ResourceNotFoundException");
    assert!(fake.state().products(&hub()).is_empty());
}

#[tokio::test]
async fn the_portfolios_of_an_account_are_listed_page_by_page() {
    let (fake, client) = fake().await;
    for name in ["First", "Second", "Third"] {
        fake.state().add_portfolio(&hub(), name);
    }
    fake.state().add_portfolio(&spoke(), "Another account's");
    let pages = client.list_portfolios().into_paginator().page_size(2);
    let pages: Vec<_> = pages.send().try_collect().await.expect("all pages");
    let details = pages
        .iter()
        .flat_map(ListPortfoliosOutput::portfolio_details);
    let names: Vec<_> = details.filter_map(|it| it.display_name()).collect();
    assert_eq!(names, ["First", "Second", "Third"]);
    assert_eq!(pages.len(), 2);
}

#[tokio::test]
async fn callers_learn_whose_credentials_they_have() {
    let (fake, _) = fake_with_product().await;
    let hub = Credentials::new("hub", "secret", None, None, "test");
    let spoke = spoke_credentials(&fake).await;
    for (credentials, account) in [(hub, crate::HUB_ACCOUNT), (spoke, SPOKE_ACCOUNT)] {
        let config = aws_sdk_sts::Config::builder()
            .behavior_version(aws_sdk_sts::config::BehaviorVersion::latest())
            .endpoint_url(fake.endpoint())
            .http_client(Builder::new().build_http())
            .region(aws_sdk_sts::config::Region::new("us-east-1"))
            .credentials_provider(credentials);
        let client = aws_sdk_sts::Client::from_conf(config.build());
        let caller = client.get_caller_identity().send().await;
        assert_eq!(caller.expect("an answer").account(), Some(account));
    }
}
