//! Whom the simulator serves: the numbers, tokens and secrets that are configured, and its well-known ones where none are.
//! Opens nothing and prints nothing.

use std::fmt::Write as _;

use crate::{
    config::{AccountConfig, App, Config},
    domain::account::Account,
    simulator::{Behaviour, Number, Settings},
};

/// Where no app, account or secret is configured, the simulator's well-known ones.
pub fn fill(config: &mut Config) {
    let simulated = Settings::default();
    if config.apps.is_empty() {
        config.apps.push(App { name: "default".to_owned(), secrets: Vec::new(), verify_token: None });
    }
    for app in &mut config.apps {
        if app.secrets.is_empty() {
            app.secrets.push(simulated.app_secret.clone());
        }
        app.verify_token.get_or_insert_with(|| simulated.verify_token.clone());
    }
    if config.accounts.is_empty() {
        let app = config.apps[0].name.clone();
        config.accounts = simulated.numbers.iter().map(|number| account(number, &app)).collect();
    }
    for account in &mut config.accounts {
        account.token.get_or_insert_with(|| simulated.numbers[0].token.clone());
    }
}

fn account(number: &Number, app: &str) -> AccountConfig {
    let account = Account {
        alias: "default".to_owned(),
        waba_id: number.waba_id.clone(),
        phone_number_id: number.phone_number_id.clone(),
        app: app.to_owned(),
        tenant: None,
    };
    AccountConfig { account, token: Some(number.token.clone()), template_language: None }
}

/// A simulator that has the configuration's numbers and signs with its first app's newest secret.
pub fn simulator(config: &Config, webhook_url: Option<String>) -> Settings {
    let usual = Settings::default();
    let number = |(n, configured): (usize, &AccountConfig)| Number {
        phone_number_id: configured.account.phone_number_id.clone(),
        waba_id: configured.account.waba_id.clone(),
        display_phone_number: format!("1555{:07}", n + 1),
        token: configured.token.clone().unwrap_or_else(|| usual.numbers[0].token.clone()),
    };
    let app = config.apps.first();
    Settings {
        numbers: config.accounts.iter().enumerate().map(number).collect(),
        app_secret: app.and_then(|app| app.secrets.first().cloned()).unwrap_or(usual.app_secret),
        verify_token: app.and_then(|app| app.verify_token.clone()).unwrap_or(usual.verify_token),
        behaviour: Behaviour { webhook_url, ..usual.behaviour },
        ..Settings::default()
    }
}

/// Lines to source: the first number and its app for this and other programs. What `given` has as a secret is not told again.
pub fn exports(config: &Config, given: &Config) -> String {
    let mut text = String::new();
    if let Some(account) = config.accounts.first() {
        text += &export("WHATSAPP_BUSINESS_ACCOUNT_ID", &account.account.waba_id);
        text += &export("WHATSAPP_PHONE_NUMBER_ID", &account.account.phone_number_id);
        let configured = given.accounts.first().is_some_and(|given| given.token.is_some());
        if let Some(token) = account.token.as_ref().filter(|_| !configured) {
            text += &export("WHATSAPP_ACCESS_TOKEN", token.expose());
        }
    }
    if let Some(app) = config.apps.first() {
        let given = given.apps.first();
        if let Some(secret) = app.secrets.first().filter(|_| given.is_none_or(|app| app.secrets.is_empty())) {
            text += &export("WHATSAPP_WEBHOOK_SECRET", secret.expose());
        }
        if let Some(token) = app.verify_token.as_ref().filter(|_| given.is_none_or(|app| app.verify_token.is_none())) {
            text += &export("WHATSAPP_WEBHOOK_VERIFY_TOKEN", token.expose());
        }
    }
    text
}

/// One line for a shell.
pub fn export(name: &str, value: &str) -> String {
    let mut line = String::new();
    // a String takes everything
    let _ = writeln!(line, "export {name}='{}'", value.replace('\'', r"'\''"));
    line
}
