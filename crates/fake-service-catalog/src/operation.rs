use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error;

/// The operations the fake knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[expect(missing_docs, reason = "the names are AWS's")]
pub enum Operation {
    AssociateProductWithPortfolio,
    AssumeRole,
    CopyProduct,
    CreatePortfolio,
    CreateProduct,
    CreateProvisioningArtifact,
    DeletePortfolio,
    DeleteProduct,
    DescribeCopyProductStatus,
    DescribeProductAsAdmin,
    DescribeProvisioningArtifact,
    DisassociateProductFromPortfolio,
    GetCallerIdentity,
    ListPortfolios,
    ListPortfoliosForProduct,
    ListProvisioningArtifacts,
    LookupEvents,
    SearchProductsAsAdmin,
    UpdateProduct,
    UpdateProvisioningArtifact,
}

impl Operation {
    /// Whether it changes anything in Service Catalog.
    #[must_use]
    pub fn writes(self) -> bool {
        matches!(
            self,
            Self::AssociateProductWithPortfolio
                | Self::CopyProduct
                | Self::CreatePortfolio
                | Self::CreateProduct
                | Self::CreateProvisioningArtifact
                | Self::DeletePortfolio
                | Self::DeleteProduct
                | Self::DisassociateProductFromPortfolio
                | Self::UpdateProduct
                | Self::UpdateProvisioningArtifact
        )
    }

    pub(super) fn named(name: &str) -> Result<Self, Error> {
        Self::deserialize(name.into_deserializer())
    }
}
