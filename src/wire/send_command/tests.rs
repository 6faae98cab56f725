use super::*;
use crate::wire::records::send_command::{Reaction, Text};

fn hello() -> SendCommand {
    SendCommand {
        command_id: "order-1042".to_owned(),
        to: "+4915112345678".to_owned(),
        text: Some(Text { body: "hi".to_owned(), preview_url: false }),
        ..SendCommand::default()
    }
}

fn with(change: impl FnOnce(&mut SendCommand)) -> Vec<(String, String)> {
    let mut command = hello();
    change(&mut command);
    let problems = validate(&command).err().unwrap_or_default();
    problems.into_iter().map(|found| (found.field, found.problem)).collect()
}

fn fields(change: impl FnOnce(&mut SendCommand)) -> Vec<String> {
    with(change).into_iter().map(|(field, _)| field).collect()
}

#[test]
fn the_hello_world_is_valid() {
    let command = hello();
    let valid = validate(&command).expect("valid");
    assert_eq!((valid.id().as_str(), valid.to().as_str()), ("order-1042", "4915112345678"));
    assert_eq!(valid.content(), Content::Text(command.text.as_ref().expect("a text")));
}

#[test]
fn every_form_of_address_is_valid() {
    for to in ["+49 151 12345678", "US.1234", "group:120363@g.us"] {
        assert_eq!(with(|c| c.to = to.to_owned()), [], "{to}");
    }
    for to in ["", "group:", "Ada"] {
        assert_eq!(fields(|c| c.to = to.to_owned()), ["to"], "{to}");
    }
}

#[test]
fn command_ids_keep_to_their_alphabet_and_length() {
    assert_eq!(with(|c| c.command_id = "a".repeat(128)), []);
    for id in [String::new(), "a".repeat(129), "with space".to_owned(), "ü".to_owned(), "a/b".to_owned()] {
        assert_eq!(fields(|c| c.command_id = id.clone()), ["command_id"], "{id}");
    }
}

#[test]
fn exactly_one_content_is_wanted() {
    assert_eq!(with(|c| c.text = None), [(String::new(), "has no content".to_owned())]);
    let two = with(|c| c.reaction = Some(Reaction { message_id: "wamid.1".to_owned(), emoji: "👍".to_owned() }));
    assert_eq!(two, [("reaction".to_owned(), "is a further content beside text".to_owned())]);
}

#[test]
fn words_and_carriers_are_checked() {
    assert_eq!(fields(|c| c.priority = "urgent".to_owned()), ["priority"]);
    assert_eq!(fields(|c| c.on_unknown = String::new()), ["on_unknown"]);
    assert_eq!(fields(|c| c.carriers = vec!["sms".to_owned(), "../x".to_owned()]), ["carriers[1]"]);
    assert_eq!(fields(|c| c.carrier = Some("SMS".to_owned())), ["carrier"]);
}

#[test]
fn every_problem_is_told_and_none_quotes_its_value() {
    let command = SendCommand { to: "secret-person".to_owned(), priority: "secret".to_owned(), ..hello() };
    let problems = validate(&command).expect_err("two mistakes");
    assert_eq!(problems.len(), 2);
    assert!(!format!("{problems:?}").contains("secret"));
}
