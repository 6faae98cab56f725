//! Everything a user can do, posted and laid beside the fixture of its kind; files are there and are what they are told to be.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use omnichannel_whatsapp::{
    simulator::{Inbound, inbound::KINDS},
    stages::ports::Graph,
};
use serde_json::Value;

use super::{
    fixtures::{But, assert_alike, fixture},
    harness::{NUMBER, heard},
};

/// A kind, how it is asked for, and its fixture.
struct Row(&'static str, fn(&mut Inbound), &'static str, But);

fn plainly(_: &mut Inbound) {}

fn captioned(inbound: &mut Inbound) {
    inbound.body = Some("look".to_owned());
}

const SAME: But = But { lacks: &[], adds: &[] };

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row("text", plainly, "001_text", SAME),
    Row("reply", plainly, "002_text_reply", SAME),
    Row("forwarded", plainly, "003_text_forwarded", SAME),
    Row("much_forwarded", plainly, "004_text_much_forwarded", SAME),
    Row("product_question", plainly, "005_text_about_product", SAME),
    Row("ad", plainly, "006_text_from_image_ad", SAME),
    Row("video_ad", plainly, "007_text_from_video_ad", SAME),
    Row("post", plainly, "008_text_from_post", SAME),
    Row("identity_check", plainly, "009_text_identity_check", SAME),
    Row("username", plainly, "010_text_username_user", SAME),
    Row("group_text", plainly, "011_group_text", SAME),
    Row("text", |inbound| inbound.group = Some("Z3JvdXA=".to_owned()), "011_group_text", SAME),
    Row("image", captioned, "012_image", SAME),
    Row("video", |inbound| { captioned(inbound); inbound.forwarded = true; }, "014_video_forwarded", SAME),
    Row("voice", plainly, "015_voice_note", SAME),
    Row("audio", plainly, "016_audio_file", SAME),
    Row("document", captioned, "017_document", SAME),
    Row("sticker", plainly, "018_sticker_static", SAME),
    Row("animated_sticker", plainly, "019_sticker_animated", SAME),
    Row("too_large", plainly, "020_oversize_media", SAME),
    Row("location", plainly, "021_location_pin", SAME),
    Row("place", plainly, "022_location_place", SAME),
    Row("contacts", plainly, "023_contacts_minimal", SAME),
    Row("full_contact", plainly, "024_contacts_full", SAME),
    Row("contact_info", plainly, "025_contact_info_answer", SAME),
    Row("reaction", plainly, "026_reaction", SAME),
    Row("reaction_removed", plainly, "027a_reaction_removed", SAME),
    Row("button", plainly, "028_template_quick_reply", SAME),
    Row("did_not_request_code", plainly, "030_did_not_request_code", But { lacks: &["messages[].from_logical_id"], adds: &[] }),
    Row("button_reply", plainly, "031_button_reply", SAME),
    Row("list_reply", plainly, "032_list_reply", SAME),
    Row("flow", plainly, "033_flow_answer", SAME),
    Row("address", plainly, "035_address_answer", SAME),
    Row("call_permission", plainly, "036_call_permission_accept", SAME),
    Row("call_permission", |inbound| inbound.option = Some("reject".to_owned()), "037_call_permission_reject", SAME),
    Row("order", plainly, "038_order", SAME),
    Row("number_change", plainly, "039_system_number_change", But { lacks: &[], adds: &["messages[].from_user_id"] }),
    Row("user_id_change", plainly, "040_system_user_id_change", SAME),
    Row("identity_change", plainly, "041_system_identity_change", SAME),
    Row("unsupported", plainly, "042_unsupported", SAME),
    Row("unsupported", |inbound| inbound.option = Some("poll_creation".to_owned()), "043_unsupported_poll", SAME),
    Row("unsupported", |inbound| inbound.group = Some("Z3JvdXA=".to_owned()), "044_unsupported_in_group", SAME),
    Row("unreadable", plainly, "045_interactive_with_value_errors", SAME),
    // the fixture edits the caption of a quoting image, the simulator a text
    Row("edit", plainly, "046_edit", But {
        lacks: &["messages[].edit.message.context.id", "messages[].edit.message.image.caption", "messages[].edit.message.image.id",
            "messages[].edit.message.image.mime_type", "messages[].edit.message.image.sha256", "messages[].edit.message.type"],
        adds: &["messages[].edit.message.text.body", "messages[].edit.message.type"],
    }),
    Row("revoke", plainly, "047_revoke", SAME),
    Row("request_welcome", plainly, "048_request_welcome", SAME),
    Row("marketing_click", plainly, "049_marketing_link_click", SAME),
];

fn asked(kind: &str) -> Inbound {
    Inbound { kind: Some(kind.to_owned()), from: "+15550000999".to_owned(), ..Inbound::default() }
}

#[tokio::test]
async fn every_kind_looks_as_meta_writes_it() {
    let (world, receiver) = heard(|_| {}).await;
    for (n, Row(kind, change, name, but)) in ROWS.iter().enumerate() {
        // a user of its own, since what one tells of oneself is remembered
        let mut inbound = Inbound { from: format!("1555000{n:04}"), ..asked(kind) };
        change(&mut inbound);
        world.simulator.inbound(&inbound).unwrap();
        let posted = receiver.wait_for(n + 1).await.remove(n);
        assert!(posted.is_genuine(), "{kind}");
        let mut expected = fixture(name);
        if *kind == "edit" {
            expected["entry"][0]["changes"][0]["value"]["messages"][0]["edit"]["message"]["type"] = "text".into();
        }
        assert_alike(kind, &posted.json(), &expected, *but);
    }
}

#[test]
fn no_kind_is_left_out() {
    for kind in KINDS {
        assert!(ROWS.iter().any(|row| row.0 == kind.name), "{} has no row", kind.name);
    }
}

#[tokio::test]
async fn every_file_can_be_fetched_and_has_the_hash_that_was_told() {
    let (world, receiver) = heard(|_| {}).await;
    let files = ["image", "video", "voice", "audio", "document", "sticker", "animated_sticker"];
    for (n, kind) in files.iter().enumerate() {
        let id = world.simulator.inbound(&asked(kind)).unwrap().media_id.unwrap();
        let message = receiver.wait_for(n + 1).await[n].value()["messages"][0].clone();
        let content: &Value = &message[message["type"].as_str().unwrap()];
        let info = world.client().media_info(NUMBER, &id).await.unwrap();
        let told = STANDARD.decode(content["sha256"].as_str().unwrap()).unwrap();
        assert_eq!(info.sha256, Some(hex::encode(told)), "{kind}");
        assert_eq!(content["mime_type"], info.mime_type.as_str(), "{kind}");
        let file = world.client().download(NUMBER, &info.url, 1 << 20).await.unwrap();
        assert_eq!(u64::try_from(file.bytes.len()).ok(), info.size, "{kind}");
    }
}

#[tokio::test]
async fn a_kind_of_tomorrow_needs_its_content() {
    let (world, receiver) = heard(|_| {}).await;
    let refused = world.simulator.inbound(&asked("hologram")).unwrap_err().to_string();
    assert!(refused.contains("there is no kind hologram") && refused.contains("button_reply"), "{refused}");
    let content = Some(serde_json::json!({"beam": 7}));
    world.simulator.inbound(&Inbound { content, ..asked("hologram") }).unwrap();
    let message = receiver.wait_for(1).await[0].value()["messages"][0].clone();
    assert_eq!((&message["type"], &message["hologram"]["beam"]), (&"hologram".into(), &7.into()));
}
