//! What a simulator is started with. What may change while it runs is [`Behaviour`]; nothing else does.

use super::behaviour::Behaviour;
use crate::domain::secret::Secret;

/// A simulator's fixed part.
#[derive(Debug, Clone)]
pub struct Settings {
    pub numbers: Vec<Number>,
    /// Signs every webhook.
    pub app_secret: Secret,
    /// Sent in the verification request.
    pub verify_token: Secret,
    /// The same seed and the same requests in the same order give the same ids, delays and disorder.
    pub seed: u64,
    pub templates: Vec<Template>,
    pub behaviour: Behaviour,
    /// Requests remembered; older ones leave the counts and are counted as evicted.
    pub journal_limit: usize,
    /// Webhooks waiting to be posted; beyond it a send is refused with 131016.
    pub outbox_limit: usize,
    /// Bytes of media kept; the oldest are forgotten first.
    pub media_limit: usize,
}

/// A business number with the token that may use it.
#[derive(Debug, Clone)]
pub struct Number {
    pub phone_number_id: String,
    pub waba_id: String,
    /// Digits only.
    pub display_phone_number: String,
    pub token: Secret,
}

/// An approved template; a utility one unless said otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub name: String,
    pub language: String,
    /// Parameters of its body.
    pub body_params: usize,
    /// UTILITY, MARKETING or AUTHENTICATION: what it is billed as, and who may get it.
    pub category: String,
}

impl Template {
    #[must_use]
    pub fn new(name: &str, language: &str, body_params: usize) -> Self {
        let (name, language) = (name.to_owned(), language.to_owned());
        Self { name, language, body_params, category: "UTILITY".to_owned() }
    }

    /// The same in another category.
    #[must_use]
    pub fn of(self, category: &str) -> Self {
        Self { category: category.to_owned(), ..self }
    }
}

impl Default for Settings {
    /// One number with well-known values; nothing here is secret.
    fn default() -> Self {
        Self {
            numbers: vec![Number {
                phone_number_id: "200000000000001".to_owned(),
                waba_id: "100000000000001".to_owned(),
                display_phone_number: "15550000001".to_owned(),
                token: Secret::new("simulator-token"),
            }],
            app_secret: Secret::new("simulator-app-secret"),
            verify_token: Secret::new("simulator-verify-token"),
            seed: 1,
            templates: vec![
                Template::new("hello_world", "en_US", 0),
                Template::new("order_ready", "en", 2),
                Template::new("order_ready", "de", 2),
                Template::new("spring_sale", "en", 1).of("MARKETING"),
                Template::new("login_code", "en", 1).of("AUTHENTICATION"),
            ],
            behaviour: Behaviour::default(),
            journal_limit: 200_000,
            outbox_limit: 50_000,
            media_limit: 64 << 20,
        }
    }
}
