use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error;
use serde_json::Value;

use super::{
    Outcome, Place, World, copy_product, copy_status, create_product, create_version,
    delete_product, own_portfolios, portfolios, read_products, read_versions, sts, trail,
    update_product, update_version,
};

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

    pub(super) fn named(name: &str) -> Result<Self, Refusal> {
        Self::deserialize(name.into_deserializer())
            .map_err(|error: Error| Refusal::new("UnknownOperationException", error.to_string()))
    }

    pub(super) fn run(
        self,
        world: &mut World,
        caller: &Caller,
        request: &Value,
    ) -> Result<Answer, Refusal> {
        world.settle();
        match self {
            Self::AssociateProductWithPortfolio => portfolios::associate(world, caller, request),
            Self::AssumeRole => sts::assume_role(world, request),
            Self::CopyProduct => copy_product::copy_product(world, caller, request),
            Self::CreatePortfolio => own_portfolios::create(world, caller, request),
            Self::CreateProduct => create_product::create(world, caller, request),
            Self::CreateProvisioningArtifact => create_version::create(world, caller, request),
            Self::DeletePortfolio => own_portfolios::delete(world, caller, request),
            Self::DeleteProduct => delete_product::delete(world, caller, request),
            Self::DescribeCopyProductStatus => copy_status::describe(world, caller, request),
            Self::DescribeProductAsAdmin => read_products::describe(world, caller, request),
            Self::DescribeProvisioningArtifact => read_versions::describe(world, caller, request),
            Self::DisassociateProductFromPortfolio => {
                portfolios::disassociate(world, caller, request)
            }
            Self::GetCallerIdentity => Ok(sts::caller_identity(caller)),
            Self::ListPortfolios => own_portfolios::list(world, caller, request),
            Self::ListPortfoliosForProduct => portfolios::list(world, caller, request),
            Self::ListProvisioningArtifacts => read_versions::list(world, caller, request),
            Self::LookupEvents => trail::lookup(world, caller, request),
            Self::SearchProductsAsAdmin => read_products::search(world, caller, request),
            Self::UpdateProduct => update_product::update(world, caller, request),
            Self::UpdateProvisioningArtifact => update_version::update(world, caller, request),
        }
    }
}

/// Who calls, and in which Region.
pub(super) struct Caller {
    pub(super) place: Place,
    pub(super) role_session_name: Option<String>,
}

/// What an operation answers.
pub(super) struct Answer {
    pub(super) members: Value,
    pub(super) outcome: Outcome,
}

impl Answer {
    pub(super) fn not_done(members: Value) -> Self {
        Self {
            members,
            outcome: Outcome::NotDone,
        }
    }

    pub(super) fn updated(members: Value) -> Self {
        Self {
            members,
            outcome: Outcome::Updated,
        }
    }
}

impl From<Value> for Answer {
    fn from(members: Value) -> Self {
        Self {
            members,
            outcome: Outcome::Answered,
        }
    }
}

/// An error as the service answers it.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            code: code.to_owned(),
            message: message.into(),
        }
    }

    pub(super) fn not_found(what: &str) -> Self {
        Self::new("ResourceNotFoundException", format!("{what} not found."))
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new("InvalidParametersException", message)
    }

    pub(super) fn forbidden(code: &str, message: impl Into<String>) -> Self {
        Self {
            status: 403,
            ..Self::new(code, message)
        }
    }
}
