//! How long and how many Meta takes in a message, each number with its source: the one place that knows them (those of a
//! template's definition are `ops::templates::rules`'s). Checks nothing.

use std::fmt;

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Unicode scalar values, not bytes.
    Characters,
    Items,
    LineBreaks,
    Days,
    /// A position, counted from 0.
    Position,
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Characters => "characters",
            Self::Items => "items",
            Self::LineBreaks => "line breaks",
            Self::Days => "days",
            Self::Position => "position",
        })
    }
}

/// Between `min` and `max`, both allowed.
#[derive(Debug, PartialEq, Eq)]
pub struct Limit {
    /// Of a command, without positions; where it stands inside a `*_json` field, after that.
    pub field: &'static str,
    pub min: usize,
    pub max: usize,
    pub unit: Unit,
    /// Which page of Meta's documentation, or which schema of its OpenAPI file.
    pub source: &'static str,
}

macro_rules! limits {
    ($($name:ident = $field:literal, $min:literal ..= $max:literal $unit:ident, $source:literal;)+) => {
        $(pub const $name: Limit =
            Limit { field: $field, min: $min, max: $max, unit: Unit::$unit, source: $source };)+

        /// All of them, in the order of `docs/sending.md`.
        pub const ALL: &[&Limit] = &[$(&$name),+];
    };
}

limits! {
    TEXT_BODY = "text.body", 1..=4_096 Characters, "Text messages";
    CAPTION = "media.caption", 0..=1_024 Characters, "Image, video and document messages";
    CONTACTS = "contacts", 1..=257 Items, "Contacts messages";
    PIN_DAYS = "pin.expiration_days", 1..=30 Days, "Group messaging";
    HEADER_TEXT = "interactive.header.text", 1..=60 Characters, "OpenAPI: HeaderObject";
    BODY = "interactive.body", 1..=1_024 Characters, "OpenAPI: BodyObject";
    LIST_BODY = "interactive.body (list)", 1..=4_096 Characters, "Interactive list messages (the OpenAPI file says 1,024)";
    FOOTER = "interactive.footer", 1..=60 Characters, "OpenAPI: FooterObject";
    BUTTONS = "interactive.buttons", 1..=3 Items, "OpenAPI: ActionObject";
    BUTTON_ID = "interactive.buttons[].id", 1..=256 Characters, "OpenAPI: ActionObject";
    BUTTON_TITLE = "interactive.buttons[].title", 1..=20 Characters, "OpenAPI: ActionObject";
    LIST_BUTTON = "interactive.list.button", 1..=20 Characters, "OpenAPI: ActionObject";
    LIST_SECTIONS = "interactive.list.sections", 1..=10 Items, "OpenAPI: ActionObject";
    LIST_ROWS = "interactive.list.sections[].rows, together", 1..=10 Items, "Interactive list messages";
    SECTION_TITLE = "interactive.list.sections[].title", 1..=24 Characters, "OpenAPI: SectionObject";
    ROW_ID = "interactive.list.sections[].rows[].id", 1..=200 Characters, "OpenAPI: SectionObject";
    ROW_TITLE = "interactive.list.sections[].rows[].title", 1..=24 Characters, "OpenAPI: SectionObject";
    ROW_DESCRIPTION = "interactive.list.sections[].rows[].description", 0..=72 Characters, "OpenAPI: SectionObject";
    PRODUCT_SECTIONS = "interactive.product.sections", 1..=10 Items, "OpenAPI: ActionObject";
    PRODUCTS = "interactive.product.sections[].product_retailer_ids, together", 1..=30 Items, "Product messages";
    CTA_TEXT = "interactive.cta_url.display_text", 1..=20 Characters, "Interactive call-to-action URL messages";
    FLOW_CTA = "interactive.flow.flow_cta", 1..=30 Characters, "OpenAPI: ActionObject";
    CARDS = "interactive.cards", 2..=10 Items, "Interactive carousel messages";
    CARD_BODY = "interactive.cards[].body", 1..=160 Characters, "Interactive carousel messages";
    CARD_LINE_BREAKS = "interactive.cards[].body (lines)", 0..=2 LineBreaks, "Interactive carousel messages";
    CARD_BUTTON_ID = "interactive.cards[].buttons[].id", 1..=20 Characters, "Interactive carousel messages";
    CARD_BUTTON_TITLE = "interactive.cards[].buttons[].title", 1..=20 Characters, "Interactive carousel messages";
    ADDRESS_PIN_CODE = "interactive.action_json: parameters.values.in_pin_code", 0..=6 Characters, "Address messages";
    TEMPLATE_NAME = "template.name", 1..=512 Characters, "Templates";
    HEADER_PARAMETERS = "template.components[].parameters (header)", 1..=1 Items, "Template messages";
    BUTTON_INDEX = "template.buttons[].index", 0..=9 Position, "OpenAPI: TemplateComponent";
    COUPON_CODE = "template.buttons[].value (copy_code)", 1..=20 Characters, "Coupon templates (15 before December 2025)";
    OFFER_CODE = "template.components[].parameters[].coupon_code (beside limited_time_offer)", 1..=15 Characters, "Limited-time offer templates";
    TEMPLATE_CARDS = "template.components[].cards", 2..=10 Items, "Carousel templates";
}

/// The table of `docs/sending.md`.
#[must_use]
pub fn table() -> String {
    let row = |limit: &&Limit| {
        let Limit { field, min, max, unit, source } = limit;
        format!("| `{field}` | {min} | {max} | {unit} | {source} |\n")
    };
    let head = "| field | least | most | of | Meta's page |\n|---|---|---|---|---|\n";
    ALL.iter().map(row).fold(head.to_owned(), |table, row| table + &row)
}
