/// The account of every caller that did not assume a role.
pub const HUB_ACCOUNT: &str = "111122223333";

/// The account that the demo and the tests copy to.
pub const SPOKE_ACCOUNT: &str = "444455556666";

/// The role that [`SPOKE_ACCOUNT`] gives.
pub const TARGET_ROLE: &str = "arn:aws:iam::444455556666:role/CatalogCopyTarget";
