//! `dev` and `send` as a person starts them: the real binary in an empty folder, without Kafka, Java or a network. What
//! the embedded broker cannot show is the whole ring's.

#[path = "dev/started.rs"]
mod started;

use std::time::Duration;

use started::{Started, run};

const DEMO: Duration = Duration::from_secs(40);

/// What an outsider may read of the conversation.
const TOPICS: [&str; 11] = [
    "whatsapp.webhook.raw",
    "whatsapp.inbound.messages",
    "omnichannel.inbound.default",
    "whatsapp.media.requests",
    "whatsapp.media.stored",
    "omnichannel.send.commands.json",
    "whatsapp.outbound.messages",
    "whatsapp.sent.messages",
    "whatsapp.send.receipts",
    "whatsapp.status.events",
    "whatsapp.message.status",
];

/// The rows of one topic, without its name.
fn rows<'a>(words: &'a str, topic: &str) -> Vec<&'a str> {
    words.lines().filter_map(|line| line.trim_start().strip_prefix(topic)?.strip_prefix(' ')).collect()
}

#[tokio::test]
async fn the_demo_shows_every_stage_at_work() {
    let folder = tempfile::tempdir().unwrap();
    let ended = run(folder.path(), &["dev", "--demo"], &[], DEMO).await;
    assert_eq!(ended.code, Some(0), "{ended}");
    for topic in TOPICS {
        assert!(!rows(&ended.out, topic).is_empty(), "nothing on {topic}\n{ended}");
    }
    let read = rows(&ended.out, "whatsapp.message.status").iter().filter(|row| row.ends_with(" read")).count();
    assert_eq!(read, 2, "both commands are read\n{ended}");
    assert!(ended.out.contains("Every stage was seen at work: receiver, ingress, router, sender, status, media."));
    let objects = folder.path().join(".dev/objects/whatsapp/media");
    assert_eq!(std::fs::read_dir(objects).unwrap().count(), 1, "the picture is kept");
}

#[tokio::test]
async fn a_stage_that_is_left_out_is_named_and_the_demo_fails() {
    let folder = tempfile::tempdir().unwrap();
    let ended = run(folder.path(), &["dev", "--demo", "--without", "media"], &[], DEMO).await;
    assert_eq!(ended.code, Some(1), "{ended}");
    assert!(ended.out.contains("Silent: media."), "{ended}");
    assert!(rows(&ended.out, "whatsapp.media.stored").is_empty(), "{ended}");
}

#[tokio::test]
async fn send_follows_a_message_to_its_end_and_dev_stops_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut dev = Started::new(folder.path(), &["dev"], &[]);
    dev.wait_for("Ends with Ctrl-C", Duration::from_secs(20)).await;
    let variables = dev.variables();
    let here = folder.path();

    let text = ["send", "--to", "+12025550143", "--text", "hi", "--command-id", "c-1"];
    let ended = run(here, &text, &variables, DEMO).await;
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(ended.out.trim_end().ends_with(" read"), "{ended}");

    let unknown = ["send", "--to", "+12025550143", "--template", "no_such", "--param", "1"];
    let ended = run(here, &unknown, &variables, DEMO).await;
    assert_eq!(ended.code, Some(1), "{ended}");
    assert!(ended.out.contains("failed") && ended.out.contains("132001: "), "{ended}");
    assert!(ended.out.contains("action: fix_command"), "{ended}");

    let ended = run(here, &["send", "--to", "nobody", "--text", "hi"], &variables, DEMO).await;
    assert_eq!(ended.code, Some(1), "{ended}");
    assert!(ended.out.contains("rejected"), "{ended}");

    let ended = run(here, &["send", "--to", "+12025550143", "--text", "hi", "--wait", "0"], &variables, DEMO).await;
    assert_eq!((ended.code, ended.out.lines().count()), (Some(0), 1), "{ended}");

    let ended = dev.interrupt(Duration::from_secs(8)).await;
    assert_eq!(ended.code, Some(0), "{ended}");
}
