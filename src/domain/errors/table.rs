//! The table itself, in the order of the codes, one row each, read top to bottom. No row may carry a decision that is not
//! in its policy.
//!
//! Source: Meta's error-code page, editions of December 2025 and September 2026, the Graph API's error handling, and the
//! pages of groups, calling, block lists, usernames, templates and sign-up.

use super::policy::{Action, Limit, Policy};

/// One code, a family of codes with one meaning, or one subcode that says more than its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    pub first: i64,
    pub last: i64,
    pub subcode: Option<i64>,
    pub title: &'static str,
    pub policy: Policy,
    /// For a person who meets the code: what it really is, what helps.
    pub advice: &'static str,
}

const fn at(code: i64, title: &'static str, policy: Policy, advice: &'static str) -> Known {
    span(code, code, title, policy, advice)
}

const fn sub(code: i64, subcode: i64, title: &'static str, policy: Policy, advice: &'static str) -> Known {
    Known { subcode: Some(subcode), ..at(code, title, policy, advice) }
}

const fn span(first: i64, last: i64, title: &'static str, policy: Policy, advice: &'static str) -> Known {
    Known { first, last, subcode: None, title, policy, advice }
}

const RETRY: Policy = Policy::transient();
const ACCOUNT: Policy = Policy::account();
const FIX: Policy = Policy::rejected(Action::FixCommand);
const FIX_ACCOUNT: Policy = Policy::rejected(Action::FixAccount);
const TEMPLATE: Policy = Policy::rejected(Action::SendTemplate);
const LATER: Policy = Policy::rejected(Action::Wait);
const OTHER: Policy = Policy::rejected(Action::OtherChannel);
const FINAL: Policy = Policy::rejected(Action::None);

const fn number(wait_ms: u64) -> Policy {
    Policy::throttled(Limit::Number, wait_ms)
}

const fn app(wait_ms: u64) -> Policy {
    Policy::throttled(Limit::App, wait_ms)
}

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// Sorted by code, a code's subcodes after it; ranges do not overlap.
#[rustfmt::skip]
pub const TABLE: &[Known] = &[
    // authorisation and the Graph API itself
    at(0, "AuthException", ACCOUNT, "The access token expired, was revoked, or the user changed their settings: put in a new token."),
    at(1, "API Unknown", RETRY, "An invalid request or a fault of Meta's server."),
    at(2, "API Service", RETRY, "Meta is overloaded or down for a moment."),
    at(3, "API Method", ACCOUNT, "A capability or permission is missing although the HTTP status is 500: check the app's permissions."),
    at(4, "API Too Many Calls", app(5 * MINUTE), "The app's call limit is reached; X-App-Usage shows how far."),
    at(10, "API Permission Denied", ACCOUNT, "The token lacks a permission, or the account may not use this endpoint."),
    at(17, "User Request Limit Reached", app(5 * MINUTE), "The Graph API's limit per user is reached."),
    at(32, "Page Request Limit Reached", app(5 * MINUTE), "The Graph API's limit per page is reached."),
    at(33, "Parameter value is not valid", ACCOUNT, "The business number does not exist (any more) or the token may not see it."),
    at(100, "Invalid parameter", FIX, "An unknown, misspelled or too long parameter; the details name it."),
    sub(100, 33, "Unsupported request", ACCOUNT, "There is no such object: the business number was deleted, or the token may not see it."),
    at(102, "API Session", ACCOUNT, "The token's session is not valid: put in a new token."),
    at(104, "Missing access token", ACCOUNT, "No token was sent, or appsecret_proof is wrong."),
    at(190, "Access token has expired", ACCOUNT, "The token is expired or invalid: put in a new token."),
    sub(190, 458, "App not installed", ACCOUNT, "The user whose token it is has removed the app: make a token anew."),
    sub(190, 459, "User checkpointed", ACCOUNT, "The user whose token it is has to log in at facebook.com; a system user's token does not need that."),
    sub(190, 460, "Password changed", ACCOUNT, "The user whose token it is has changed their password: make a token anew."),
    sub(190, 463, "Token expired", ACCOUNT, "Its time is up: make a token anew, one of a system user that does not expire."),
    sub(190, 464, "Unconfirmed user", ACCOUNT, "The user whose token it is has to confirm their account."),
    sub(190, 467, "Invalid access token", ACCOUNT, "The user logged out, or the token was revoked: make a token anew."),
    sub(190, 492, "Invalid session", ACCOUNT, "The user whose token it is no longer has a role in the business."),
    span(200, 299, "API Permission", ACCOUNT, "The app lacks whatsapp_business_messaging for this account."),
    at(341, "Application limit reached", app(10 * MINUTE), "The app's temporary limit is reached."),
    at(368, "Temporarily blocked for policy violations", ACCOUNT, "Meta restricts the account for a time; see its quality and policy notices."),
    at(429, "Too Many Requests", number(MINUTE), "HTTP's own status without an error object, from Meta or something before it: the request was turned away."),
    at(506, "Duplicate post", FINAL, "The Graph API saw the same post before."),
    at(613, "Calls to this API have exceeded the rate limit", app(5 * MINUTE), "A custom rate limit of the Graph API."),
    at(2046, "Invalid status transition", FIX, "The order cannot change to this status."),
    at(80_007, "Rate limit issues", Policy::throttled(Limit::Waba, 5 * MINUTE), "Management calls of the WhatsApp Business Account; message throughput is 130429."),
    at(80_008, "Rate limit issues", Policy::throttled(Limit::Waba, 5 * MINUTE), "As 80007."),
    // throttling, integrity, delivery
    at(130_403, "User blocked by the business", FINAL, "This user is on the business's own block list."),
    at(130_429, "Rate limit hit", number(SECOND), "The number's throughput (80 messages a second by default) is exceeded."),
    sub(130_429, 2_494_055, "Rate limit hit", number(SECOND), "As 130429."),
    at(130_472, "User's number is part of an experiment", OTHER, "Meta withholds marketing messages from this user; sending again does not help."),
    at(130_497, "Business account is restricted from messaging users in this country", OTHER, "The account may not message this country."),
    at(130_501, "Message type is not supported", FIX, "Not possible in a group."),
    at(131_000, "Something went wrong", RETRY, "An unknown fault of Meta's server."),
    at(131_005, "Access denied", ACCOUNT, "A permission was not granted or was removed."),
    at(131_008, "Required parameter is missing", FIX, "The details name the parameter."),
    at(131_009, "Parameter value is not valid", FIX, "The details name the parameter; also a bad message id or too old a reaction target."),
    at(131_016, "Service unavailable", RETRY, "A service of Meta's is down for a moment."),
    at(131_020, "Invalid group", FIX, "The group cannot be messaged, for instance it has one member."),
    at(131_021, "Recipient cannot be sender", FIX, "The recipient is the business number itself."),
    at(131_026, "Message undeliverable", OTHER, "Not a WhatsApp number, terms not accepted, or too old a client; Meta does not tell which."),
    at(131_030, "Recipient phone number not in allowed list", FIX_ACCOUNT, "A test number reaches only its five registered recipients."),
    at(131_031, "Account has been locked", ACCOUNT, "Locked for a policy violation or wrong registration data: see the business manager."),
    at(131_037, "Display name approval needed", ACCOUNT, "The number's display name needs approval before it may send."),
    at(131_041, "Unknown group", FIX, "No such group."),
    at(131_042, "Business eligibility payment issue", ACCOUNT, "The payment method is missing, invalid or over its limit."),
    at(131_044, "Business eligibility payment issue", ACCOUNT, "As 131042, for calls."),
    at(131_045, "Incorrect certificate", ACCOUNT, "The number's registration is broken: register it again. The HTTP status 500 does not mean a retry helps."),
    at(131_047, "Re-engagement message", TEMPLATE, "More than 24 hours since the user's last message: only templates reach them."),
    at(131_048, "Spam rate limit hit", number(HOUR), "The number is limited for its quality, for hours or days."),
    at(131_049, "Meta chose not to deliver", LATER, "The user got enough marketing messages: not before 24 hours, with growing gaps."),
    at(131_050, "User stopped marketing messages", OTHER, "Until the user resumes them (user_preferences)."),
    at(131_051, "Unsupported message type", FIX, "Sending: the type is not supported. Inbound: the user sent what the Cloud API cannot show."),
    at(131_052, "Media download error", FINAL, "The user's file could not be fetched or is over 100 MB: ask for it again."),
    at(131_053, "Media upload error", FIX, "The file of our message is unusable: type, size or link."),
    at(131_055, "Method not allowed", FIX, "The marketing endpoint takes marketing templates only."),
    at(131_056, "Pair rate limit hit", Policy::throttled(Limit::Pair, 6 * SECOND), "Too many messages to this user: one in six seconds, bursts of 45 borrowed from the future."),
    at(131_057, "Account in maintenance mode", number(MINUTE), "The number's throughput is being upgraded, which takes about a minute."),
    at(131_059, "Invalid cursor", FIX, "Start the listing again."),
    at(131_062, "Business-scoped user id is not supported for this message", FIX, "This message needs the recipient's phone number."),
    at(131_063, "Marketing messages are disabled on this endpoint", FIX_ACCOUNT, "Use the marketing endpoint, or change the account's setting."),
    at(131_064, "Template classification limit", number(HOUR), "Meta limits the account for misclassified templates; it ends by itself."),
    at(131_201, "Group request partly done", FINAL, "The details name the participants that failed."),
    span(131_202, 131_207, "Group request refused", FIX, "Duplicate participant, join refused, too many participants, or the group is suspended."),
    at(131_208, "Group rate limit hit", number(MINUTE), "Too many requests about this group."),
    span(131_209, 131_215, "Group request refused", FIX, "Picture, creation limit, participant, join request or eligibility."),
    // templates and flows
    at(132_000, "Template param count mismatch", FIX, "The number of parameters differs from the template's."),
    at(132_001, "Template does not exist", FIX, "No approved template of this name in this language."),
    at(132_005, "Template hydrated text too long", FIX, "The text is too long with its parameters put in."),
    at(132_007, "Template format character policy violated", FIX, "A parameter has characters Meta refuses, such as new lines or many spaces."),
    at(132_008, "Template parameter value invalid", FIX, "A parameter has a value Meta refuses."),
    at(132_012, "Template parameter format mismatch", FIX, "A parameter's kind or name differs from the template's."),
    at(132_015, "Template is paused", LATER, "Paused for low quality (three or six hours), or dropped after pacing."),
    at(132_016, "Template is disabled", FIX, "Paused too often: make another template."),
    at(132_018, "Template validation error", FIX, "The details name what does not fit the template."),
    at(132_068, "Flow is blocked", FIX_ACCOUNT, "Repair the flow."),
    at(132_069, "Flow is throttled", LATER, "Ten messages an hour are used up."),
    // registration and account
    at(133_000, "Incomplete deregistration", ACCOUNT, "Deregister the number again, then register it."),
    at(133_004, "Server temporarily unavailable", RETRY, "Meta's registration server is down for a moment."),
    span(133_005, 133_006, "Number verification failed", ACCOUNT, "The two-step PIN is wrong, or the number must be verified first."),
    span(133_008, 133_009, "Too many two-step PIN guesses", ACCOUNT, "Wait as the details say."),
    at(133_010, "Phone number not registered", ACCOUNT, "Register the number with the Cloud API."),
    at(133_015, "Phone number recently deleted", ACCOUNT, "Wait five minutes, then register it."),
    at(133_016, "Registration limit hit", ACCOUNT, "Ten registrations in 72 hours: wait."),
    at(134_011, "Payments terms not accepted", FIX_ACCOUNT, "Accept the WhatsApp Payments terms."),
    at(134_100, "Only marketing messages supported", FIX, "This endpoint takes marketing templates only."),
    at(134_101, "Template is still syncing", LATER, "Up to ten minutes after approval."),
    span(134_102, 134_103, "Template unavailable on the marketing endpoint", FIX_ACCOUNT, "The account is not onboarded, or the template is not synced."),
    at(135_000, "Generic user error", FIX, "A parameter is wrong; Meta does not tell which."),
    at(137_000, "Recipient identity key hash mismatch", FIX, "The user's identity changed: verify them again."),
    // calling
    span(138_000, 138_001, "Calling is not possible", FIX_ACCOUNT, "Calling is not enabled, or the receiver cannot be called."),
    at(138_002, "Concurrent call limit", number(MINUTE), "Too many calls at once."),
    at(138_003, "Duplicate call", FINAL, "A call with this user is under way."),
    at(138_004, "Call connection error", RETRY, "The call could not be connected."),
    at(138_005, "Call rate limit", number(MINUTE), "Too many calls."),
    at(138_006, "No call permission", FINAL, "The user has not permitted calls."),
    at(138_007, "Call connect timeout", RETRY, "The call was not connected in time."),
    at(138_009, "Call permission request limit", LATER, "This user was asked too often."),
    at(138_012, "Call limit of a day", LATER, "This user was called as often as one may in 24 hours."),
    span(138_013, 138_015, "Calls are unavailable", FIX_ACCOUNT, "Not available, switched off for a time, or not to be enabled for this number."),
    at(138_017, "Permanent call permission exists", FINAL, "There is nothing to ask for."),
    at(138_018, "Calls cannot be enabled", FIX_ACCOUNT, "The details name the requirement."),
    span(138_019, 138_023, "Call failed", FINAL, "The call failed on the business's own side."),
    span(138_024, 138_025, "Calling is limited", FIX_ACCOUNT, "Only in `health_status`: what keeps the number from calling."),
    // flows, block list, usernames
    span(139_000, 139_004, "Flow request refused", FIX_ACCOUNT, "The flow cannot be published, changed or deleted."),
    span(139_100, 139_101, "Block list refused", FIX, "Partly done, or the list is full."),
    span(139_102, 139_103, "Block list busy", RETRY, "A concurrent update or an internal fault."),
    span(141_000, 141_014, "Messaging is limited", FIX_ACCOUNT, "Only in `health_status`: what keeps the number, the account or the template from sending."),
    span(147_001, 147_005, "Username refused", FIX_ACCOUNT, "Not available, not eligible, or an account is not linked."),
    // management calls: template insights, sign-up, templates, migration, coexistence
    span(200_005, 200_007, "Template insights unavailable", FIX_ACCOUNT, "Not available, not enabled, or not to be switched off."),
    at(1_752_041, "Duplicate onboarding request", FINAL, "The same request is under way."),
    at(2_388_001, "Number cannot be migrated", FIX_ACCOUNT, "It is another's, or two-step verification is on."),
    at(2_388_012, "Number exists already", FIX_ACCOUNT, "The number is registered in this or another account."),
    at(2_388_019, "Template limit reached", FIX_ACCOUNT, "250 templates, 6,000 for a verified business: delete some."),
    at(2_388_039, "Template cannot be changed now", LATER, "It is in review, or was edited as often as one may in a day."),
    at(2_388_040, "Template field too long", FIX, "The details name the field."),
    at(2_388_047, "Template header not valid", FIX, "Its format is not what Meta takes."),
    span(2_388_072, 2_388_073, "Template text not valid", FIX, "The format of the body or the footer is not what Meta takes."),
    at(2_388_091, "Not eligible for a code", FIX_ACCOUNT, "The number cannot be verified now."),
    at(2_388_093, "Not eligible for a code", FIX_ACCOUNT, "As 2388091."),
    at(2_388_103, "Number cannot be migrated", FIX_ACCOUNT, "The details name the requirement."),
    at(2_388_293, "Too many template variables", FIX, "Too many for the length of the text."),
    at(2_388_299, "Template variable at the edge", FIX, "A text may not begin or end with a variable."),
    at(2_494_100, "Number in maintenance", number(5 * MINUTE), "The number is being migrated; it works again in minutes."),
    span(2_494_164, 2_494_179, "Sign-up failed", FIX_ACCOUNT, "The details name the step of the sign-up."),
    at(2_593_079, "Account cannot be moved", FIX_ACCOUNT, "The WhatsApp Business Account cannot change hands; the details name the reason."),
    at(2_593_085, "Account cannot be moved", FIX_ACCOUNT, "As 2593079."),
    span(2_593_107, 2_593_109, "History is not shared", FINAL, "Asked for too often or over 24 hours after onboarding, or the business declined."),
];
