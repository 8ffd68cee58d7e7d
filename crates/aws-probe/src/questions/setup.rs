use crate::Catalogs;
use crate::copies::Copies;
use crate::source_product::SourceProduct;

/// What every question needs.
pub(crate) struct Setup<'a> {
    pub(crate) catalogs: &'a Catalogs,
    pub(crate) copies: &'a Copies,
    pub(crate) source_product: &'a SourceProduct,
}
