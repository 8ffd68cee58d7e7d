//! Which function answers which operation.

use serde_json::Value;

use super::answer::{Answer, Refusal};
use super::caller::Caller;
use super::{
    Operation, World, copy_product, copy_status, create_product, create_version, delete_product,
    own_portfolios, portfolios, read_products, read_versions, shares, sts, trail, update_product,
    update_version,
};

/// Does what is asked for, after everything has happened that is due by now.
pub(super) fn dispatch(
    operation: Operation,
    world: &mut World,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    world.settle();
    match operation {
        Operation::AcceptPortfolioShare => shares::accept(world, caller, request),
        Operation::AssociateProductWithPortfolio => portfolios::associate(world, caller, request),
        Operation::AssumeRole => sts::assume_role(world, request),
        Operation::CopyProduct => copy_product::copy_product(world, caller, request),
        Operation::CreatePortfolio => own_portfolios::create(world, caller, request),
        Operation::CreatePortfolioShare => shares::create(world, caller, request),
        Operation::CreateProduct => create_product::create(world, caller, request),
        Operation::CreateProvisioningArtifact => create_version::create(world, caller, request),
        Operation::DeletePortfolio => own_portfolios::delete(world, caller, request),
        Operation::DeletePortfolioShare => shares::delete(world, caller, request),
        Operation::DeleteProduct => delete_product::delete(world, caller, request),
        Operation::DescribeCopyProductStatus => copy_status::describe(world, caller, request),
        Operation::DescribeProductAsAdmin => read_products::describe(world, caller, request),
        Operation::DescribeProvisioningArtifact => read_versions::describe(world, caller, request),
        Operation::DisassociateProductFromPortfolio => {
            portfolios::disassociate(world, caller, request)
        }
        Operation::GetCallerIdentity => Ok(sts::caller_identity(caller)),
        Operation::ListPortfolioAccess => shares::list(world, caller, request),
        Operation::ListPortfolios => own_portfolios::list(world, caller, request),
        Operation::ListPortfoliosForProduct => portfolios::list(world, caller, request),
        Operation::ListProvisioningArtifacts => read_versions::list(world, caller, request),
        Operation::LookupEvents => trail::lookup(world, caller, request),
        Operation::SearchProductsAsAdmin => read_products::search(world, caller, request),
        Operation::UpdateProduct => update_product::update(world, caller, request),
        Operation::UpdateProvisioningArtifact => update_version::update(world, caller, request),
    }
}
