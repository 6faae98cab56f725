//! Texts: plain, quoting, forwarded, after an ad, in a group, of users who show less or more of themselves.

use serde_json::{Value, json};

use super::{Draft, Scene, Unusable};

pub fn text(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    Ok(Draft::message("text", json!({"body": scene.body_or("hello")})))
}

pub fn reply(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    Ok(text(scene)?.quoting(scene))
}

pub fn forwarded(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    Ok(text(scene)?.context("forwarded", json!(true)))
}

pub fn much_forwarded(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    Ok(text(scene)?.context("frequently_forwarded", json!(true)))
}

pub fn product_question(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    let product = json!({"catalog_id": "300000000000001", "product_retailer_id": scene.option().unwrap_or("sku-7")});
    Ok(text(scene)?.quoting(scene).context("referred_product", product))
}

fn referral(kind: &str, media_type: &str) -> Value {
    json!({
        "source_url": format!("https://example.com/{kind}"),
        "source_id": "400000000000001",
        "source_type": kind,
        "headline": "Chat with us",
        "body": "Summer sale",
        "media_type": media_type,
    })
}

pub fn ad(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    let mut referral = referral("ad", "image");
    referral["image_url"] = json!("https://example.com/ad.jpg");
    referral["ctwa_clid"] = json!("simulated-click");
    referral["welcome_message"] = json!({"text": "Hi! How can we help?"});
    Ok(text(scene)?.referred(referral))
}

pub fn video_ad(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    let mut referral = referral("ad", "video");
    referral["video_url"] = json!("https://example.com/ad.mp4");
    referral["thumbnail_url"] = json!("https://example.com/ad.png");
    referral["ctwa_clid"] = json!("simulated-click");
    Ok(text(scene)?.referred(referral))
}

pub fn post(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    let mut referral = referral("post", "image");
    referral["image_url"] = json!("https://example.com/post.jpg");
    Ok(text(scene)?.referred(referral))
}

/// In the group that is named, else in one that is made up.
pub fn group_text(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    let group = scene.asked.group.as_deref().unwrap_or("c2ltdWxhdGVkLWdyb3Vw");
    Ok(text(scene)?.beside("group_id", json!(group)))
}

/// That the number is hidden is settled with the sender.
pub fn username(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    text(scene)
}

/// The hash is settled with the sender.
pub fn identity_check(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    text(scene)
}
