use std::collections::{BTreeMap, HashMap};
use std::iter;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::answer::Refusal;
use super::caller::{Caller, Session};
use super::copy::Copy;
use super::portfolio::Portfolio;
use super::{Call, Faults, HUB_ACCOUNT, Operation, Place, Product, Settings};

/// All products of all accounts, the copies under way and the calls seen.
#[derive(Debug)]
pub struct FakeState {
    /// How the fake behaves from now on.
    pub settings: Settings,
    /// What goes wrong from now on.
    pub faults: Faults,
    /// Every call of a known operation, in order of arrival.
    pub calls: Vec<Call>,
    pub(super) products: BTreeMap<Place, Vec<Product>>,
    pub(super) copies: Vec<Copy>,
    pub(super) portfolios: Vec<Portfolio>,
    /// How often each version still being created was described.
    pub(super) version_describes: HashMap<String, u32>,
    /// How often the product of each copied version was listed.
    pub(super) version_lists: HashMap<String, u32>,
    /// When the creation of each version began that a caller made and that is not yet over.
    pub(super) creations: HashMap<String, Instant>,
    pub(super) sessions: HashMap<String, Session>,
    ids_given: u64,
    last_created: u64,
}

impl FakeState {
    /// Without products, copies and calls.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            faults: Faults::default(),
            calls: Vec::new(),
            products: BTreeMap::new(),
            copies: Vec::new(),
            portfolios: Vec::new(),
            version_describes: HashMap::new(),
            version_lists: HashMap::new(),
            creations: HashMap::new(),
            sessions: HashMap::new(),
            ids_given: 0,
            last_created: 0,
        }
    }

    /// Adds a product, gives it and its versions ids, and returns its ARN.
    pub fn add_product(&mut self, place: &Place, mut product: Product) -> String {
        self.give_ids(&mut product);
        let arn = place.product_arn(&product.id);
        self.products
            .entry(place.clone())
            .or_default()
            .push(product);
        arn
    }

    /// The products of an account in a Region as they are now, with their versions.
    pub fn products(&mut self, place: &Place) -> Vec<Product> {
        self.settle();
        self.products.get(place).cloned().unwrap_or_default()
    }

    /// The product with this ARN, for a test to change.
    pub fn product_mut(&mut self, arn: &str) -> Option<&mut Product> {
        self.settle();
        let (place, id) = parse_product_arn(arn)?;
        let here = self.products.get_mut(&place)?;
        here.iter_mut().find(|product| product.id == id)
    }

    /// How many copies were begun, whether or not their callers learned it.
    #[must_use]
    pub fn accepted_copies(&self) -> usize {
        self.copies.len()
    }

    /// The calls of one operation, in order of arrival.
    #[must_use]
    pub fn calls_of(&self, operation: Operation) -> Vec<Call> {
        let calls = self.calls.iter();
        let wanted = calls.filter(|call| call.operation == operation);
        wanted.cloned().collect()
    }

    /// How many calls so far were of an operation that writes, whatever came of them.
    #[must_use]
    pub fn writing_calls(&self) -> usize {
        let calls = self.calls.iter();
        calls.filter(|call| call.operation.writes()).count()
    }

    /// All products that were copied, each with where it is.
    pub fn copied_products(&mut self) -> Vec<(Place, Product)> {
        self.settle();
        let all = self.products.iter();
        let all = all.flat_map(|(place, here)| here.iter().map(move |it| (place, it)));
        all.filter(|(_, product)| product.copied_from.is_some())
            .map(|(place, product)| (place.clone(), product.clone()))
            .collect()
    }

    pub(super) fn products_in(&self, place: &Place) -> impl Iterator<Item = &Product> {
        self.products.get(place).into_iter().flatten()
    }

    pub(super) fn find(&self, place: &Place, id: &str) -> Result<&Product, Refusal> {
        let mut same = self.products_in(place).filter(|product| product.id == id);
        same.next().ok_or_else(|| Refusal::not_found(id))
    }

    pub(super) fn find_mut(&mut self, place: &Place, id: &str) -> Result<&mut Product, Refusal> {
        let mut here = self.products.get_mut(place).into_iter().flatten();
        let found = here.find(|product| product.id == id);
        found.ok_or_else(|| Refusal::not_found(id))
    }

    /// Gives the product and its versions the ids, and the versions the times, they lack.
    pub(super) fn give_ids(&mut self, product: &mut Product) {
        if product.id.is_empty() {
            product.id = self.new_id("prod-");
        }
        for version in &mut product.versions {
            if version.id.is_empty() {
                version.id = self.new_id("pa-");
            }
            if version.created == 0 {
                version.created = self.new_time();
            }
        }
    }

    /// Now in seconds since 1970, but later than every time before, so that what was made within one
    /// second has an order.
    fn new_time(&mut self) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.unwrap_or_default().as_secs();
        self.last_created = now.max(self.last_created + 1);
        self.last_created
    }

    /// An access key of twelve digits is that account's, any other that `AssumeRole` did not hand out the hub's.
    pub(super) fn caller(&self, access_key: &str, region: &str) -> Caller {
        let session = self.sessions.get(access_key);
        let is_account = access_key.len() == 12 && access_key.bytes().all(|it| it.is_ascii_digit());
        let own = if is_account { access_key } else { HUB_ACCOUNT };
        let account = session.map_or(own, |session| &session.account);
        Caller {
            place: Place::new(account, region),
            role_session_name: session.map(|session| session.name.clone()),
        }
    }

    /// An id that looks random but is the same in every run.
    pub(super) fn new_id(&mut self, prefix: &str) -> String {
        const CHARACTERS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
        // No factor in common with 36, so that no two numbers give the same id.
        const SPREAD: u128 = 98_076_054_133_427_290_981;
        self.ids_given += 1;
        let mut rest = u128::from(self.ids_given) * SPREAD;
        let random = iter::repeat_with(|| {
            let digit = usize::try_from(rest % 36).unwrap_or_default();
            rest /= 36;
            char::from(CHARACTERS[digit])
        });
        prefix.chars().chain(random.take(13)).collect()
    }
}

/// A test that failed while holding the state must not fail the others' calls as well.
pub(super) fn lock(state: &Mutex<FakeState>) -> MutexGuard<'_, FakeState> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn parse_product_arn(arn: &str) -> Option<(Place, &str)> {
    let mut parts = arn.splitn(6, ':').skip(2);
    let service = parts.next()?;
    let (region, account) = (parts.next()?, parts.next()?);
    let id = parts.next()?.strip_prefix("product/")?;
    (service == "catalog").then(|| (Place::new(account, region), id))
}
