use anyhow::Result;
use aws_sdk_servicecatalog::types::Tag;

use super::Setup;
use crate::answer::Finding;
use crate::calls::failed;

const KEY: &str = "catalog-copy-probe-value";

/// Gives the source product a tag twice and returns its values.
pub(super) async fn observe(setup: &Setup<'_>) -> Result<Vec<String>> {
    let client = &setup.catalogs.source.client;
    let id = &setup.source_product.id;
    for value in ["first", "second"] {
        let tag = Tag::builder().key(KEY).value(value).build()?;
        let request = client.update_product().id(id).add_tags(tag);
        request.send().await.map_err(failed("UpdateProduct"))?;
    }
    let answer = client.describe_product_as_admin().id(id).send().await;
    let answer = answer.map_err(failed("DescribeProductAsAdmin"))?;
    let tags = answer.tags().iter().filter(|tag| tag.key() == KEY);
    Ok(tags.map(|tag| tag.value().to_owned()).collect())
}

pub(super) fn judge(values: &Vec<String>) -> Finding {
    let answer = match values.as_slice() {
        [value] if value == "second" => "yes",
        _ => "no",
    };
    Finding::new(
        answer,
        format!("first, then second: {}", values.join(" and ")),
    )
}
