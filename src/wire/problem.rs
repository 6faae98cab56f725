//! Errors as the contract's `Error` record says them: Meta's and our own. Decides nothing; the error table does.

use super::records::WhatsAppError;
use crate::domain::errors::{MetaError, classify, meta_link, own::Own, own_link};

/// Meta's error, whether it answered a request or came in a status.
#[must_use]
pub fn from_meta(error: &MetaError) -> WhatsAppError {
    let policy = classify(error);
    WhatsAppError {
        code: error.code.to_string(),
        title: error.title.clone(),
        details: error.details.clone(),
        meta_code: Some(error.code),
        meta_subcode: error.subcode,
        fbtrace_id: error.fbtrace_id.clone(),
        retryable: policy.retryable(),
        retry_after_ms: policy.retry_after_ms().and_then(|ms| i64::try_from(ms).ok()),
        action: policy.action.name().to_owned(),
        doc_url: Some(meta_link(error.code, error.subcode)),
        ..WhatsAppError::default()
    }
}

/// An error of ours; `details` may name a field's path or a limit, never a content or a phone number.
#[must_use]
pub fn own(error: &Own, details: Option<String>) -> WhatsAppError {
    WhatsAppError {
        code: error.code.to_owned(),
        title: error.title.to_owned(),
        details,
        retryable: error.retryable,
        action: error.action.name().to_owned(),
        doc_url: Some(own_link(error)),
        ..WhatsAppError::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::errors::own::EXPIRED;

    #[test]
    fn meta_s_error_keeps_its_numbers_and_gets_our_advice() {
        let told = from_meta(&MetaError {
            code: 131_056,
            subcode: Some(7),
            title: "pair rate limit".into(),
            fbtrace_id: Some("A1".into()),
            ..MetaError::default()
        });
        assert_eq!((told.code.as_str(), told.meta_code, told.meta_subcode), ("131056", Some(131_056), Some(7)));
        assert_eq!((told.retryable, told.retry_after_ms, told.action.as_str()), (true, Some(6_000), "wait"));
        assert!(told.doc_url.is_some_and(|url| url.ends_with("/docs/errors.md#131056")));
    }

    #[test]
    fn our_own_error_has_a_word_for_a_code() {
        let told = own(&EXPIRED, None);
        assert_eq!((told.code.as_str(), told.meta_code, told.retryable), ("expired", None, false));
        assert!(told.doc_url.is_some_and(|url| url.ends_with("/docs/errors.md#expired")));
    }
}
