//! The catalogue's families are those of the stages.

use omnichannel_whatsapp::{
    runtime::stage::{Changelog, Stage},
    stages::{
        catalogue::Catalogue,
        ingress::Ingress,
        media::Media,
        router::{RouterCommands, RouterInbound, RouterJson},
        sender::Sender,
        status::Status,
    },
    wire::topics::{Profile, catalogue},
};

/// Whether the stage's tables are written to a topic of its own, and whether the catalogue makes one.
fn state_of<S: Stage>() -> (&'static str, bool, bool) {
    let keeps = S::TABLES.iter().any(|table| matches!(table.changelog, Changelog::Stage));
    let specs = catalogue().topics(&catalogue().layout(Profile::Default));
    (S::NAME, keeps, specs.iter().any(|spec| spec.name == format!("whatsapp.{}.state", S::NAME)))
}

#[test]
fn a_stage_has_a_state_topic_where_it_keeps_state_and_nowhere_else() {
    let all = [
        state_of::<Ingress>(),
        state_of::<RouterCommands>(),
        state_of::<RouterJson>(),
        state_of::<RouterInbound>(),
        state_of::<Sender>(),
        state_of::<Media>(),
        state_of::<Status>(),
        state_of::<Catalogue>(),
    ];
    assert_eq!(all.len(), catalogue().stages().count());
    for (stage, keeps, has) in all {
        assert_eq!(keeps, has, "{stage}");
    }
}
