/// What the name of everything that a probe makes begins with.
pub const PREFIX: &str = "catalog-copy-probe-";

/// The key of the tag of everything that a probe makes; its value is the run's name.
pub const TAG: &str = "catalog-copy-probe";

/// Who is said to own the products that a probe makes, and to provide its portfolio.
pub const OWNER: &str = "Catalog Copy probe";

/// What follows the run's name in the name of a product.
const SUFFIXES: [&str; 7] = [
    "",
    "-copy",
    "-token",
    "-other",
    "-unwatched",
    "-not-shared",
    "-shared",
];

const RANDOM: usize = 8;

/// A name for one run and everything it makes.
#[must_use]
pub fn run_name() -> String {
    let random = std::iter::repeat_with(fastrand::lowercase).take(RANDOM);
    PREFIX.chars().chain(random).collect()
}

/// The run whose name this begins with, where its whole form is that of a probe's product.
pub(super) fn run_of(name: &str) -> Option<&str> {
    let (random, suffix) = name.strip_prefix(PREFIX)?.split_at_checked(RANDOM)?;
    let is_ours = random.bytes().all(|it| it.is_ascii_lowercase()) && SUFFIXES.contains(&suffix);
    is_ours.then(|| &name[..PREFIX.len() + RANDOM])
}
