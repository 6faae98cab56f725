//! The Rust types are what the schemas say.

use std::fmt::Debug;

use omnichannel_whatsapp::wire::avro::AvroRecord;

use crate::support::{codec, defaults, for_every_record, full, minimal, now};

const TOPIC: &str = "whatsapp.any";

#[test]
fn a_value_with_every_field_set_survives_json_and_avro() {
    fn check<T: AvroRecord + PartialEq + Debug>() {
        let json = full(T::schema());
        let value: T = serde_json::from_value(json.clone()).expect(T::NAME);
        assert_eq!(serde_json::to_value(&value).expect(T::NAME), json, "{}: type and schema differ", T::NAME);
        let (codec, ..) = codec();
        let bytes = now(codec.encode(TOPIC, &value)).expect(T::NAME);
        assert_eq!(now(codec.decode::<T>(&bytes)).expect(T::NAME), value);
    }
    for_every_record!(check);
}

#[test]
fn a_value_with_nothing_optional_survives_and_has_the_schema_s_defaults() {
    fn check<T: AvroRecord + PartialEq + Debug>() {
        let mut json = minimal(T::schema());
        let value: T = serde_json::from_value(json.clone()).expect(T::NAME);
        json.as_object_mut().expect("an object").extend(defaults(T::schema()));
        assert_eq!(serde_json::to_value(&value).expect(T::NAME), json, "{}: defaults differ", T::NAME);
        let (codec, ..) = codec();
        let bytes = now(codec.encode(TOPIC, &value)).expect(T::NAME);
        assert_eq!(now(codec.decode::<T>(&bytes)).expect(T::NAME), value);
    }
    for_every_record!(check);
}

#[test]
fn the_defaults_of_nested_records_are_the_schema_s_too() {
    use omnichannel_whatsapp::wire::records::{SendCommand, WhatsAppError, content::OrderItem, template::Template};
    let error: WhatsAppError = serde_json::from_str("{}").expect("every field has a default in Rust");
    assert_eq!((error.action.as_str(), error.retryable), ("none", false));
    let item: OrderItem = serde_json::from_str("{}").expect("every field has a default in Rust");
    assert_eq!((item.quantity.as_str(), item.item_price.as_str()), ("0", "0"));
    assert_eq!(Template::default().language, "");
    assert_eq!(SendCommand::default().priority, "normal");
}

/// An independent reading: the library's own value type, not our structs.
#[test]
fn what_is_written_is_plain_avro_under_the_published_schema() {
    fn check<T: AvroRecord + PartialEq + Debug>() {
        let json = full(T::schema());
        let value: T = serde_json::from_value(json).expect(T::NAME);
        let (codec, ..) = codec();
        let bytes = now(codec.encode(TOPIC, &value)).expect(T::NAME);
        let schema = apache_avro::Schema::parse_str(T::schema().source).expect(T::NAME);
        let reader = apache_avro::reader::datum::GenericDatumReader::builder(&schema).build().expect(T::NAME);
        let mut body = &bytes[5..];
        let avro = reader.read_value(&mut body).expect(T::NAME);
        assert!(body.is_empty(), "{}: bytes left over", T::NAME);
        assert_eq!(apache_avro::from_value::<T>(&avro).expect(T::NAME), value);
    }
    for_every_record!(check);
}
