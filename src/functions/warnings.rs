//! What was copied as asked, and may not launch where it is now.

use crate::{plan::CopiedVersion, version::Version};

/// A warning about a product of this type.
pub(super) fn of_type(product_type: &str) -> Option<String> {
    let launches = match product_type {
        "EXTERNAL" | "TERRAFORM_OPEN_SOURCE" | "TERRAFORM_CLOUD" => {
            "where its provisioning engine is set up, in the target's account and Region"
        }
        "MARKETPLACE" => "in an account that has subscribed to it in AWS Marketplace",
        _ => return None,
    };
    Some(format!(
        "The product is of type {product_type}: it launches only {launches}."
    ))
}

/// A warning about versions whose template is in a bucket of the source's Region, where what it loads
/// is likely to be, too.
pub(super) fn of_templates(
    source: &[Version],
    copied: &[CopiedVersion],
    from: &str,
    to: &str,
) -> Option<String> {
    if from == to {
        return None;
    }
    let is_bound = |version: &&CopiedVersion| {
        let source = source.iter().find(|it| it.id == version.source_id);
        let url = source.and_then(|it| it.template_url.as_deref());
        url.is_some_and(|url| bucket(url).contains(from))
    };
    let names: Vec<_> = copied
        .iter()
        .filter(is_bound)
        .map(|version| format!("{} ({})", version.name, version.source_id))
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "The templates of these versions are in a bucket of {from}: {}. What they load from there, \
             such as Lambda code and nested stacks, may not launch in {to}.",
            names.join(", ")
        )
    })
}

/// The host and the first part of the path: S3 has a bucket in either.
fn bucket(url: &str) -> String {
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    let parts: Vec<_> = rest.split('/').take(2).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_that_needs_more_than_a_template_is_named() {
        for product_type in [
            "EXTERNAL",
            "TERRAFORM_OPEN_SOURCE",
            "TERRAFORM_CLOUD",
            "MARKETPLACE",
        ] {
            let warning = of_type(product_type).expect("is a warning");
            assert!(warning.contains(&format!("of type {product_type}:")));
        }
        assert_eq!(of_type("CLOUD_FORMATION_TEMPLATE"), None);
    }

    fn warning(url: Option<&str>, to: &str) -> Option<String> {
        let source = Version {
            id: "pa-1".to_owned(),
            template_url: url.map(str::to_owned),
            ..Version::default()
        };
        let copied = CopiedVersion {
            source_id: "pa-1".to_owned(),
            target_id: None,
            name: "v1".to_owned(),
        };
        of_templates(&[source], &[copied], "us-east-1", to)
    }

    #[test]
    fn a_template_in_a_bucket_of_the_sources_region_is_named() {
        for url in [
            "https://s3.us-east-1.amazonaws.com/templates/v1.json",
            "https://templates.s3.us-east-1.amazonaws.com/v1.json",
            "https://s3.amazonaws.com/artifacts-us-east-1/v1.json",
        ] {
            let warning = warning(Some(url), "eu-west-1").expect("is a warning");
            assert!(warning.contains("v1 (pa-1)") && warning.contains("launch in eu-west-1"));
        }
    }

    #[test]
    fn any_other_template_is_none() {
        let bound = "https://s3.us-east-1.amazonaws.com/templates/v1.json";
        assert_eq!(warning(Some(bound), "us-east-1"), None);
        assert_eq!(warning(None, "eu-west-1"), None);
        for url in [
            "https://s3.amazonaws.com/templates/us-east-1.json",
            "https://s3.amazonaws.com/templates/us-east-1/v1.json",
        ] {
            assert_eq!(warning(Some(url), "eu-west-1"), None, "{url}");
        }
    }
}
