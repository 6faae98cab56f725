//! Apps and accounts: who signs webhooks and who sends. Looks at no other setting.

use std::collections::BTreeSet;

use super::{
    Needs,
    layers::entries_of,
    reader::Reader,
    sections::{AccountConfig, App},
    values::{meta_id, word},
};
use crate::domain::account::Account;

const FOR_WEBHOOKS: &str = "the receiver checks every webhook's signature with it";
const FOR_SUBSCRIPTION: &str = "Meta sends it when a webhook is subscribed";
const FOR_SENDING: &str = "the sender and media stages use it";
const FOR_ACCOUNTS: &str = "an account is one number of one business account";

pub(super) fn read(read: &mut Reader, needs: Needs) -> (Vec<App>, Vec<AccountConfig>) {
    let apps = apps(read, needs);
    let accounts = accounts(read, needs, &apps);
    unique(read, "apps", "name", apps.iter().map(|app| app.name.as_str()));
    unique(read, "accounts", "alias", accounts.iter().map(|a| a.account.alias.as_str()));
    unique(read, "accounts", "phone_number_id", accounts.iter().map(|a| a.account.phone_number_id.as_str()));
    (apps, accounts)
}

fn apps(read: &mut Reader, needs: Needs) -> Vec<App> {
    let given = entries_of(read.settings(), "apps");
    // One app is asked for where there is none, so that its mistakes name the variables to set.
    let count = if needs.apps { given.max(1) } else { given };
    (0..count)
        .map(|n| {
            let at = |name: &str| format!("apps.{n}.{name}");
            let app = App {
                name: read.value(&at("name"), word),
                secrets: read.secrets(&at("secrets")),
                verify_token: read.secret(&at("verify_token")),
            };
            if needs.apps && app.secrets.is_empty() {
                read.missing(&at("secrets"), FOR_WEBHOOKS);
            }
            if needs.apps && app.verify_token.is_none() {
                read.missing(&at("verify_token"), FOR_SUBSCRIPTION);
            }
            app
        })
        .collect()
}

fn accounts(read: &mut Reader, needs: Needs, apps: &[App]) -> Vec<AccountConfig> {
    let given = entries_of(read.settings(), "accounts");
    let count = if needs.tokens { given.max(1) } else { given };
    (0..count)
        .map(|n| {
            let at = |name: &str| format!("accounts.{n}.{name}");
            let account = Account {
                alias: read.value(&at("alias"), word),
                waba_id: read.required(&at("waba_id"), FOR_ACCOUNTS, meta_id),
                phone_number_id: read.required(&at("phone_number_id"), FOR_ACCOUNTS, meta_id),
                app: app_of(read, &at("app"), apps),
                tenant: read.optional(&at("tenant"), word),
            };
            let token = read.secret(&at("token"));
            if needs.tokens && token.is_none() {
                read.missing(&at("token"), FOR_SENDING);
            }
            AccountConfig { account, token, template_language: read.optional(&at("template_language"), word) }
        })
        .collect()
}

/// The named app, else the only one; without any app configured, the name that the first would have.
fn app_of(read: &mut Reader, path: &str, apps: &[App]) -> String {
    match (read.optional(path, word), apps) {
        (Some(name), []) => name,
        (Some(name), apps) if apps.iter().any(|app| app.name == name) => name,
        (Some(name), apps) => {
            let known: Vec<&str> = apps.iter().map(|app| app.name.as_str()).collect();
            read.mistake(path, format!("`{name}` is not an app"), format!("name one of: {}", known.join(", ")));
            name
        }
        (None, []) => "default".to_owned(),
        (None, [only]) => only.name.clone(),
        (None, [_, _, ..]) => {
            read.missing(path, "there are several apps");
            String::new()
        }
    }
}

fn unique<'a>(read: &mut Reader, list: &str, field: &str, values: impl Iterator<Item = &'a str>) {
    let mut seen = BTreeSet::new();
    for (n, value) in values.enumerate() {
        if !value.is_empty() && !seen.insert(value) {
            let problem = format!("`{value}` is already another entry's");
            read.mistake(format!("{list}.{n}.{field}"), problem, format!("give every entry of {list} its own {field}"));
        }
    }
}
