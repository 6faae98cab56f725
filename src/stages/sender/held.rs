//! What an operator said of a command: that it is cancelled, or that something it belongs to is paused. Asks only; what follows
//! is the attempt's.

use crate::{runtime::Context, wire::records::OutboundMessage};

/// What is paused that the command belongs to: its account by alias or number, its template with or without the language, or
/// one of its labels.
pub(super) fn paused(message: &OutboundMessage, cx: &Context) -> Option<String> {
    subjects(message).find(|subject| cx.is_paused(subject))
}

fn subjects(message: &OutboundMessage) -> impl Iterator<Item = String> {
    let accounts = [&message.account, &message.phone_number_id].into_iter().map(|name| format!("account/{name}"));
    let template = message.template_key.as_deref().and_then(|key| key.split_once('/')).map(|(_, template)| template);
    let name = template.and_then(|template| template.rsplit_once('/')).map(|(name, _)| name);
    let templates = template.into_iter().chain(name).map(|name| format!("template/{name}"));
    let labels = message.labels.iter().map(|(name, value)| format!("label/{name}={value}"));
    accounts.chain(templates).chain(labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_known_by_its_account_its_template_and_its_labels() {
        let message = OutboundMessage {
            account: "main".into(),
            phone_number_id: "106".into(),
            template_key: Some("102/order_ready/en".into()),
            labels: [("campaign".to_owned(), "spring".to_owned())].into(),
            ..OutboundMessage::default()
        };
        let all =
            ["account/main", "account/106", "template/order_ready/en", "template/order_ready", "label/campaign=spring"];
        assert_eq!(subjects(&message).collect::<Vec<_>>(), all);
    }
}
