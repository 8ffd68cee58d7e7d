use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::copies_table;
use fake_service_catalog::{
    CopyEnds, HUB_ACCOUNT, Outcome, Place, Product, ServiceCatalog, Settings, Version,
};
use testbed::{https::Https, process::root, stack::REGION};

/// As the functions hold them.
const AMAZON_TRUST_SERVICES: &str = include_str!("../../../src/aws/amazon-trust-services.pem");

/// Where the functions run: a Service Catalog with one product, HTTPS in front of it, and what they may trust.
pub(super) struct TestEnv {
    https: Https,
    table: Https,
    source_product_arn: String,
    directory: PathBuf,
    catalog: ServiceCatalog,
}

/// Whom a function trusts.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Trust {
    /// The authorities that this machine trusts, about as many as on Lambda, and the one made here.
    Machine,
    /// The five of Amazon's that our functions trust, and the one made here.
    Amazon,
}

/// What a function is asked to do.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Task {
    /// `CopyProduct`, and nothing else.
    Copy,
    /// A copy with a plan, of a product that the target does not have.
    PlannedCopy,
    /// `DescribeCopyProductStatus` of a copy that `CopyProduct` began.
    Status,
}

impl TestEnv {
    pub(super) async fn start() -> Result<Self> {
        let catalog = ServiceCatalog::start(Settings {
            // A copy that never ends: the same request takes the same path each time.
            copy_ends: CopyEnds::After(Duration::MAX),
            ..Settings::default()
        })
        .await?;
        let product = Product::new("VPC", "Network team")
            .version(Version::new("v1.0", "Two public subnets"))
            .tag("cost-centre", "network");
        let hub = Place::new(HUB_ACCOUNT, REGION);
        let source_product_arn = catalog.state().add_product(&hub, product);
        let https = Https::start(catalog.address()).await?;
        let table = Https::start(copies_table::listen().await?).await?;
        let directory = root().join("target/bench/run");
        fs::create_dir_all(&directory)?;
        let machine = openssl_probe::probe().cert_file;
        let machine = machine.context("this machine trusts no authority")?;
        let machine = fs::read_to_string(machine)?;
        let test_env = Self {
            https,
            table,
            source_product_arn,
            directory,
            catalog,
        };
        let authority = test_env.https.authority.clone() + &test_env.table.authority;
        let amazon = AMAZON_TRUST_SERVICES.to_owned();
        fs::write(test_env.authorities(Trust::Amazon), amazon + &authority)?;
        fs::write(test_env.authorities(Trust::Machine), machine + &authority)?;
        Ok(test_env)
    }

    /// A file that a run may write.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn authorities(&self, trust: Trust) -> PathBuf {
        self.file(match trust {
            Trust::Machine => "machine.pem",
            Trust::Amazon => "amazon.pem",
        })
    }

    /// The environment of a function that can reach the fake Service Catalog.
    pub(super) fn environment(&self, trust: Trust) -> Vec<(&'static str, String)> {
        let authorities = self.authorities(trust).display().to_string();
        let text = |(name, value): (&'static str, &str)| (name, value.to_owned());
        let mut environment = Vec::from(
            [
                ("COPIES_TABLE", "copies"),
                ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
                ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
                ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
                ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
                ("AWS_LAMBDA_LOG_LEVEL", "INFO"),
                ("AWS_REGION", REGION),
                ("AWS_DEFAULT_REGION", REGION),
                ("AWS_SECRET_ACCESS_KEY", "none"),
                ("AWS_SESSION_TOKEN", "none"),
                ("STACK_NAME", "catalog-copy"),
                ("TARGET_ACCOUNT_IDS", ""),
            ]
            .map(text),
        );
        let endpoint = self.https.endpoint();
        environment.push(("AWS_ENDPOINT_URL_SERVICE_CATALOG", endpoint));
        let table = self.table.endpoint();
        environment.push(("AWS_ENDPOINT_URL_DYNAMODB", table));
        for name in ["SSL_CERT_FILE", "AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"] {
            environment.push((name, authorities.clone()));
        }
        environment
    }

    fn copy_product_token(&self) -> Option<String> {
        let state = self.catalog.state();
        state.calls.iter().find_map(|call| match &call.outcome {
            Outcome::NewCopy(token) => Some(token.clone()),
            _ => None,
        })
    }

    fn copy_request(&self, members: Value) -> Value {
        let mut request = json!({
            "SourceProductArn": self.source_product_arn,
            "IdempotencyToken": "bench",
            "ExecutionId": "arn:aws:states:us-east-1:111122223333:execution:CopyProduct:bench",
        });
        if let (Some(request), Value::Object(mut members)) = (request.as_object_mut(), members) {
            request.append(&mut members);
        }
        request
    }

    /// The event that asks for a task; [`Task::Status`] asks for the first copy begun.
    pub(super) fn event(&self, task: Task) -> String {
        match task {
            Task::Copy => self.copy_request(json!({ "Plan": "NONE" })),
            Task::PlannedCopy => self.copy_request(json!({
                "IdempotencyToken": "planned",
                "Target": { "Region": "eu-west-1" },
            })),
            Task::Status => json!({ "CopyProductToken": self.copy_product_token() }),
        }
        .to_string()
    }
}
