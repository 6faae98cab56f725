//! What a running simulator knows, shared by its handlers. Every part is behind its own short lock; none is held across an
//! await.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::watch;

use super::{
    behaviour::Behaviour,
    dice::Dice,
    fault::{Fault, Faults},
    journal::Journal,
    offers::Offers,
    outbox::Outbox,
    people::People,
    rates::Rates,
    settings::{Number, Settings},
    shelf::{File, Shelf},
    templates::Templates,
    windows::Windows,
};

/// A call that is held open ends by itself after this.
const LONGEST_HOLD: Duration = Duration::from_secs(600);

/// Shared by every handler.
pub struct State {
    pub settings: Settings,
    pub dice: Dice,
    pub behaviour: Mutex<Behaviour>,
    pub journal: Mutex<Journal>,
    pub faults: Mutex<Faults>,
    pub shelf: Mutex<Shelf>,
    pub templates: Mutex<Templates>,
    pub windows: Mutex<Windows>,
    pub people: Mutex<People>,
    pub offers: Mutex<Offers>,
    pub rates: Mutex<Rates>,
    pub outbox: Outbox,
    pub holds: Holds,
    next: AtomicU64,
}

/// The guard of a lock whose holder may have panicked: each part stays consistent between statements.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Wall clock, milliseconds since the epoch.
#[expect(clippy::disallowed_methods, reason = "Meta's clock: another machine's, so not the worker's argument")]
pub fn now_ms() -> i64 {
    chrono::Utc::now().timestamp_millis()
}

impl State {
    pub fn new(settings: Settings) -> Arc<Self> {
        let state = Arc::new(Self {
            templates: Mutex::default(),
            dice: Dice::new(settings.seed),
            behaviour: Mutex::new(settings.behaviour.clone()),
            journal: Mutex::new(Journal::new(settings.journal_limit)),
            faults: Mutex::default(),
            shelf: Mutex::new(Shelf::new(settings.media_limit)),
            windows: Mutex::default(),
            people: Mutex::default(),
            offers: Mutex::default(),
            rates: Mutex::default(),
            outbox: Outbox::new(settings.outbox_limit),
            holds: Holds::default(),
            next: AtomicU64::new(1),
            settings,
        });
        state.seed_templates();
        state
    }

    /// Sixteen digits, as Meta's.
    pub fn template_id(&self) -> String {
        format!("7{:015}", self.next())
    }

    fn seed_templates(&self) {
        let (templates, numbers) = (&self.settings.templates, &self.settings.numbers);
        *locked(&self.templates) = Templates::seeded(templates, numbers, || self.template_id());
    }

    /// A number no other event of this simulator has.
    pub fn next(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    pub fn behaviour(&self) -> Behaviour {
        locked(&self.behaviour).clone()
    }

    pub fn number(&self, phone_number_id: &str) -> Option<&Number> {
        self.settings.numbers.iter().find(|number| number.phone_number_id == phone_number_id)
    }

    /// Puts a file on Meta's side and returns its media id: sixteen digits, as Meta's.
    pub fn keep(&self, file: File) -> String {
        let id = format!("1{:015}", self.next());
        locked(&self.shelf).put(id.clone(), file);
        id
    }

    /// The fault's delay, and its hold.
    pub async fn pause(&self, fault: &Fault) {
        if fault.hold {
            self.holds.wait().await;
        }
        tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await;
    }

    /// As at the start, with the behaviour it was started with; ids go on.
    pub fn reset(&self) {
        *locked(&self.behaviour) = self.settings.behaviour.clone();
        locked(&self.journal).clear();
        locked(&self.faults).clear();
        locked(&self.shelf).clear();
        self.seed_templates();
        *locked(&self.windows) = Windows::default();
        *locked(&self.people) = People::default();
        *locked(&self.offers) = Offers::default();
        *locked(&self.rates) = Rates::default();
        self.outbox.clear();
        self.holds.release();
    }
}

/// Calls that are held open until somebody releases them.
pub struct Holds(watch::Sender<u64>);

impl Default for Holds {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Holds {
    pub fn release(&self) {
        self.0.send_modify(|round| *round += 1);
    }

    /// How many calls are held now.
    pub fn count(&self) -> usize {
        self.0.receiver_count()
    }

    async fn wait(&self) {
        let mut released = self.0.subscribe();
        // released, too late, or the simulator ends: the call goes on in each case
        let _ = tokio::time::timeout(LONGEST_HOLD, released.changed()).await;
    }
}
