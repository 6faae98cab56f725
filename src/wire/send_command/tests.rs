use super::*;
use crate::wire::records::{
    interactive::{Button, List, Row, Section},
    send_command::Reaction,
    template::{Component, TemplateHeader},
};

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
    match validate(&command) {
        Ok(()) => Vec::new(),
        Err(errors) => errors.into_iter().map(|error| (error.field, error.problem)).collect(),
    }
}

fn fields(change: impl FnOnce(&mut SendCommand)) -> Vec<String> {
    with(change).into_iter().map(|(field, _)| field).collect()
}

#[test]
fn the_hello_world_is_valid() {
    assert_eq!(validate(&hello()), Ok(()));
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
    assert_eq!(two, [("reaction".to_owned(), "has more than one content: text and reaction".to_owned())]);
}

#[test]
fn text_has_4096_characters_at_most_whatever_their_bytes() {
    assert_eq!(with(|c| c.text = Some(Text { body: "ü".repeat(4096), preview_url: false })), []);
    let mut long = hello();
    long.text = Some(Text { body: "ü".repeat(4097), preview_url: false });
    let errors = validate(&long).expect_err("too long");
    assert_eq!((errors[0].field.as_str(), errors[0].limit), ("text.body", Some(4096)));
    assert_eq!(fields(|c| c.text = Some(Text { body: "  ".to_owned(), preview_url: false })), ["text.body"]);
}

#[test]
fn media_names_one_source_and_a_known_kind() {
    let media = |kind: &str, id: Option<&str>, link: Option<&str>| {
        let media = Media {
            kind: kind.to_owned(),
            id: id.map(ToOwned::to_owned),
            link: link.map(ToOwned::to_owned),
            ..Media::default()
        };
        fields(|c| {
            c.text = None;
            c.media = Some(media);
        })
    };
    assert!(media("image", Some("1"), None).is_empty());
    assert_eq!(media("image", Some("1"), Some("https://example.org/a.png")), ["media"]);
    assert_eq!(media("gif", None, None), ["media.kind", "media"]);
}

#[test]
fn words_and_carriers_are_checked() {
    assert_eq!(fields(|c| c.priority = "urgent".to_owned()), ["priority"]);
    assert_eq!(fields(|c| c.on_unknown = String::new()), ["on_unknown"]);
    assert_eq!(fields(|c| c.carriers = vec!["sms".to_owned(), "../x".to_owned()]), ["carriers[1]"]);
    assert_eq!(fields(|c| c.carrier = Some("SMS".to_owned())), ["carrier"]);
}

#[test]
fn locations_lie_on_this_planet() {
    let at = |latitude: f64, longitude: f64| {
        fields(|c| {
            c.text = None;
            c.location = Some(Location { latitude, longitude, ..Location::default() });
        })
    };
    assert!(at(-90.0, 180.0).is_empty());
    assert_eq!(at(90.1, f64::NAN), ["location.latitude", "location.longitude"]);
}

#[test]
fn a_template_has_one_form() {
    let template = |template: Template| {
        fields(|c| {
            c.text = None;
            c.template = Some(template);
        })
    };
    let named = Template { name: "welcome".to_owned(), ..Template::default() };
    assert!(template(Template { body: vec!["Ada".to_owned()], ..named.clone() }).is_empty());
    assert!(template(Template { components: vec![Component::default()], ..named.clone() }).is_empty());
    let both = Template { body: vec!["Ada".to_owned()], components: vec![Component::default()], ..named.clone() };
    assert_eq!(template(both), ["template.components"]);
    let mixed = Template {
        body: vec!["Ada".to_owned()],
        named: [("name".to_owned(), "Ada".to_owned())].into(),
        header: Some(TemplateHeader { media: Some(Media::default()), ..TemplateHeader::default() }),
        ..Template::default()
    };
    let expected = ["template.name", "template.named", "template.header.media.kind", "template.header.media"];
    assert_eq!(template(mixed), expected);
}

#[test]
fn an_interactive_message_keeps_to_metas_counts() {
    let interactive = |interactive: Interactive| {
        fields(|c| {
            c.text = None;
            c.interactive = Some(interactive);
        })
    };
    let buttons = vec![Button::default(); 4];
    assert_eq!(
        interactive(Interactive { r#type: "button".to_owned(), buttons, ..Interactive::default() }),
        ["interactive.buttons"]
    );
    let section = Section { rows: vec![Row::default(); 6], ..Section::default() };
    let list = List { sections: vec![section.clone(), section], ..List::default() };
    assert_eq!(
        interactive(Interactive { list: Some(list), action_json: Some("[]".to_owned()), ..Interactive::default() }),
        ["interactive.type", "interactive.list.sections", "interactive.action_json"]
    );
}

#[test]
fn a_problem_of_the_whole_command_names_no_field() {
    let error = WhatsAppError::from(&validate(&SendCommand { text: None, ..hello() }).expect_err("no content")[0]);
    assert_eq!(error.field, None);
    assert!(error.details.is_some_and(|details| details.starts_with("the command ")));
}

#[test]
fn a_problem_becomes_an_error_that_names_the_field_and_no_value() {
    let mut command = hello();
    command.to = "secret-person".to_owned();
    let errors = validate(&command).expect_err("no address");
    let error = WhatsAppError::from(&errors[0]);
    assert_eq!((error.code.as_str(), error.action.as_str()), ("invalid_field", "fix_command"));
    assert_eq!(error.field.as_deref(), Some("to"));
    assert_eq!(
        error,
        WhatsAppError { field: error.field.clone(), ..problem::own(&INVALID_FIELD, error.details.clone()) }
    );
    assert!(!format!("{error:?}").contains("secret-person"));
}
