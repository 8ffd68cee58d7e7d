use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error;

/// The operations the fake knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[expect(missing_docs, reason = "the names are AWS's")]
pub enum Operation {
    AcceptPortfolioShare,
    AssociateProductWithPortfolio,
    AssumeRole,
    CopyProduct,
    CreatePortfolio,
    CreatePortfolioShare,
    CreateProduct,
    CreateProvisioningArtifact,
    DeletePortfolio,
    DeletePortfolioShare,
    DeleteProduct,
    DescribeCopyProductStatus,
    DescribeProductAsAdmin,
    DescribeProvisioningArtifact,
    DisassociateProductFromPortfolio,
    GetCallerIdentity,
    ListPortfolioAccess,
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
            Self::AcceptPortfolioShare
                | Self::AssociateProductWithPortfolio
                | Self::CopyProduct
                | Self::CreatePortfolio
                | Self::CreatePortfolioShare
                | Self::CreateProduct
                | Self::CreateProvisioningArtifact
                | Self::DeletePortfolio
                | Self::DeletePortfolioShare
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
