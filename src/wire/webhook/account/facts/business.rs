//! Facts about templates, numbers, accounts and what belongs to them. Must not read people.

use super::{Facts, joined};
use crate::wire::webhook::json::{self, Object};

pub(super) fn template(value: &Object<'_>) -> Facts {
    Facts {
        subject_kind: "template",
        subject_id: value.text("message_template_id"),
        event: value.text("event"),
        name: value.text("message_template_name"),
        language: value.text("message_template_language"),
        ..Facts::default()
    }
}

/// Why a template is paused stands beside `reason`, which is null then.
pub(super) fn template_status(value: &Object<'_>) -> Facts {
    let inside = |object, name| value.object(object).and_then(|o: Object<'_>| o.text(name));
    Facts {
        reason: value.text("reason").or_else(|| inside("other_info", "title")),
        category: value.text("message_template_category"),
        details: joined([
            inside("rejection_info", "reason"),
            inside("rejection_info", "recommendation"),
            inside("other_info", "description"),
            inside("disable_info", "disable_date"),
        ]),
        ..template(value)
    }
}

/// Announced: `new_category` is the present one, `correct_category` what it will be.
pub(super) fn template_category(value: &Object<'_>) -> Facts {
    Facts {
        previous: value.text("previous_category"),
        current: value.text("new_category"),
        category: value.text("correct_category").or_else(|| value.text("new_category")),
        effective_s: value.int("category_update_timestamp"),
        ..template(value)
    }
}

/// These values name the number by its digits only.
pub(super) fn number(value: &Object<'_>) -> Facts {
    Facts {
        subject_kind: "phone_number",
        subject_id: value.text("display_phone_number"),
        event: value.text("event"),
        ..Facts::default()
    }
}

pub(super) fn account(value: &Object<'_>, waba_id: &str) -> Facts {
    Facts {
        subject_kind: "account",
        subject_id: Some(waba_id.to_owned()).filter(|id| !id.is_empty()),
        event: value.text("event"),
        ..Facts::default()
    }
}

/// Each event has an object of its own; their members do not meet.
pub(super) fn account_update(value: &Object<'_>, waba_id: &str) -> Facts {
    let part = |name| value.object(name).unwrap_or_default();
    let (waba, violation, ban) = (part("waba_info"), part("violation_info"), part("ban_info"));
    let (tier, left) = (part("volume_tier_info"), part("disconnection_info"));
    let (prices, certified) = (part("auth_international_rate_eligibility"), part("partner_client_certification_info"));
    let restriction = value.objects("restriction_info").into_iter().next().unwrap_or_default();
    let countries = prices.objects("exception_countries").into_iter().map(|country| country.text("country_code"));
    let partners = waba.elements("solution_partner_business_ids").into_iter().map(json::text);
    let account = account(value, waba_id);
    Facts {
        subject_id: waba.text("waba_id").or(account.subject_id),
        current: value.text("country").or_else(|| tier.text("tier")).or_else(|| certified.text("status")),
        reason: violation
            .text("violation_type")
            .or_else(|| ban.text("waba_ban_state"))
            .or_else(|| left.text("reason"))
            .or_else(|| restriction.text("restriction_type"))
            .or_else(|| joined(certified.elements("rejection_reasons").into_iter().map(json::text))),
        category: tier.text("pricing_category"),
        details: joined(
            [
                ban.text("waba_ban_date"),
                restriction.text("remediation"),
                left.text("initiated_by"),
                tier.text("region"),
                tier.text("effective_month"),
                certified.text("client_business_id"),
                waba.text("owner_business_id"),
                waba.text("ad_account_linked"),
            ]
            .into_iter()
            .chain(partners)
            .chain(countries),
        ),
        request_id: waba.text("solution_id").or_else(|| waba.text("partner_app_id")),
        effective_s: restriction
            .int("expiration")
            .or_else(|| tier.int("tier_update_time"))
            .or_else(|| prices.int("start_time")),
        event: account.event,
        subject_kind: account.subject_kind,
        ..Facts::default()
    }
}

pub(super) fn alert(value: &Object<'_>) -> Facts {
    let info = value.object("alert_info").unwrap_or_default();
    let subject_kind = match value.text("entity_type").as_deref() {
        Some("PHONE_NUMBER") => "phone_number",
        Some("BUSINESS") => "account",
        Some(_) | None => "other",
    };
    Facts {
        subject_kind,
        subject_id: value.text("entity_id"),
        event: info.text("alert_type"),
        current: info.text("alert_status"),
        reason: info.text("alert_severity"),
        details: info.text("alert_description"),
        ..Facts::default()
    }
}

pub(super) fn capability(value: &Object<'_>, waba_id: &str) -> Facts {
    let numbers = ["max_phone_numbers_per_business", "max_phone_numbers_per_waba"];
    Facts {
        current: value
            .text("max_daily_conversations_per_business")
            .or_else(|| value.text("max_daily_conversation_per_phone")),
        details: joined(numbers.map(|name| Some(format!("{name} {}", value.text(name)?)))),
        ..account(value, waba_id)
    }
}

/// A status, or how an endpoint or a client fares against its threshold.
pub(super) fn flow(value: &Object<'_>) -> Facts {
    let measured = ["error_rate", "p90_latency", "availability"];
    Facts {
        subject_kind: "flow",
        subject_id: value.text("flow_id"),
        event: value.text("event"),
        previous: value.text("old_status"),
        current: value.text("new_status").or_else(|| measured.iter().find_map(|name| value.text(name))),
        reason: value.text("alert_state"),
        details: value.text("message"),
        ..Facts::default()
    }
}

pub(super) fn payment_configuration(value: &Object<'_>) -> Facts {
    Facts {
        subject_kind: "payment_configuration",
        subject_id: value.text("provider_mid"),
        name: value.text("configuration_name"),
        category: value.text("provider_name"),
        current: value.text("status"),
        at_s: value.int("updated_timestamp"),
        ..Facts::default()
    }
}
