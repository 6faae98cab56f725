//! `simulator inbound` and `simulator event`: the arguments as the control routes take them, and what is said of the answer.

use std::{fs, path::Path};

use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    app::{
        Ended,
        say::{say, say_all},
    },
    cli::simulator::{Act, Event, Inbound},
    simulator::{self, client::Client, events::HAPPENINGS, inbound::KINDS},
};

/// A number nobody has: 555-01xx is kept for fiction.
const USER: &str = "+12025550143";

pub async fn run(act: Act) -> anyhow::Result<Ended> {
    match act {
        Act::Inbound(asked) if asked.whom.list => say_all(kinds()),
        Act::Event(asked) if asked.whom.list => say_all(happenings()),
        Act::Inbound(asked) => {
            let client = Client::new(asked.whom.at.clone())?;
            let written = client.inbound(&inbound(*asked)?).await?;
            say(written.message_id);
            if let Some(media_id) = written.media_id {
                say(format_args!("media {media_id}"));
            }
        }
        Act::Event(asked) => {
            let client = Client::new(asked.whom.at.clone())?;
            client.event(&event(*asked)?).await?;
            say("it is on its way");
        }
    }
    Ok(Ended::Well)
}

fn kinds() -> String {
    KINDS.iter().map(|kind| format!("{:<22}{}\n", kind.name, kind.about)).collect()
}

fn happenings() -> String {
    HAPPENINGS.iter().map(|happening| format!("{:<38}{}\n", happening.field, happening.what)).collect()
}

fn inbound(asked: Inbound) -> anyhow::Result<simulator::Inbound> {
    let filename = asked.file.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let data = asked.file.as_deref().map(read).transpose()?.map(|bytes| STANDARD.encode(bytes));
    // whoever got the message that is answered needs no name
    let usual = if asked.to.is_some() { "" } else { USER };
    Ok(simulator::Inbound {
        kind: asked.kind,
        from: asked.from.unwrap_or_else(|| usual.to_owned()),
        name: asked.name,
        phone_number_id: asked.whom.number,
        body: asked.text,
        data,
        mime_type: asked.mime_type,
        filename,
        content: asked.content,
        to: asked.to,
        option: asked.option,
        group: asked.group,
        forwarded: asked.forwarded,
        username: asked.username,
        user_id: asked.user_id,
        identity_key_hash: asked.identity_key_hash,
    })
}

fn event(asked: Event) -> anyhow::Result<simulator::Event> {
    let value = asked.json.as_deref().map(|path| -> anyhow::Result<_> {
        serde_json::from_slice(&read(path)?).with_context(|| format!("{} is not JSON", path.display()))
    });
    Ok(simulator::Event {
        field: asked.field.unwrap_or_default(),
        what: asked.what,
        from: asked.from,
        phone_number_id: asked.whom.number,
        members: asked.members.into_iter().collect(),
        value: value.transpose()?,
    })
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}
