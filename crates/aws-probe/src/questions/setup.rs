use crate::Catalogs;
use crate::copies::Copies;
use crate::throwaway::Throwaway;

/// What questions are asked with.
pub(crate) struct Means<'a> {
    pub(crate) catalogs: &'a Catalogs,
    pub(crate) copies: &'a Copies,
    pub(crate) throwaway: &'a Throwaway,
}
