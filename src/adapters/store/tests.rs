//! The database behind the port, and what may happen to its folder.

use std::sync::Arc;

use super::*;
use crate::runtime::store::{Change, Checkpoint, Due, Place};

fn stores(path: &Path) -> DiskStores {
    DiskStores::new(Settings { path: path.to_owned(), cache_bytes: 1 << 20 })
}

fn put(key: &str, value: &str, expires_ms: Option<i64>) -> Change {
    Change { table: "seen", key: key.into(), value: Some(value.to_owned().into()), expires_ms }
}

fn checkpoint(offset: i64) -> Checkpoint {
    Checkpoint { at_ms: 7, places: vec![Place { topic: "t".into(), id: "i".into(), offset }] }
}

fn value(store: &Arc<dyn Store>, key: &str) -> Option<String> {
    store.get("seen", key).expect("readable").map(|v| String::from_utf8_lossy(&v).into_owned())
}

#[test]
fn entries_and_checkpoint_outlive_the_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = stores(folder.path()).open("toy", 3).expect("it opens");
    assert!(store.is_empty().expect("readable"));
    store.write(&[put("a", "1", None), put("b", "2", None)], Some(&checkpoint(5))).expect("written");
    store.write(&[Change { value: None, ..put("b", "", None) }], Some(&checkpoint(6))).expect("written");
    drop(store);
    let stores = stores(folder.path());
    let store = stores.open("toy", 3).expect("it opens");
    assert_eq!((value(&store, "a").as_deref(), value(&store, "b")), (Some("1"), None));
    assert_eq!(store.checkpoint(), Ok(Some(checkpoint(6))));
    assert!(stores.open("toy", 4).expect("it opens").is_empty().expect("readable"), "each has its own");
}

#[test]
fn one_opened_anew_is_empty_and_its_older_owner_writes_no_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let stores = stores(folder.path());
    let old = stores.open("toy", 0).expect("it opens");
    old.write(&[put("a", "1", None)], Some(&checkpoint(5))).expect("written");
    let kept = stores.open("toy", 0).expect("it opens");
    assert_eq!(value(&kept, "a").as_deref(), Some("1"));
    assert!(matches!(old.write(&[put("a", "9", None)], None), Err(StoreError::Unavailable(_))));
    let new = stores.anew("toy", 0).expect("it opens");
    assert_eq!((new.is_empty(), new.checkpoint()), (Ok(true), Ok(None)));
    new.write(&[put("a", "2", None)], None).expect("written");
    assert_eq!(value(&new, "a").as_deref(), Some("2"));
}

#[test]
fn what_was_removed_or_emptied_does_not_come_back_with_a_later_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut holds = false;
    // each word a process: it puts, removes or empties. A deleted keyspace came back in the last one
    for (number, acts) in ["pp", "e", "p", "epr", "ec", ""].iter().enumerate() {
        let stores = stores(folder.path());
        let mut store = stores.open("toy", 0).expect("it opens");
        assert_eq!(store.is_empty(), Ok(!holds), "as process {number} finds it");
        for act in acts.chars() {
            match act {
                'p' => store.write(&[put("a", "1", None)], Some(&checkpoint(1))).expect("written"),
                'r' => store.write(&[Change { value: None, ..put("a", "", None) }], None).expect("written"),
                'e' => store = stores.anew("toy", 0).expect("it opens"),
                _ => store.write(&[], Some(&checkpoint(2))).expect("written"),
            }
            holds = act == 'p' || (holds && act == 'c');
        }
    }
}

#[test]
fn emptying_removes_dates_too_however_many_there_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let stores = stores(folder.path());
    let store = stores.open("toy", 0).expect("it opens");
    let many: Vec<Change> = (0..15_000).map(|n| put(&n.to_string(), "", Some(n))).collect();
    store.write(&many, Some(&checkpoint(5))).expect("written");
    let store = stores.anew("toy", 0).expect("it opens");
    assert_eq!((store.is_empty(), store.due(i64::MAX, 1), store.checkpoint()), (Ok(true), Ok(vec![]), Ok(None)));
}

#[test]
fn dates_are_found_in_order_moved_and_forgotten() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = stores(folder.path()).open("toy", 0).expect("it opens");
    store.write(&[put("b", "", Some(20)), put("a", "", Some(10)), put("c", "", Some(30))], None).expect("written");
    let keys = |now_ms| store.due(now_ms, 9).expect("readable").into_iter().map(|due| due.key).collect::<Vec<_>>();
    assert_eq!((keys(9), keys(20)), (vec![], vec!["a".to_owned(), "b".to_owned()]));
    let due = |at_ms, key: &str| Due { at_ms, table: "seen".into(), key: key.into() };
    store.redate(&[(due(10, "a"), Some(25)), (due(20, "b"), None)]).expect("written");
    assert_eq!((keys(24), keys(30)), (vec![], vec!["a".to_owned(), "c".to_owned()]));
    store.write(&[put("d", "", Some(5))], None).expect("written");
    assert_eq!(keys(24), ["d"], "an older date than those looked at before");
}

#[test]
fn a_folder_that_another_one_uses_is_waited_for_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = stores(folder.path());
    let store = first.open("toy", 0).expect("it opens");
    store.write(&[put("a", "1", None)], Some(&checkpoint(5))).expect("written");
    let second = stores(folder.path());
    let refused = second.open("toy", 0).err().expect("it is in use").to_string();
    assert!(refused.contains("used by another process") && refused.contains("state.path"), "{refused}");
    drop((store, first));
    assert_eq!(value(&second.open("toy", 0).expect("it opens"), "a").as_deref(), Some("1"));
}

#[test]
fn a_damaged_folder_is_emptied() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = stores(folder.path()).open("toy", 0).expect("it opens");
    store.write(&[put("a", "1", None)], Some(&checkpoint(5))).expect("written");
    drop(store);
    spoil(&folder.path().join("tables"));
    let store = stores(folder.path()).open("toy", 0).expect("it opens");
    assert_eq!((store.is_empty(), store.checkpoint()), (Ok(true), Ok(None)));
}

/// Writes nonsense into every file.
fn spoil(folder: &Path) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => spoil(&path),
            false => fs::write(&path, b"nonsense").expect("writable"),
        }
    }
}

#[test]
fn a_folder_that_may_not_be_made_is_told_by_its_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, b"").expect("writable");
    let refused = stores(&file).open("toy", 0).err().expect("it is a file").to_string();
    assert!(refused.contains("not available") && refused.contains("file"), "{refused}");
}

#[test]
fn a_database_that_could_not_be_read_is_thrown_away_before_it_is_opened_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let stores = stores(folder.path());
    for call in [(|| Err(fjall::Error::InvalidTrailer)) as fn() -> fjall::Result<()>, || panic!()] {
        let store = stores.disk_store("toy", 0).expect("it opens");
        store.write(&[put("a", "1", None)], Some(&checkpoint(5))).expect("written");
        let healthy = stores.open("toy", 1).expect("it opens");
        assert!(matches!(store.read(call), Err(StoreError::Damaged(_))));
        assert!(healthy.due(0, 1).is_err(), "every partition lets go of it");
        drop((store, healthy));
        let store = stores.open("toy", 0).expect("it opens");
        assert_eq!((store.is_empty(), store.checkpoint()), (Ok(true), Ok(None)));
    }
}

#[test]
fn after_a_failed_write_the_database_is_opened_again_once_everybody_let_it_go() {
    let folder = tempfile::tempdir().expect("a folder");
    let stores = stores(folder.path());
    let store = stores.disk_store("toy", 0).expect("it opens");
    store.write(&[put("a", "1", None)], Some(&checkpoint(5))).expect("written");
    let quiet = stores.open("toy", 1).expect("it opens");
    store.fail();
    drop(store);
    assert!(quiet.due(0, 1).is_err(), "one that writes nothing hears of it");
    assert!(matches!(stores.open("toy", 0), Err(StoreError::Unavailable(_))));
    drop(quiet);
    assert_eq!(value(&stores.open("toy", 0).expect("it opens"), "a").as_deref(), Some("1"));
}

#[test]
fn a_full_disk_is_waited_for_and_a_spoilt_file_is_not() {
    let path = Path::new("/state");
    let io = |kind: io::ErrorKind| judged(&fjall::Error::Io(kind.into()), path);
    let full = io(io::ErrorKind::StorageFull);
    assert_eq!(full.to_string(), "the state store is not available: no room at /state: make some; nothing is lost");
    assert!(matches!(io(io::ErrorKind::ReadOnlyFilesystem), StoreError::Unavailable(_)));
    assert!(matches!(judged(&fjall::Error::Poisoned, path), StoreError::Unavailable(_)));
    assert!(matches!(io(io::ErrorKind::InvalidData), StoreError::Damaged(_)));
    assert!(matches!(judged(&fjall::Error::Unrecoverable, path), StoreError::Damaged(_)));
}
