//! Which product of the target is copied into.

use super::Clients;
use crate::{
    aws::{dynamodb::CopiesTable, service_catalog::RegionalCatalog},
    error::{Error, ErrorKind},
    record::{CopyKey, Known, target_key},
    request::{CopyRequest, OnNameTaken},
    version::Version,
};

/// Looks for the target product of one copy.
pub(super) struct Finder<'a> {
    table: &'a CopiesTable,
    pub(super) source: &'a RegionalCatalog,
    pub(super) target: &'a RegionalCatalog,
    pub(super) request: &'a CopyRequest,
    pub(super) key: &'a CopyKey,
    /// Whether nothing is written.
    pub(super) dry_run: bool,
}

/// The product that is copied into.
pub(super) enum Found {
    /// One that is there.
    Existing { id: String, versions: Vec<Version> },
    /// A new one of this name, beside those that have it.
    New {
        name: String,
        namesakes: Vec<String>,
    },
}

/// What the copy's name says.
enum Named {
    /// This product is the copy, or is taken for it.
    Copy(String),
    /// None is, also of those that have the name.
    New {
        name: String,
        namesakes: Vec<String>,
    },
}

impl<'a> Finder<'a> {
    pub(super) fn new(
        clients: &'a Clients,
        source: &'a RegionalCatalog,
        target: &'a RegionalCatalog,
        request: &'a CopyRequest,
        key: &'a CopyKey,
    ) -> Self {
        Self {
            table: &clients.table,
            source,
            target,
            request,
            key,
            dry_run: request.dry_run == Some(true),
        }
    }

    /// The product that is known, else the one that the request names, else one of the copy's name
    /// as `OnNameTaken` says, else a new one. What is known of a product that is gone is forgotten.
    ///
    /// # Errors
    /// `TargetTaken`, `NameTaken`, `TargetAmbiguous`, and errors of Service Catalog and `DynamoDB`.
    pub(super) async fn find(&self, source: &[Version], known: &mut Known) -> Result<Found, Error> {
        let named_as = target_key(self.request);
        let is_known = known.target_product_ids.get(&named_as);
        if let Some(id) = is_known.cloned() {
            if let Some(versions) = self.target.find_versions(&id).await? {
                return Ok(self.existing(id, versions, source, known));
            }
            known.target_product_ids.remove(&named_as);
        }
        let id = match &self.request.target_product_id {
            Some(id) => id.clone(),
            None => match self.named().await? {
                Named::Copy(id) => id,
                Named::New { name, namesakes } => return Ok(Found::New { name, namesakes }),
            },
        };
        let versions = self.target.list_provisioning_artifacts(&id).await?;
        self.claim_or_look(&id).await?;
        known.target_product_ids.insert(named_as, id.clone());
        Ok(self.existing(id, versions, source, known))
    }

    /// With `ADOPT`, versions of equal names are taken for copies.
    fn existing(
        &self,
        id: String,
        versions: Vec<Version>,
        source: &[Version],
        known: &mut Known,
    ) -> Found {
        if self.request.on_name_taken == Some(OnNameTaken::Adopt) {
            known.adopt(source, &versions);
        }
        Found::Existing { id, versions }
    }

    /// The name that the copy has as a new product.
    ///
    /// # Errors
    /// Errors of Service Catalog.
    pub(super) async fn product_name(&self) -> Result<String, Error> {
        let source_id = self.request.source_product_id();
        match &self.request.target_product_name {
            Some(name) => Ok(name.clone()),
            None => Ok(self.source.describe_product_as_admin(source_id).await?.name),
        }
    }

    /// The products of the target that have this name, the source itself left out.
    ///
    /// # Errors
    /// Errors of Service Catalog.
    pub(super) async fn namesakes(&self, name: &str) -> Result<Vec<String>, Error> {
        let mut ids = self.target.products_named(name).await?;
        ids.retain(|id| id != self.request.source_product_id());
        Ok(ids)
    }

    /// Claims a product of the target for the source.
    ///
    /// # Errors
    /// `TargetTaken`, and errors of `DynamoDB`.
    pub(super) async fn claim(&self, id: &str) -> Result<(), Error> {
        let (place, source) = (&self.key.place, &self.key.source_product_arn);
        taken(id, self.table.claim(place, id, source).await?)
    }

    /// Claims a product, or where nothing is written, looks whether it could be claimed.
    async fn claim_or_look(&self, id: &str) -> Result<(), Error> {
        if !self.dry_run {
            return self.claim(id).await;
        }
        let claimed_by = self.table.claimed_by(&self.key.place, id).await?;
        taken(
            id,
            claimed_by.filter(|source| *source != self.key.source_product_arn),
        )
    }

    /// The product of the copy's name that may be copied into, else what a new one needs.
    async fn named(&self) -> Result<Named, Error> {
        let name = self.product_name().await?;
        let namesakes = self.namesakes(&name).await?;
        let mut unclaimed = Vec::new();
        for id in &namesakes {
            match self.table.claimed_by(&self.key.place, id).await? {
                Some(source) if source == self.key.source_product_arn => {
                    return Ok(Named::Copy(id.clone()));
                }
                Some(_) => {}
                None => unclaimed.push(id.as_str()),
            }
        }
        let on_name_taken = self.request.on_name_taken.unwrap_or_default();
        match (&unclaimed[..], on_name_taken) {
            ([], _) | (_, OnNameTaken::New) => Ok(Named::New { name, namesakes }),
            ([id], OnNameTaken::Adopt) => Ok(Named::Copy((*id).to_owned())),
            (_, OnNameTaken::Adopt) => Err(Error::new(
                ErrorKind::TargetAmbiguous,
                format!(
                    "the target has more than one product of the copy's name: {}; TargetProductId \
                     says which",
                    unclaimed.join(", ")
                ),
            )),
            (_, OnNameTaken::Fail) => Err(Error::new(
                ErrorKind::NameTaken,
                format!(
                    "the target has a product of the copy's name that is not known to be a copy: {}. \
                     To take it for the copy, say OnNameTaken ADOPT, or name it as TargetProductId; \
                     to make one more product of that name, say NEW",
                    unclaimed.join(", ")
                ),
            )),
        }
    }
}

/// Refuses a product that is the copy of another one.
fn taken(id: &str, other: Option<String>) -> Result<(), Error> {
    match other {
        None => Ok(()),
        Some(other) => Err(Error::new(
            ErrorKind::TargetTaken,
            format!("product {id} of the target is the copy of {other}"),
        )),
    }
}
