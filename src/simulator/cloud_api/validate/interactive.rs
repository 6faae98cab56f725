//! Interactive messages: one table of their kinds, and the parts they share. The actions are judged in the files below.

mod carousel;
mod choices;
mod commerce;
mod forms;

use super::{ANY, Field, Known, Refusal, files, missing};
pub use commerce::{order, sections, status};

type Action = fn(&Field<'_>, &Known<'_>) -> Result<(), Refusal>;

/// What one kind may have.
struct Rules {
    kind: &'static str,
    header: Header,
    /// Characters of the body, and whether there must be one.
    body: (usize, bool),
    footer: bool,
    action: Action,
}

enum Header {
    None,
    Text,
    MustBeText,
    Image,
    TextOrFile,
}

/// Meta's page allows a list's body 4,096 characters, its OpenAPI file 1,024: the larger one.
const LIST_BODY: usize = 4_096;

const fn rules(kind: &'static str, header: Header, body: (usize, bool), action: Action) -> Rules {
    Rules { kind, header, body, footer: true, action }
}

const MUST: (usize, bool) = (1_024, true);
const MAY: (usize, bool) = (1_024, false);

#[rustfmt::skip]
const RULES: &[Rules] = &[
    rules("button", Header::TextOrFile, MUST, choices::buttons),
    rules("list", Header::Text, (LIST_BODY, true), choices::list),
    rules("cta_url", Header::TextOrFile, MUST, forms::cta_url),
    rules("location_request_message", Header::None, MUST, forms::location_request),
    rules("flow", Header::TextOrFile, MUST, forms::flow),
    rules("product", Header::None, MAY, commerce::product),
    rules("product_list", Header::MustBeText, MUST, commerce::product_list),
    rules("catalog_message", Header::None, MUST, commerce::catalog),
    rules("address_message", Header::TextOrFile, MUST, forms::address),
    Rules { footer: false, ..rules("carousel", Header::None, MUST, carousel::cards) },
    rules("call_permission_request", Header::None, MAY, forms::call_permission),
    rules("voice_call", Header::None, MUST, forms::voice_call),
    rules("request_contact_info", Header::None, MUST, forms::contact_info),
    rules("order_details", Header::Image, MUST, commerce::order_details),
    rules("order_status", Header::None, MUST, commerce::order_status),
];

pub fn check(content: &Field<'_>, known: &Known<'_>) -> Result<(), Refusal> {
    content.only(&["type", "header", "body", "footer", "action"])?;
    let kind = content.need_text("type", ANY)?;
    let rules = RULES.iter().find(|rules| rules.kind == kind);
    let rules = rules.ok_or_else(|| content.bad("has a type that is not supported"))?;
    header(content, &rules.header, known)?;
    body(content, rules.body)?;
    match content.find("footer") {
        Some(footer) if rules.footer => drop(footer.need_text("text", 60)?),
        Some(footer) => return Err(footer.bad("is not supported here")),
        None => {}
    }
    (rules.action)(&content.need("action")?, known)
}

fn body(content: &Field<'_>, (most, required): (usize, bool)) -> Result<(), Refusal> {
    match content.find("body") {
        Some(body) => body.need_text("text", most).map(|_| ()),
        None if required => Err(missing("interactive['body']")),
        None => Ok(()),
    }
}

fn header(content: &Field<'_>, rule: &Header, known: &Known<'_>) -> Result<(), Refusal> {
    let may: &[&str] = match rule {
        Header::None => &[],
        Header::Text | Header::MustBeText => &["text"],
        Header::Image => &["image"],
        Header::TextOrFile => &["text", "image", "video", "document"],
    };
    match (content.find("header"), rule) {
        (Some(header), Header::None) => Err(header.bad("is not supported here")),
        (Some(header), _) => match header.need_one_of("type", may)? {
            "text" => header.need_text("text", 60).map(|_| ()),
            kind => files::usable(kind, &header.need(kind)?, known).map(|_| ()),
        },
        (None, Header::MustBeText) => Err(missing("interactive['header']")),
        (None, _) => Ok(()),
    }
}

/// The parameters of an action that has this name.
fn named<'a>(action: &Field<'a>, name: &str) -> Result<Option<Field<'a>>, Refusal> {
    action.need_one_of("name", &[name])?;
    Ok(action.find("parameters"))
}

/// The same where there must be some.
fn parameters<'a>(action: &Field<'a>, name: &str) -> Result<Field<'a>, Refusal> {
    named(action, name)?;
    action.need("parameters")
}
