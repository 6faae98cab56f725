//! Where media go, by URL: a folder (`file:///…`) or a bucket (`s3://bucket/prefix`). Makes folders; never makes a bucket.

use std::{path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::future::BoxFuture;
use object_store::{
    Attribute, Attributes, BackoffConfig, Error, ObjectStore, ObjectStoreExt as _, PutOptions, RetryConfig,
    aws::AmazonS3Builder, local::LocalFileSystem, path::Path,
};
use url::Url;

use crate::stages::ports::{Objects, ObjectsFailure};

/// Where media go. Credentials come from AWS' usual places: environment, web identity, the machine's role.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `file:///var/lib/media` or `s3://bucket/prefix`.
    pub url: String,
    pub region: Option<String>,
    /// An S3-compatible store; addressed by path, not by host name.
    pub endpoint: Option<String>,
    /// Whether that endpoint may be without TLS.
    pub allow_http: bool,
    /// Of one try; the runtime tries again for as long as it takes.
    pub timeout: Duration,
}

impl Settings {
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), region: None, endpoint: None, allow_http: false, timeout: Duration::from_secs(30) }
    }
}

/// The settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("media.store is not a URL of the form file:///folder or s3://bucket/prefix")]
    Url,
    #[error("the media folder {} cannot be made", .folder.display())]
    Folder { folder: PathBuf, source: std::io::Error },
    #[error("the object store cannot be set up")]
    Store(#[source] Error),
}

/// A folder or a bucket.
pub struct ObjectsClient {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    /// Without a slash at its end.
    base: String,
    /// A folder keeps no content types.
    typed: bool,
}

impl ObjectsClient {
    /// # Errors
    /// The URL is not one of the two kinds, or its folder cannot be made.
    pub fn new(settings: &Settings) -> Result<Self, SettingsError> {
        let url = Url::parse(&settings.url).map_err(|_| SettingsError::Url)?;
        let base = settings.url.trim_end_matches('/').to_owned();
        match url.scheme() {
            "file" => Self::folder(&url, base),
            "s3" => Self::bucket(&url, base, settings),
            _ => Err(SettingsError::Url),
        }
    }

    fn folder(url: &Url, base: String) -> Result<Self, SettingsError> {
        let folder = url.to_file_path().map_err(|()| SettingsError::Url)?;
        let made = std::fs::create_dir_all(&folder);
        made.map_err(|source| SettingsError::Folder { folder: folder.clone(), source })?;
        let store = LocalFileSystem::new_with_prefix(&folder).map_err(SettingsError::Store)?;
        Ok(Self { store: Arc::new(store), prefix: Path::default(), base, typed: false })
    }

    fn bucket(url: &Url, base: String, settings: &Settings) -> Result<Self, SettingsError> {
        let bucket = url.host_str().ok_or(SettingsError::Url)?;
        let prefix = Path::parse(url.path()).map_err(|_| SettingsError::Url)?;
        let client = object_store::ClientOptions::new()
            .with_timeout(settings.timeout)
            .with_connect_timeout(Duration::from_secs(5))
            .with_allow_http(settings.allow_http);
        let mut builder =
            AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retry()).with_client_options(client);
        if let Some(region) = &settings.region {
            builder = builder.with_region(region);
        }
        if let Some(endpoint) = &settings.endpoint {
            builder = builder.with_endpoint(endpoint).with_virtual_hosted_style_request(false);
        }
        let store = builder.build().map_err(SettingsError::Store)?;
        Ok(Self { store: Arc::new(store), prefix, base, typed: true })
    }

    async fn store(&self, key: String, bytes: Bytes, mime_type: String) -> Result<String, ObjectsFailure> {
        let path = Path::parse(format!("{}/{key}", self.prefix)).map_err(|error| failed(error.into()))?;
        let mut options = PutOptions::default();
        if self.typed {
            options.attributes = Attributes::from_iter([(Attribute::ContentType, mime_type)]);
        }
        self.store.put_opts(&path, bytes.into(), options).await.map_err(failed)?;
        Ok(self.url_of(&key))
    }

    /// What a key holds: for tests and for people.
    ///
    /// # Errors
    /// As [`Objects::put`].
    pub async fn get(&self, key: &str) -> Result<Bytes, ObjectsFailure> {
        let path = Path::parse(format!("{}/{key}", self.prefix)).map_err(|error| failed(error.into()))?;
        self.store.get(&path).await.map_err(failed)?.bytes().await.map_err(failed)
    }
}

impl Objects for ObjectsClient {
    fn put(&self, key: &str, bytes: Bytes, mime_type: &str) -> BoxFuture<'_, Result<String, ObjectsFailure>> {
        Box::pin(self.store(key.to_owned(), bytes, mime_type.to_owned()))
    }

    fn url_of(&self, key: &str) -> String {
        format!("{}/{key}", self.base)
    }
}

/// Quick tries only: an outage is the runtime's to wait out.
fn retry() -> RetryConfig {
    RetryConfig { backoff: BackoffConfig::default(), max_retries: 2, retry_timeout: Duration::from_secs(30) }
}

/// Whether waiting helps. The store's texts name keys and addresses, so they stay out of what is passed on.
fn failed(error: Error) -> ObjectsFailure {
    match error {
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
            ObjectsFailure::Refused("access denied".to_owned())
        }
        Error::NotFound { .. } => ObjectsFailure::Refused("no such bucket or object".to_owned()),
        Error::InvalidPath { .. } => ObjectsFailure::Refused("an invalid key".to_owned()),
        Error::NotSupported { .. } | Error::NotImplemented { .. } | Error::UnknownConfigurationKey { .. } => {
            ObjectsFailure::Refused("the store cannot do this".to_owned())
        }
        other => ObjectsFailure::Unavailable(innermost(&other)),
    }
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    // an io error, or a status: short, without a key
    cause.to_string().chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_keeps_what_is_put_under_a_deterministic_url() {
        let folder = tempfile::tempdir().unwrap();
        let url = Url::from_directory_path(folder.path().join("media")).unwrap();
        let objects = ObjectsClient::new(&Settings::new(url.as_str())).unwrap();
        let key = "whatsapp/media/d2FtaWQuQQ/123";
        let stored = objects.put(key, Bytes::from_static(b"png"), "image/png").await.unwrap();
        assert_eq!(stored, objects.url_of(key));
        assert_eq!(stored, format!("{url}{key}"));
        assert_eq!(std::fs::read(folder.path().join("media").join(key)).unwrap(), b"png");
        objects.put(key, Bytes::from_static(b"again"), "image/png").await.unwrap();
        assert_eq!(objects.get(key).await.unwrap(), "again");
    }

    #[test]
    fn a_bucket_is_addressed_with_its_prefix() {
        let objects = ObjectsClient::new(&Settings {
            region: Some("eu-central-1".to_owned()),
            endpoint: Some("http://127.0.0.1:9".to_owned()),
            allow_http: true,
            ..Settings::new("s3://bucket/some/prefix/")
        })
        .unwrap();
        assert_eq!(objects.url_of("a/b"), "s3://bucket/some/prefix/a/b");
        assert_eq!(objects.prefix.as_ref(), "some/prefix");
    }

    #[test]
    fn other_urls_are_refused() {
        for url in ["", "media", "gs://bucket", "file://host/folder"] {
            assert!(ObjectsClient::new(&Settings::new(url)).is_err(), "{url}");
        }
    }
}
