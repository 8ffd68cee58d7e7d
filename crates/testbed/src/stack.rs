//! The real template, deployed to an emulator by the real `sam deploy`.

use std::collections::{BTreeMap, HashMap};
use std::env::consts::ARCH;
use std::fs;

use anyhow::{Context, Result, ensure};
pub use aws_sdk_dynamodb::types::AttributeValue;
use serde::Deserialize;
use serde_json::Value;

use crate::emulator::Emulator;
use crate::process::root;
use crate::sam::sam;
use crate::sdk;
pub use crate::sdk::REGION;
use crate::state_machine::{Execution, StateMachine};

/// What `sam build` made of template.yaml.
const TEMPLATE: &str = ".aws-sam/local/template.yaml";

/// A deployed stack.
#[derive(Debug)]
pub struct Stack {
    name: String,
    endpoint: String,
    outputs: BTreeMap<String, String>,
}

impl Stack {
    /// Deploys what `sam build` has built, with these template parameters.
    ///
    /// # Errors
    /// When nothing is built or the deployment fails: with what sam printed.
    pub async fn deploy(
        emulator: &Emulator,
        name: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Self> {
        let endpoint = emulator.endpoint();
        let architecture = ("Architecture", host_architecture());
        let overrides: Vec<_> = parameters
            .iter()
            .chain([&architecture])
            .map(|(key, value)| format!("{key}={}", quoted(value)))
            .collect();
        let mut arguments = vec!["deploy", "--template-file", TEMPLATE, "--stack-name", name];
        arguments.extend(["--resolve-s3", "--capabilities", "CAPABILITY_IAM"]);
        arguments.extend(["--no-confirm-changeset", "--no-progressbar"]);
        arguments.push("--parameter-overrides");
        arguments.extend(overrides.iter().map(String::as_str));
        sam(endpoint, &arguments).await?;

        let list = [
            "list",
            "stack-outputs",
            "--stack-name",
            name,
            "--output",
            "json",
        ];
        let outputs: Vec<Output> = serde_json::from_str(&sam(endpoint, &list).await?)?;
        Ok(Self {
            name: name.to_owned(),
            endpoint: endpoint.to_owned(),
            outputs: outputs
                .into_iter()
                .map(|output| (output.key, output.value))
                .collect(),
        })
    }

    /// An output of the template.
    ///
    /// # Errors
    /// When the template has no such output.
    pub fn output(&self, key: &str) -> Result<&str> {
        let value = self.outputs.get(key);
        Ok(value.with_context(|| format!("{TEMPLATE} has no output {key}"))?)
    }

    /// Every output of the template, by name.
    #[must_use]
    pub fn outputs(&self) -> &BTreeMap<String, String> {
        &self.outputs
    }

    /// The state machine `CopyProduct`.
    ///
    /// # Errors
    /// When the template does not output its ARN.
    pub fn state_machine(&self) -> Result<StateMachine> {
        self.machine("StateMachineArn")
    }

    /// The state machine `CopyProducts`.
    ///
    /// # Errors
    /// When the template does not output its ARN.
    pub fn batch_machine(&self) -> Result<StateMachine> {
        self.machine("CopyProductsStateMachineArn")
    }

    fn machine(&self, output: &str) -> Result<StateMachine> {
        let client = aws_sdk_sfn::Client::new(&sdk::config(&self.endpoint));
        Ok(StateMachine::new(client, self.output(output)?))
    }

    /// Writes an object into the stack's bucket.
    ///
    /// # Errors
    /// When S3 refuses.
    pub async fn put_object(&self, key: &str, text: &str) -> Result<()> {
        let put = self.s3().put_object().bucket(self.bucket()?).key(key);
        put.body(text.as_bytes().to_vec().into()).send().await?;
        Ok(())
    }

    /// Deletes every item of the copies table.
    ///
    /// # Errors
    /// When `DynamoDB` refuses.
    pub async fn empty_copies_table(&self) -> Result<()> {
        for item in self.copies().await? {
            self.delete_item(item).await?;
        }
        Ok(())
    }

    /// Deletes an item of the copies table.
    ///
    /// # Errors
    /// When `DynamoDB` refuses.
    pub async fn delete_item(&self, item: HashMap<String, AttributeValue>) -> Result<()> {
        let key = ["Place", "Item"].map(|name| (name.to_owned(), item[name].clone()));
        let delete = self.dynamodb().delete_item();
        let delete = delete.table_name(self.copies_table()?);
        delete.set_key(Some(key.into())).send().await?;
        Ok(())
    }

    /// Writes an item into the copies table.
    ///
    /// # Errors
    /// When `DynamoDB` refuses.
    pub async fn put_item(&self, item: HashMap<String, AttributeValue>) -> Result<()> {
        let put = self.dynamodb().put_item().table_name(self.copies_table()?);
        put.set_item(Some(item)).send().await?;
        Ok(())
    }

    /// The items of the copies table.
    ///
    /// # Errors
    /// When `DynamoDB` refuses.
    pub async fn copies(&self) -> Result<Vec<HashMap<String, AttributeValue>>> {
        let scan = self.dynamodb().scan().table_name(self.copies_table()?);
        let items = scan.consistent_read(true).into_paginator().items().send();
        Ok(items.collect::<Result<_, _>>().await?)
    }

    /// Writes an item of strings into the copies table.
    ///
    /// # Errors
    /// When `DynamoDB` refuses.
    pub async fn put_copy(&self, attributes: &[(&str, &str)]) -> Result<()> {
        let mut put = self.dynamodb().put_item().table_name(self.copies_table()?);
        for (name, value) in attributes {
            put = put.item(*name, AttributeValue::S((*value).to_owned()));
        }
        put.send().await?;
        Ok(())
    }

    fn copies_table(&self) -> Result<&str> {
        self.output("CopiesTableName")
    }

    fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&sdk::config(&self.endpoint))
    }

    async fn get_object(&self, key: &str) -> Result<String> {
        let get = self.s3().get_object().bucket(self.bucket()?).key(key);
        let body = get.send().await?.body.collect().await?;
        Ok(String::from_utf8(body.to_vec())?)
    }

    /// The lines of a batch's result file.
    ///
    /// # Errors
    /// When there is no such file.
    pub async fn results(&self, batch: &Execution) -> Result<Vec<Value>> {
        let name = batch.arn().rsplit(':').next().unwrap_or_default();
        let key = format!("batches/{name}/results.jsonl");
        let lines = self.get_object(&key).await?;
        let lines: Result<_, _> = lines.lines().map(serde_json::from_str).collect();
        Ok(lines?)
    }

    fn bucket(&self) -> Result<&str> {
        self.output("CopiesBucketName")
    }

    fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&sdk::config(&self.endpoint));
        aws_sdk_s3::Client::from_conf(config.force_path_style(true).build())
    }

    /// Puts an event on the default bus and answers with its id.
    ///
    /// # Errors
    /// When the bus refuses it.
    pub async fn put_event(&self, source: &str, detail_type: &str, detail: &str) -> Result<String> {
        let entry = aws_sdk_eventbridge::types::PutEventsRequestEntry::builder()
            .source(source)
            .detail_type(detail_type)
            .detail(detail)
            .build();
        let put = aws_sdk_eventbridge::Client::new(&sdk::config(&self.endpoint))
            .put_events()
            .entries(entry)
            .send()
            .await?;
        ensure!(put.failed_entry_count == 0, "not accepted: {put:?}");
        let entry = put.entries.unwrap_or_default().pop();
        entry
            .and_then(|entry| entry.event_id)
            .context("the event has no id")
    }

    /// The rules that are switched on and match an event, by name.
    ///
    /// Nobody may put events of AWS's own sources, so their rules can only be asked for.
    ///
    /// # Errors
    /// When the bus refuses the question.
    pub async fn matching_rules(&self, event: &Value) -> Result<Vec<String>> {
        let client = aws_sdk_eventbridge::Client::new(&sdk::config(&self.endpoint));
        let mut matching = Vec::new();
        for rule in client.list_rules().send().await?.rules.unwrap_or_default() {
            let (Some(name), Some(pattern)) = (rule.name, rule.event_pattern) else {
                continue;
            };
            let test = client.test_event_pattern().event_pattern(pattern);
            let is_match = test.event(event.to_string()).send().await?.result;
            let is_on = rule.state == Some(aws_sdk_eventbridge::types::RuleState::Enabled);
            if is_on && is_match && name.starts_with(&format!("{}-", self.name)) {
                matching.push(name);
            }
        }
        Ok(matching)
    }

    /// Invokes a function by its name in the template, and answers with its result or with its error.
    ///
    /// # Errors
    /// When the function could not be invoked.
    pub async fn invoke(&self, function: &str, event: &str) -> Result<Result<Value, Value>> {
        let mut arguments = vec!["remote", "invoke", function, "--stack-name", &self.name];
        arguments.extend(["--event", event, "--output", "json"]);
        let response: Value = serde_json::from_str(&sam(&self.endpoint, &arguments).await?)?;
        let payload = response["Payload"].as_str().context("no Payload")?;
        let payload = serde_json::from_str(payload)?;
        Ok(match response.get("FunctionError") {
            None => Ok(payload),
            Some(_) => Err(payload),
        })
    }

    /// The log groups of the template: its name for each, and the group's own.
    ///
    /// # Errors
    /// When the template cannot be read.
    pub fn log_groups(&self) -> Result<Vec<(String, String)>> {
        let template = fs::read_to_string(root().join(TEMPLATE))?;
        let template: serde_norway::Value = serde_norway::from_str(&template)?;
        let resources = template["Resources"].as_mapping();
        let resources = resources.context("the template has no resources")?.iter();
        let groups = resources.filter(|(_, resource)| resource["Type"] == "AWS::Logs::LogGroup");
        let names = groups.map(|(name, group)| {
            let group = group["Properties"]["LogGroupName"]["Fn::Sub"].as_str()?;
            let group = group.replace("${AWS::StackName}", &self.name);
            Some((name.as_str()?.to_owned(), group))
        });
        let names: Option<Vec<_>> = names.collect();
        names.context("a log group has no name")
    }

    /// What a function has logged, by its name in the template; lines that are JSON as such, others as strings.
    ///
    /// # Errors
    /// When the logs cannot be read.
    pub async fn logs(&self, function: &str) -> Result<Vec<Value>> {
        self.lines(&["--stack-name", &self.name, "--name", function])
            .await
    }

    /// The same of a log group.
    ///
    /// # Errors
    /// When the logs cannot be read.
    pub async fn group_logs(&self, group: &str) -> Result<Vec<Value>> {
        self.lines(&["--cw-log-group", group]).await
    }

    async fn lines(&self, of: &[&str]) -> Result<Vec<Value>> {
        let arguments = [&["logs", "--output", "json"], of].concat();
        let printed = sam(&self.endpoint, &arguments).await?;
        let lines = printed.lines().filter_map(|line| {
            // sam also prints advice.
            let mut event: Value = serde_json::from_str(line).ok()?;
            let message = event["message"].take();
            let json = message
                .as_str()
                .and_then(|text| serde_json::from_str(text).ok());
            Some(json.unwrap_or(message))
        });
        Ok(lines.collect())
    }
}

/// One of the outputs that `sam list stack-outputs` prints.
#[derive(Deserialize)]
struct Output {
    #[serde(rename = "OutputKey")]
    key: String,
    #[serde(rename = "OutputValue")]
    value: String,
}

/// A value of a parameter as sam reads it whole, spaces included.
fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('"', r#"\""#))
}

/// This machine's architecture, as Lambda calls it.
fn host_architecture() -> &'static str {
    match ARCH {
        "aarch64" => "arm64",
        other => other,
    }
}
