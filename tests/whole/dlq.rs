//! Dead letters as an operator deals with them: listed, shown, replayed and discarded with the binary, and what becomes of
//! them when the tool is killed or somebody else takes over.

mod tool;

use std::time::Duration;

use serde_json::{Value, json};

use self::tool::{Tool, letters, replayed_values};
use crate::support::{
    clients, kafka,
    pipeline::{OTHER_CARRIER, Pipeline, Shared},
};

const LIMIT: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_mended_command_is_replayed_to_its_stage_alone_and_in_its_lane() {
    const WITH_PIGEONS: (&str, &str) = ("routing.carriers", "twilio,pigeon");
    let pipeline = Pipeline::prepare("dlq-way").await;
    let tool = Tool::new(&pipeline.ground);
    for args in [["topics", "apply"], ["schemas", "register"]] {
        let mut process = pipeline.ground.command("pigeons", &args, &[WITH_PIGEONS]).start();
        assert!(process.exit(LIMIT).success(), "{}", process.words());
    }
    let to = "+15550010060";
    let command =
        |id: &str, carrier: &str| json!({"command_id": id, "to": to, "carrier": carrier, "text": {"body": id}});

    let mut worker = pipeline.worker("before", &[]).await;
    pipeline.command_json(&[command("coo-1", "pigeon"), command("sms-1", OTHER_CARRIER)]);
    let sms = format!("omnichannel.outbound.{OTHER_CARRIER}");
    pipeline.observer.wait(&sms, 1, |record| record["value"]["command_id"] == "sms-1").await;
    let [letter] = &tool.list("router-json", &["--code", "unknown_carrier"])[..] else { panic!("one letter") };
    assert_eq!((&letter["state"], &letter["replays"], &letter["class"]), (&json!("open"), &json!(0), &json!("poison")));
    let place = letter["place"].as_str().expect("a place").to_owned();
    assert!(!letter.to_string().contains("15550010060") && !letter.to_string().contains("coo-1"), "{letter}");
    let shown = tool.json(&["dlq", "show", "router-json", &place, "--json"]);
    assert_eq!((&shown["value"]["json"]["text"]["body"], &shown["key"]), (&json!("coo-1"), &json!(to)));
    assert!(tool.list("router-json", &["--code", "not_json"]).is_empty());
    assert!(tool.list("router-commands", &[]).is_empty());
    worker.process.terminate(LIMIT);

    let mended = pipeline.worker("after", &[WITH_PIGEONS]).await;
    let report = tool.json(&["dlq", "replay", "router-json", &place, "--dry-run", "--json"]);
    assert_eq!((&report["done"], &report["dry_run"]), (&json!(1), &json!(true)));
    assert_eq!(tool.list("router-json", &["--state", "open"]).len(), 1, "a dry run does nothing");
    let report = tool.json(&["dlq", "replay", "router-json", &place, "--yes", "--json", "--by", "kim"]);
    assert_eq!((&report["done"], &report["end"]["how"]), (&json!(1), &json!("finished")), "{report}");
    pipeline.command_json(&[command("coo-2", "pigeon")]);

    let topic = pipeline.ground.scenario.topic("omnichannel.outbound.pigeon");
    let flown = clients::first(pipeline.ground.stack, &topic, 2, LIMIT);
    let ids: Vec<_> = flown.iter().map(|record| record["value"]["command_id"].clone()).collect();
    assert_eq!(ids, ["coo-1", "coo-2"]);
    // nobody else took it: nothing for the sender, nothing at Meta, no second letter anywhere
    let elsewhere = ["whatsapp.sender.replay", "whatsapp.router-commands.replay", "whatsapp.outbound.messages"];
    let elsewhere = elsewhere.map(|topic| pipeline.ground.scenario.topic(topic));
    assert!(clients::all(pipeline.ground.stack, &elsewhere, LIMIT).is_empty());
    assert_eq!(pipeline.simulator.count("coo-1").received, 0);
    assert_eq!(pipeline.dead_letters().len(), 1);

    let again = tool.json(&["dlq", "replay", "router-json", "--yes", "--json"]);
    assert_eq!((&again["done"], &again["already_handled"]), (&json!(0), &json!(1)), "{again}");
    let [handled] = &tool.list("router-json", &["--state", "replayed"])[..] else { panic!("one letter") };
    assert_eq!(handled["handled"]["by"], "kim");
    drop(mended);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_the_largest_size_goes_through_the_dead_letters_and_back_and_not_in_circles() {
    let pipeline = Pipeline::shared();
    let tool = Tool::new(&pipeline.ground);
    let key = "dlq-largest";
    let (place, value) = tool::write_largest(&pipeline.ground, key);
    let letter = letter_from(&pipeline, &place, 0).await;
    assert!(letter["value"] == value, "{} characters came back", letter["value"].to_string().len());

    let report = tool.json(&["dlq", "replay", "router-json", "--key", key, "--yes", "--json"]);
    assert_eq!(report["done"], 1, "{report}");
    let second = letter_from(&pipeline, &place, 1).await;
    let unchanged = |of: fn(&Value) -> &Value| of(&second) == of(&letter);
    assert!(unchanged(|l| &l["value"]) && unchanged(|l| &l["key"]) && unchanged(|l| &l["headers"]["padding"]));
    let replay = pipeline.ground.scenario.topic("whatsapp.router-json.replay");
    assert_eq!(second["headers"]["x-origin-topic"], replay);
    assert_eq!(second["headers"]["x-origin-partition"], place["partition"].to_string());
    // one command, one status, wherever it was read from
    let known_by = format!(
        "{}-{}-{}",
        pipeline.ground.scenario.topic("omnichannel.send.commands.json"),
        place["partition"],
        place["offset"]
    );
    for _ in 0..2 {
        pipeline.wait_status(&known_by, "rejected").await;
    }
    let told = |record: &Value| record["key"] == known_by;
    assert_eq!(pipeline.observer.wait("whatsapp.status.events", 2, told).await.len(), 2);

    let round = ["dlq", "replay", "router-json", "--key", key, "--yes", "--json", "--max-replays", "1"];
    let (said, code) = tool.run(&round);
    let report = tool::json_of(&said);
    assert_eq!((code, &report["refused"]["replayed_too_often"], &report["done"]), (Some(1), &json!(1), &json!(0)));
    assert!(said.contains("--force"), "{said}");
    let forced = tool.json(&[&round[..], &["--force"]].concat());
    assert_eq!((&forced["done"], &forced["already_handled"]), (&json!(1), &json!(1)), "{forced}");
    letter_from(&pipeline, &place, 2).await;
}

/// The letter that the record at this place became after so many replays.
async fn letter_from(pipeline: &Shared, place: &Value, replays: u32) -> Value {
    let input = pipeline.ground.scenario.topic("omnichannel.send.commands.json");
    let (partition, offset) = (place["partition"].to_string(), place["offset"].to_string());
    let first = format!("{input}/{partition}/{offset}");
    let count = replays.to_string();
    let said = match replays {
        0 => [("x-origin-topic", &input), ("x-origin-partition", &partition), ("x-origin-offset", &offset)].to_vec(),
        _ => [("x-replay-origin", &first), ("x-replay-count", &count)].to_vec(),
    };
    let is_it = |letter: &Value| said.iter().all(|(name, value)| letter["headers"][name] == **value);
    let found = pipeline.observer.wait("whatsapp.router-json.dlq", 1, is_it).await;
    assert!(found.len() == 1, "{} letters", found.len());
    Value::clone(&found[0])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_is_killed_and_started_again_replays_each_letter_once() {
    let pipeline = Pipeline::prepare("dlq-kill").await;
    let tool = Tool::new(&pipeline.ground);
    letters(&pipeline.ground, "router-json", 60);
    let replay = pipeline.ground.scenario.topic("whatsapp.router-json.replay");

    let mut killed = tool.start("killed", &["dlq", "replay", "router-json", "--yes", "--rate", "15/s"]);
    clients::first(pipeline.ground.stack, &replay, 5, LIMIT);
    killed.kill_nine();
    let before = replayed_values(&pipeline.ground, "router-json").len();
    assert!((5..60).contains(&before), "killed after {before}");

    let report = tool.json(&["dlq", "replay", "router-json", "--yes", "--json"]);
    assert_eq!(
        (&report["matched"], &report["already_handled"], &report["done"]),
        (&json!(60), &json!(before), &json!(60 - before))
    );
    tool::assert_each_once(&pipeline.ground, "router-json", 60);
    assert!(tool.list("router-json", &[]).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_replay_at_once_the_later_one_goes_on_and_nothing_is_doubled() {
    let pipeline = Pipeline::prepare("dlq-two").await;
    let tool = Tool::new(&pipeline.ground);
    letters(&pipeline.ground, "sender", 40);
    let replay = pipeline.ground.scenario.topic("whatsapp.sender.replay");

    let mut first = tool.start("first", &["dlq", "replay", "sender", "--yes", "--rate", "5/s"]);
    clients::first(pipeline.ground.stack, &replay, 2, LIMIT);
    let report = tool.json(&["dlq", "replay", "sender", "--yes", "--json"]);
    assert_eq!(report["end"]["how"], "finished", "{report}");
    assert_eq!(first.exit(LIMIT).code(), Some(1));
    assert!(first.words().contains("another run for sender took over"), "{}", first.words());
    tool::assert_each_once(&pipeline.ground, "sender", 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_replay_that_wakes_up_late_writes_nothing_more() {
    let pipeline = Pipeline::prepare("dlq-frozen").await;
    let tool = Tool::new(&pipeline.ground);
    letters(&pipeline.ground, "sender", 30);
    let replay = pipeline.ground.scenario.topic("whatsapp.sender.replay");

    let mut frozen = tool.start("frozen", &["dlq", "replay", "sender", "--yes", "--rate", "5/s"]);
    clients::first(pipeline.ground.stack, &replay, 2, LIMIT);
    frozen.freeze();
    let report = tool.json(&["dlq", "replay", "sender", "--yes", "--json"]);
    assert_eq!(report["end"]["how"], "finished", "{report}");
    frozen.thaw();
    assert_eq!(frozen.exit(LIMIT).code(), Some(1), "{}", frozen.words());
    tool::assert_each_once(&pipeline.ground, "sender", 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discarded_letter_stays_is_audited_and_is_passed_over() {
    let pipeline = Pipeline::prepare("dlq-discard").await;
    let tool = Tool::new(&pipeline.ground);
    letters(&pipeline.ground, "sender", 3);
    let [first, second, third] = &tool.list("sender", &[])[..] else { panic!("three letters") };
    let place = |letter: &Value| letter["place"].as_str().expect("a place").to_owned();

    let (said, code) = tool.run(&["dlq", "discard", "sender", &place(first), "--yes"]);
    assert_eq!(code, Some(64), "{said}");
    let (said, code) = tool.run(&["dlq", "discard", "sender", &place(first), "--reason", "junk"]);
    assert_eq!(code, Some(64), "there is no terminal to ask on: {said}");
    assert!(said.contains("--yes"), "{said}");
    let discard = ["dlq", "discard", "sender", &place(first), "--reason", "junk", "--by", "kim", "--yes", "--json"];
    assert_eq!(tool.json(&discard)["done"], 1);
    assert_eq!(tool.json(&discard)["already_handled"], 1);

    let [discarded] = &tool.list("sender", &["--state", "discarded"])[..] else { panic!("one letter") };
    assert_eq!((&discarded["place"], &discarded["handled"]["reason"]), (&first["place"], &json!("junk")));
    let report = tool.json(&["dlq", "replay", "sender", &place(first), &place(second), "--yes", "--json"]);
    assert_eq!((&report["done"], &report["already_handled"]), (&json!(1), &json!(1)), "{report}");
    let report = tool.json(&["dlq", "replay", "sender", &place(first), "--yes", "--json", "--again"]);
    assert_eq!(report["done"], 1, "{report}");
    assert_eq!(replayed_values(&pipeline.ground, "sender").len(), 2);
    let states: Vec<_> =
        tool.list("sender", &["--state", "all"]).iter().map(|l| (place(l), l["state"].clone())).collect();
    let expected = [(first, "replayed"), (second, "replayed"), (third, "open")];
    assert_eq!(states, expected.map(|(letter, state)| (place(letter), json!(state))));

    let acts = clients::all(pipeline.ground.stack, &[pipeline.ground.scenario.topic("whatsapp.ops.audit")], LIMIT);
    let act = acts.iter().find(|act| act["value"]["action"] == "dlq_discard").expect("the act");
    let topic = pipeline.ground.scenario.topic("whatsapp.sender.dlq");
    assert_eq!(act["key"], format!("{topic}/{}", place(first)));
    let said = ["by", "reason", "stage", "code"].map(|name| act["value"][name].clone());
    assert_eq!(said, ["kim", "junk", "sender", "bad"]);
    assert_eq!((acts.len(), clients::all(pipeline.ground.stack, &[topic], LIMIT).len()), (3, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_said() {
    let pipeline = Pipeline::prepare("dlq-cannot").await;
    let tool = Tool::new(&pipeline.ground);
    let (said, code) = tool.run(&["dlq", "show", "sender", "0/99"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("no dead letter at that place"), "{said}");
    let (said, code) = tool.run(&["dlq", "list", "sendr"]);
    assert_eq!(code, Some(64), "{said}");

    // of a side input, and framed with an id that nobody registered
    let receipts = pipeline.ground.scenario.topic("whatsapp.send.receipts");
    tool::write_letter(&pipeline.ground, "sender", "k", &[0, 0, 0x7f, 0, 1, 2], &receipts);
    let [letter] = &tool.list("sender", &[])[..] else { panic!("one letter") };
    let place = letter["place"].as_str().expect("a place");
    let (said, code) = tool.run(&["dlq", "show", "sender", place]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("the registry does not know schema id 8323073"), "{said}");
    let (said, code) = tool.run(&["dlq", "replay", "sender", place, "--yes"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("0 of 1 replayed, 1 refused: side_input"), "{said}");
    assert!(replayed_values(&pipeline.ground, "sender").is_empty());

    kafka::delete_topic(pipeline.ground.stack, &pipeline.ground.scenario.topic("whatsapp.ops.audit")).await;
    let (said, code) = tool.run(&["dlq", "replay", "sender", "--yes", "--again"]);
    assert_eq!(code, Some(1), "without the marks nothing may be replayed: {said}");
    assert!(said.contains("topics apply"), "{said}");
}
