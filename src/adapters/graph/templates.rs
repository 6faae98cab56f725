//! The Graph API's management of templates: read, page by page or one by one, created and edited. Answers stay as they came.

use bytes::Bytes;
use futures::future::BoxFuture;
use reqwest::header::CONTENT_TYPE;

use super::GraphClient;
use crate::stages::ports::{GraphFailure, TemplateSource};

/// What is asked of a template.
const FIELDS: &str = "id,name,language,status,category,parameter_format,components,quality_score,rejected_reason,\
                      message_send_ttl_seconds";
/// Templates a page: a large one has some kilobytes, and an answer may have one megabyte.
const PAGE: &str = "50";

impl GraphClient {
    /// `GET /<waba id>/message_templates`: the page behind `after`.
    ///
    /// # Errors
    /// Nothing was changed by a failure.
    pub async fn templates(
        &self,
        phone_number_id: &str,
        waba_id: &str,
        after: Option<&str>,
    ) -> Result<Bytes, GraphFailure> {
        let mut url = self.url(&[waba_id, "message_templates"]);
        url.query_pairs_mut().append_pair("fields", FIELDS).append_pair("limit", PAGE);
        if let Some(after) = after {
            url.query_pairs_mut().append_pair("after", after);
        }
        self.told("templates", self.call(phone_number_id, self.client.get(url))).await
    }

    /// `POST /<waba id>/message_templates`.
    ///
    /// # Errors
    /// After an uncertain one it may exist: ask.
    pub async fn create_template(
        &self,
        phone_number_id: &str,
        waba_id: &str,
        body: String,
    ) -> Result<Bytes, GraphFailure> {
        self.change("template_create", phone_number_id, &[waba_id, "message_templates"], body).await
    }

    /// `POST /<template id>`: components as a whole.
    ///
    /// # Errors
    /// After an uncertain one it may be changed: ask.
    pub async fn edit_template(
        &self,
        phone_number_id: &str,
        template_id: &str,
        body: String,
    ) -> Result<Bytes, GraphFailure> {
        self.change("template_edit", phone_number_id, &[template_id], body).await
    }

    async fn change(
        &self,
        operation: &'static str,
        phone_number_id: &str,
        path: &[&str],
        body: String,
    ) -> Result<Bytes, GraphFailure> {
        let request = self.client.post(self.url(path)).header(CONTENT_TYPE, "application/json").body(body);
        self.told(operation, self.call(phone_number_id, request)).await
    }

    async fn one_template(&self, phone_number_id: &str, template_id: &str) -> Result<Bytes, GraphFailure> {
        let mut url = self.url(&[template_id]);
        url.query_pairs_mut().append_pair("fields", FIELDS);
        self.call(phone_number_id, self.client.get(url)).await
    }
}

impl TemplateSource for GraphClient {
    fn template(&self, phone_number_id: &str, template_id: &str) -> BoxFuture<'_, Result<Bytes, GraphFailure>> {
        let (phone_number_id, template_id) = (phone_number_id.to_owned(), template_id.to_owned());
        Box::pin(async move { self.told("template", self.one_template(&phone_number_id, &template_id)).await })
    }
}
