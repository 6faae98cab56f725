//! Tables on disk: one database per process, one keyspace per partition. Opens, empties and gives up what cannot be used;
//! whether a store may be gone on from is the runtime's to decide. Everything here can be deleted: the changelog has it.

mod layout;
mod partition;

use std::{
    collections::HashMap,
    fs::{self, File},
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use fjall::{Database, KeyspaceCreateOptions};

use self::partition::DiskStore;
use crate::runtime::store::{Store, StoreError, Stores};

/// Where the database lies, and what it may take of memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// A folder of this process alone.
    pub path: PathBuf,
    /// For blocks of files that were read, all partitions together; what is written is held besides.
    pub cache_bytes: u64,
}

/// Entries of one partition that are not in a file yet.
const MEMTABLE: u64 = 1 << 20;
/// The least that the database takes. A crash replays no more than this.
const JOURNAL: u64 = 64 << 20;
/// Open files: a process is usually allowed 1,024, and connections need some.
const FILES: usize = 200;
/// Flushing and compaction.
const THREADS: usize = 2;

/// The stores of this process.
pub struct DiskStores {
    settings: Settings,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    disk: Option<Arc<Disk>>,
    /// A database that failed, until the last of its partitions has let it go.
    closing: Weak<Disk>,
    owners: HashMap<String, Owner>,
    damaged: Damaged,
}

/// Which opening of a partition may write.
type Owner = Arc<Mutex<u64>>;
/// Something could not be read: the database is thrown away before it is opened the next time.
type Damaged = Arc<AtomicBool>;

/// An open database. It is closed with the last partition.
struct Disk {
    database: Database,
    path: PathBuf,
    /// Nobody goes on with it: a write failed, and the database takes no more; or something could not be read.
    failed: AtomicBool,
    damaged: Damaged,
    /// Locked as long as this process uses the folder.
    _in_use: File,
}

impl DiskStores {
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { settings, inner: Mutex::default() }
    }

    fn disk_store(&self, stage: &str, partition: i32) -> Result<DiskStore, StoreError> {
        let name = format!("{stage}.{partition}");
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let disk = inner.disk(&self.settings)?;
        let owner = inner.owners.entry(name.clone()).or_default().clone();
        let lease = {
            let mut current = owner.lock().unwrap_or_else(PoisonError::into_inner);
            *current += 1;
            *current
        };
        let keyspace = disk.guarded(|| disk.database.keyspace(&name, options))?;
        Ok(DiskStore::new(disk, keyspace, name, (owner, lease)))
    }
}

impl Stores for DiskStores {
    fn lasting(&self) -> bool {
        true
    }

    fn open(&self, stage: &str, partition: i32) -> Result<Arc<dyn Store>, StoreError> {
        Ok(Arc::new(self.disk_store(stage, partition)?))
    }

    fn anew(&self, stage: &str, partition: i32) -> Result<Arc<dyn Store>, StoreError> {
        let store = self.disk_store(stage, partition)?;
        store.empty()?;
        Ok(Arc::new(store))
    }
}

fn options() -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE)
}

impl Inner {
    fn disk(&mut self, settings: &Settings) -> Result<Arc<Disk>, StoreError> {
        if let Some(failed) = self.disk.take_if(|disk| disk.failed.load(Ordering::SeqCst)) {
            self.closing = Arc::downgrade(&failed);
        }
        if let Some(disk) = &self.disk {
            return Ok(disk.clone());
        }
        if self.closing.strong_count() > 0 {
            return Err(StoreError::Unavailable("it is being closed after a failure".to_owned()));
        }
        let disk = Arc::new(Disk::open(settings, &self.damaged)?);
        self.disk = Some(disk.clone());
        Ok(disk)
    }
}

impl Disk {
    fn open(settings: &Settings, damaged: &Damaged) -> Result<Self, StoreError> {
        let in_use = claim(&settings.path)?;
        let path = settings.path.join("tables");
        if damaged.load(Ordering::SeqCst) {
            throw_away(&path, "an entry could not be read")?;
            damaged.store(false, Ordering::SeqCst);
        }
        let database = match database(&path, settings) {
            Err(StoreError::Damaged(reason)) => {
                throw_away(&path, &reason)?;
                database(&path, settings)?
            }
            other => other?,
        };
        Ok(Self { database, path, failed: AtomicBool::new(false), damaged: damaged.clone(), _in_use: in_use })
    }

    /// The database's answer. It panics in places where it finds what it did not write.
    fn guarded<T>(&self, call: impl FnOnce() -> fjall::Result<T>) -> Result<T, StoreError> {
        guarded(call, &self.path)
    }
}

fn throw_away(path: &Path, reason: &str) -> Result<(), StoreError> {
    tracing::warn!(path = %path.display(), reason, "the state store is damaged, and read anew from the changelogs");
    fs::remove_dir_all(path).map_err(|error| judged(&fjall::Error::Io(error), path))
}

/// Two processes in one folder would undo each other's work, so the second one waits.
fn claim(path: &Path) -> Result<File, StoreError> {
    let unusable = |error: io::Error| StoreError::Unavailable(format!("{}: {error}", path.display()));
    fs::create_dir_all(path).map_err(unusable)?;
    let file = File::options().create(true).truncate(false).write(true).open(path.join("in-use")).map_err(unusable)?;
    file.try_lock().map_err(|error| match error {
        fs::TryLockError::WouldBlock => StoreError::Unavailable(format!(
            "{} is used by another process: give each one a state.path of its own",
            path.display()
        )),
        fs::TryLockError::Error(error) => unusable(error),
    })?;
    Ok(file)
}

fn database(path: &Path, settings: &Settings) -> Result<Database, StoreError> {
    let builder = Database::builder(path)
        .cache_size(settings.cache_bytes)
        .max_cached_files(Some(FILES))
        .max_journaling_size(JOURNAL)
        .worker_threads(THREADS);
    guarded(|| builder.open(), path)
}

fn guarded<T>(call: impl FnOnce() -> fjall::Result<T>, path: &Path) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(judged(&error, path)),
        Err(_) => Err(StoreError::Damaged(format!("{}: the database does not know its own files", path.display()))),
    }
}

/// Waiting helps where nothing is wrong with what was written.
fn judged(error: &fjall::Error, path: &Path) -> StoreError {
    use io::ErrorKind as Kind;
    let at = path.display();
    let io = match error {
        fjall::Error::Io(io) | fjall::Error::Storage(fjall::LsmError::Io(io)) => Some(io),
        _ => None,
    };
    match (error, io.map(io::Error::kind)) {
        (_, Some(Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge)) => {
            StoreError::Unavailable(format!("no room at {at}: make some; nothing is lost"))
        }
        (_, Some(Kind::PermissionDenied | Kind::ReadOnlyFilesystem)) => {
            StoreError::Unavailable(format!("{at} may not be written: give this process the right to"))
        }
        (fjall::Error::Poisoned, _) => {
            StoreError::Unavailable(format!("{at} takes no more after a failed write; nothing is lost"))
        }
        (fjall::Error::Locked, _) => StoreError::Unavailable(format!("{at} is used by another process")),
        _ => StoreError::Damaged(format!("{at}: {error}")),
    }
}

#[cfg(test)]
mod tests;
