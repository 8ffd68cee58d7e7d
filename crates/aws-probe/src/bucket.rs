use anyhow::Result;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration, Tag, Tagging};

use super::calls::{failed, gone};
use super::name::run_of;
use super::{PREFIX, TAG};

pub(super) const KEY: &str = "template.json";

/// A template that makes nothing.
const TEMPLATE: &[u8] =
    br#"{"Resources":{"Nothing":{"Type":"AWS::CloudFormation::WaitConditionHandle"}}}"#;

/// A private bucket that holds one template.
#[derive(Clone, Debug)]
pub struct Bucket {
    client: Client,
    region: String,
    /// Its name.
    pub name: String,
}

impl Bucket {
    /// A bucket of this name in this Region, which may not exist.
    #[must_use]
    pub fn new(client: Client, region: &str, name: &str) -> Self {
        Self {
            client,
            region: region.to_owned(),
            name: name.to_owned(),
        }
    }

    /// Finds the buckets whose names are those of runs.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub async fn find(client: &Client, region: &str) -> Result<Vec<Self>> {
        let pages = client.list_buckets().prefix(PREFIX).bucket_region(region);
        let mut pages = pages.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(failed("ListBuckets"))?;
            let names = page.buckets().iter().filter_map(|bucket| bucket.name());
            let ours = names.filter(|name| run_of(name) == Some(name));
            found.extend(ours.map(|name| Self::new(client.clone(), region, name)));
        }
        Ok(found)
    }

    /// Whether it has the tag that [`make`](Self::make) gives.
    ///
    /// # Errors
    /// When its tags cannot be read.
    pub(super) async fn is_tagged(&self) -> Result<bool> {
        let request = self.client.get_bucket_tagging().bucket(&self.name);
        match request.send().await {
            Err(error) if error.code() == Some("NoSuchTagSet") => Ok(false),
            answer => {
                let answer = answer.map_err(failed("GetBucketTagging"))?;
                let mut tags = answer.tag_set().iter();
                Ok(tags.any(|it| it.key() == TAG && it.value() == self.name))
            }
        }
    }

    /// Makes the bucket and puts the template into it.
    ///
    /// # Errors
    /// When one of the calls fails; the bucket may exist then.
    pub async fn make(&self) -> Result<()> {
        let location = BucketLocationConstraint::from(self.region.as_str());
        let elsewhere = CreateBucketConfiguration::builder().location_constraint(location);
        // The Region that has no name as a location.
        let elsewhere = (self.region != "us-east-1").then(|| elsewhere.build());
        let request = self.client.create_bucket().bucket(&self.name);
        let request = request.set_create_bucket_configuration(elsewhere);
        request.send().await.map_err(failed("CreateBucket"))?;
        let tag = Tag::builder().key(TAG).value(&self.name).build()?;
        let request = self.client.put_bucket_tagging().bucket(&self.name);
        let request = request.tagging(Tagging::builder().tag_set(tag).build()?);
        request.send().await.map_err(failed("PutBucketTagging"))?;
        let request = self.client.put_object().bucket(&self.name).key(KEY);
        let request = request.body(TEMPLATE.to_vec().into());
        request.send().await.map_err(failed("PutObject"))?;
        Ok(())
    }

    /// The template's URL, in the partition `aws`.
    pub(super) fn template_url(&self) -> String {
        format!(
            "https://{}.s3.{}.amazonaws.com/{KEY}",
            self.name, self.region
        )
    }

    /// Deletes the template and the bucket, if they are there.
    ///
    /// # Errors
    /// When the bucket cannot be deleted.
    pub async fn delete(&self) -> Result<()> {
        let request = self.client.delete_object().bucket(&self.name).key(KEY);
        gone(request.send().await, "DeleteObject")?;
        let request = self.client.delete_bucket().bucket(&self.name);
        gone(request.send().await, "DeleteBucket")
    }
}
