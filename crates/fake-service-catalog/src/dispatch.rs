//! Which function answers which operation.

use serde_json::Value;

use super::answer::{Answer, Refusal};
use super::caller::Caller;
use super::{
    FakeState, Operation, copy_product, copy_status, create_product, create_version,
    delete_product, own_portfolios, portfolios, read_products, read_versions, shares, sts, trail,
    update_product, update_version,
};

/// Does what is asked for, after everything has happened that is due by now.
pub(super) fn dispatch(
    operation: Operation,
    state: &mut FakeState,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    state.settle();
    match operation {
        Operation::AcceptPortfolioShare => shares::accept(state, caller, request),
        Operation::AssociateProductWithPortfolio => portfolios::associate(state, caller, request),
        Operation::AssumeRole => sts::assume_role(state, request),
        Operation::CopyProduct => copy_product::copy_product(state, caller, request),
        Operation::CreatePortfolio => own_portfolios::create(state, caller, request),
        Operation::CreatePortfolioShare => shares::create(state, caller, request),
        Operation::CreateProduct => create_product::create(state, caller, request),
        Operation::CreateProvisioningArtifact => create_version::create(state, caller, request),
        Operation::DeletePortfolio => own_portfolios::delete(state, caller, request),
        Operation::DeletePortfolioShare => shares::delete(state, caller, request),
        Operation::DeleteProduct => delete_product::delete(state, caller, request),
        Operation::DescribeCopyProductStatus => copy_status::describe(state, caller, request),
        Operation::DescribeProductAsAdmin => read_products::describe(state, caller, request),
        Operation::DescribeProvisioningArtifact => read_versions::describe(state, caller, request),
        Operation::DisassociateProductFromPortfolio => {
            portfolios::disassociate(state, caller, request)
        }
        Operation::GetCallerIdentity => Ok(sts::caller_identity(caller)),
        Operation::ListPortfolioAccess => shares::list(state, caller, request),
        Operation::ListPortfolios => own_portfolios::list(state, caller, request),
        Operation::ListPortfoliosForProduct => portfolios::list(state, caller, request),
        Operation::ListProvisioningArtifacts => read_versions::list(state, caller, request),
        Operation::LookupEvents => trail::lookup(state, caller, request),
        Operation::SearchProductsAsAdmin => read_products::search(state, caller, request),
        Operation::UpdateProduct => update_product::update(state, caller, request),
        Operation::UpdateProvisioningArtifact => update_version::update(state, caller, request),
    }
}
