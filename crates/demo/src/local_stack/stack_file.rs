//! stack.json: how other tools find the stack.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::process;

use anyhow::{Context, Result};
use serde::Serialize;
use testbed::process::root;

/// What is in the file.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StackJson<'s> {
    pub(super) endpoint: &'s str,
    pub(super) service_catalog_endpoint: &'s str,
    pub(super) sts_endpoint: &'s str,
    pub(super) region: &'s str,
    pub(super) hub_account_id: &'s str,
    pub(super) target_role_arn: &'s str,
    pub(super) external_id: Option<&'s str>,
    pub(super) outputs: &'s BTreeMap<String, String>,
}

/// Where the file will be, which no other local stack uses meanwhile.
pub(super) struct Place {
    path: PathBuf,
    /// Held, not read: the lock is released when this process ends, however it ends.
    _lock: File,
}

impl Place {
    /// Takes `target/local/stack.json`, or a name of its own while another local stack has that.
    pub(super) fn take() -> Result<Self> {
        Self::take_in(&root().join("target/local"))
    }

    fn take_in(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let lock = File::create(folder.join("stack.lock"))?;
        let path = folder.join("stack.json");
        let path = match lock.try_lock() {
            Ok(()) => path,
            Err(TryLockError::WouldBlock) => {
                println!("Another local stack runs beside this: {}", path.display());
                folder.join(format!("stack-{}.json", process::id()))
            }
            Err(TryLockError::Error(error)) => return Err(error).context("stack.lock"),
        };
        // One that was killed left its own.
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error)?,
            _ => Ok(Self { path, _lock: lock }),
        }
    }

    /// Writes the file, which is there whole or not at all.
    pub(super) fn write(self, content: &StackJson) -> Result<StackFile> {
        let part = self.path.with_extension("json.part");
        fs::write(&part, format!("{:#}\n", serde_json::to_value(content)?))?;
        fs::rename(&part, &self.path)?;
        Ok(StackFile(self))
    }
}

/// The written file, removed when dropped.
pub(super) struct StackFile(Place);

impl StackFile {
    pub(super) fn path(&self) -> &Path {
        &self.0.path
    }
}

impl Drop for StackFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = root().join(format!("target/local/{name}-{}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    fn write(place: Place, endpoint: &str) -> StackFile {
        let file = place.write(&StackJson {
            endpoint,
            service_catalog_endpoint: "",
            sts_endpoint: "",
            region: "",
            hub_account_id: "",
            target_role_arn: "",
            external_id: None,
            outputs: &BTreeMap::new(),
        });
        file.expect("is written")
    }

    #[test]
    fn a_second_stack_has_a_file_of_its_own_and_leaves_the_firsts() {
        let folder = folder("second");
        let first = write(Place::take_in(&folder).expect("a place"), "first");
        let second = write(Place::take_in(&folder).expect("a place"), "second");
        assert_eq!(first.path(), folder.join("stack.json"));
        assert_ne!(first.path(), second.path());
        drop(second);
        let text = fs::read_to_string(first.path()).expect("is there");
        assert!(text.contains("first"), "{text}");
        drop(first);
        let left = fs::read_dir(&folder).expect("a folder");
        let left: Vec<_> = left
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        assert_eq!(left, ["stack.lock"]);
        fs::remove_dir_all(&folder).expect("is removed");
    }

    #[test]
    fn what_a_killed_stack_left_is_gone_before_the_next_is_ready() {
        let folder = folder("killed");
        fs::create_dir_all(&folder).expect("a folder");
        let left = folder.join("stack.json");
        fs::write(&left, "old").expect("is written");
        let place = Place::take_in(&folder).expect("a place");
        assert!(!left.exists());
        let file = write(place, "new");
        assert_eq!(file.path(), left);
        drop(file);
        fs::remove_dir_all(&folder).expect("is removed");
    }
}
