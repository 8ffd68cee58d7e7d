//! Each change is named by the product's ARN, and by the version's id where it is of one.

use super::{FakeState, Product, Version, read_versions};

impl FakeState {
    /// Adds a version, newer than all others, and returns its id.
    ///
    /// # Panics
    /// When there is no such product.
    pub fn publish(&mut self, arn: &str, version: Version) -> String {
        let mut product = self.product(arn).clone();
        product.versions.push(version);
        self.give_ids(&mut product);
        let id = product.versions.last().map(|version| version.id.clone());
        *self.product(arn) = product;
        id.expect("the version just added")
    }

    /// Renames a version.
    ///
    /// # Panics
    /// When there is no such version.
    pub fn rename_version(&mut self, arn: &str, id: &str, name: &str) {
        name.clone_into(&mut self.version(arn, id).name);
    }

    /// Makes a version inactive.
    ///
    /// # Panics
    /// When there is no such version.
    pub fn deactivate(&mut self, arn: &str, id: &str) {
        let version = self.version(arn, id);
        *version = version.clone().inactive();
    }

    /// Gives a version the guidance `DEPRECATED`.
    ///
    /// # Panics
    /// When there is no such version.
    pub fn deprecate(&mut self, arn: &str, id: &str) {
        let version = self.version(arn, id);
        *version = version.clone().deprecated();
    }

    /// Removes a version.
    ///
    /// # Panics
    /// When there is no such version.
    pub fn remove_version(&mut self, arn: &str, id: &str) {
        self.version(arn, id);
        let versions = &mut self.product(arn).versions;
        versions.retain(|version| version.id != id);
    }

    /// Removes a product with its versions.
    ///
    /// # Panics
    /// When there is no such product.
    pub fn remove_product(&mut self, arn: &str) {
        let id = self.product(arn).id.clone();
        for products in self.products.values_mut() {
            products.retain(|product| product.id != id);
        }
    }

    /// Renames a product.
    ///
    /// # Panics
    /// When there is no such product.
    pub fn rename_product(&mut self, arn: &str, name: &str) {
        name.clone_into(&mut self.product(arn).name);
    }

    fn product(&mut self, arn: &str) -> &mut Product {
        self.product_mut(arn).expect("a product with this ARN")
    }

    fn version(&mut self, arn: &str, id: &str) -> &mut Version {
        read_versions::find_mut(self.product(arn), id).expect("a version with this id")
    }
}
