use fake_service_catalog::{HUB_ACCOUNT, Place, Product, SPOKE_ACCOUNT, ServiceCatalog, Version};
use testbed::stack::REGION;

/// The ARNs of the products in the hub account.
#[derive(Debug)]
#[expect(missing_docs, reason = "a field a product")]
pub struct Products {
    pub vpc: String,
    pub bucket: String,
    pub database: String,
}

impl Products {
    /// Adds them to a Service Catalog.
    #[must_use]
    pub fn add_to(catalog: &ServiceCatalog) -> Self {
        let add = |product| {
            let hub = Place::new(HUB_ACCOUNT, REGION);
            catalog.state().add_product(&hub, product)
        };
        Self {
            vpc: add(Product::new("VPC", "Network team")
                .version(Version::new("v1.0", "Two public subnets"))
                .version(Version::new("v1.1", "Private subnets and NAT"))
                .version(Version::new("v2.0", "Transit gateway attachment"))
                .tag("cost-centre", "network")
                .shared_with(SPOKE_ACCOUNT)),
            bucket: add(Product::new("Encrypted bucket", "Storage team")
                .version(Version::new("v1.0", "Default encryption"))
                .version(Version::new("v1.1", "Object Lock"))
                .shared_with(SPOKE_ACCOUNT)),
            database: add(Product::new("Database", "Data team")
                .version(Version::new("v3.2", "PostgreSQL with backups"))),
        }
    }
}
