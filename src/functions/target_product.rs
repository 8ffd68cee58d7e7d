//! Which product of the target is copied into.

use crate::{
    aws::service_catalog::RegionalCatalog,
    error::{Error, ErrorKind},
    request::CopyRequest,
};

/// The product that the request names, else the one of the copy's name; `None`: a new one.
///
/// # Errors
/// `TargetAmbiguous`, and errors of Service Catalog.
pub(super) async fn find(
    source: &RegionalCatalog,
    target: &RegionalCatalog,
    request: &CopyRequest,
) -> Result<Option<String>, Error> {
    if request.target_product_id.is_some() {
        return Ok(request.target_product_id.clone());
    }
    let source_id = request.source_product_id();
    let name = match &request.target_product_name {
        Some(name) => name.clone(),
        None => source.describe_product_as_admin(source_id).await?.name,
    };
    let mut ids = target.search_products_as_admin(&name).await?;
    ids.retain(|id| id != source_id);
    match ids.len() {
        0 | 1 => Ok(ids.pop()),
        _ => Err(Error::new(
            ErrorKind::TargetAmbiguous,
            format!(
                "the target has more than one product named {name}: {}; TargetProductId says which",
                ids.join(", ")
            ),
        )),
    }
}
