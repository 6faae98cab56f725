//! Texts to values: durations, sizes, addresses. Each error says what would be right.

use std::{net::SocketAddr, str::FromStr, time::Duration};

use url::Url;

/// Any, as long as there is one.
pub fn text(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("set it, or remove the key".to_owned()) } else { Ok(text.to_owned()) }
}

/// As mistakes say one.
pub fn seconds(duration: Duration) -> String {
    format!("{}s", duration.as_secs_f64())
}

/// `250ms`, `10s`, `5m`, `24h`, `7d`; a bare number would leave the unit open.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "write a duration such as 250ms, 10s, 5m, 24h or 7d".to_owned();
    let (number, unit) = number_and_unit(text).ok_or_else(wrong)?;
    let ms = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" | "min" => 60 * 1000,
        "h" => 60 * 60 * 1000,
        "d" => 24 * 60 * 60 * 1000,
        _ => return Err(wrong()),
    };
    number.checked_mul(ms).filter(|ms| *ms > 0).map(Duration::from_millis).ok_or_else(wrong)
}

/// `65536`, `64KiB`, `3MiB`, `1GiB`.
pub fn bytes(text: &str) -> Result<usize, String> {
    let wrong = || "write a size such as 65536, 64KiB or 3MiB".to_owned();
    let (number, unit) = number_and_unit(text).ok_or_else(wrong)?;
    let factor = match unit {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(wrong()),
    };
    let bytes = number.checked_mul(factor).filter(|bytes| *bytes > 0).ok_or_else(wrong)?;
    usize::try_from(bytes).map_err(|_| wrong())
}

fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, text[end..].trim_start()))
}

/// A number that counts something: at least one.
pub fn count<N: FromStr + PartialOrd + From<u8>>(text: &str) -> Result<N, String> {
    let wrong = || "write a whole number of at least 1".to_owned();
    text.parse().ok().filter(|n| *n >= N::from(1)).ok_or_else(wrong)
}

/// A number that may be 0, where that means never.
pub fn whole(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "write a whole number, 0 for never".to_owned())
}

/// Kafka's own limit is far above; this catches typing errors.
pub fn partitions(text: &str) -> Result<i32, String> {
    text.parse().ok().filter(|n| (1..=1000).contains(n)).ok_or_else(|| "write a number from 1 to 1000".to_owned())
}

/// A path as it stands in a request line. What begins with `:` or `*` would be a pattern to some routers, and ours refuses it.
pub fn path(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~%!$&'()*+,;=:@/".contains(c);
    let pattern = text.split('/').any(|segment| segment.starts_with([':', '*']));
    let ok = text.starts_with('/') && text.chars().all(plain) && !pattern;
    let fix = "write a path such as /webhooks/whatsapp, in which no part begins with ':' or '*'";
    ok.then(|| text.to_owned()).ok_or_else(|| fix.to_owned())
}

pub fn flag(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "write true or false".to_owned())
}

pub fn ratio(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|r| (0.0..=1.0).contains(r)).ok_or_else(|| "write a number from 0 to 1".to_owned())
}

pub fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "write an IP address and a port, such as 0.0.0.0:8080".to_owned())
}

pub fn http_url(text: &str) -> Result<Url, String> {
    let wrong = || "write a URL such as https://host:8081".to_owned();
    let url = Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
    let url = url.ok_or_else(wrong)?;
    // It would be shown and logged with the address.
    if !url.username().is_empty() || url.password().is_some() {
        return Err("take user and password out of the URL; a registry has settings for them".to_owned());
    }
    Ok(url)
}

/// `v25.0`
pub fn api_version(text: &str) -> Result<String, String> {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let known = text.strip_prefix('v').and_then(|rest| rest.split_once('.'));
    match known {
        Some((major, minor)) if digits(major) && digits(minor) => Ok(text.to_owned()),
        _ => Err("write a version such as v25.0".to_owned()),
    }
}

/// Meta's ids are decimal.
pub fn meta_id(text: &str) -> Result<String, String> {
    let decimal = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    decimal.then(|| text.to_owned()).ok_or_else(|| "copy the id from Meta's App Dashboard: digits only".to_owned())
}

/// A name that becomes part of topics, ids and labels.
pub fn word(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let ok = !text.is_empty() && text.len() <= 128 && text.chars().all(fits);
    ok.then(|| text.to_owned()).ok_or_else(|| "use letters, digits, '.', '_' and '-' only".to_owned())
}

/// A folder as an absolute URL, or a bucket. A relative folder is meant from where the process was started.
pub fn store(text: &str) -> Result<String, String> {
    let wrong = || "write file:///folder or s3://bucket/prefix".to_owned();
    if let Some(bucket) = text.strip_prefix("s3://") {
        return (!bucket.is_empty() && !bucket.starts_with('/')).then(|| text.to_owned()).ok_or_else(wrong);
    }
    let folder = text.strip_prefix("file://").filter(|folder| !folder.is_empty()).ok_or_else(wrong)?;
    let absolute = std::path::absolute(folder).map_err(|_| wrong())?;
    Url::from_directory_path(absolute).map(String::from).map_err(|()| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit() {
        assert_eq!(duration("120s"), Ok(Duration::from_secs(120)));
        assert_eq!(duration("250 ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("7d"), Ok(Duration::from_secs(7 * 86_400)));
        for wrong in ["120", "s", "", "-1s", "0s", "1.5s", "99999999999999999999s", "9999999999999999d"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_take_binary_units() {
        assert_eq!(bytes("3MiB"), Ok(3 * 1024 * 1024));
        assert_eq!(bytes("65536"), Ok(65536));
        for wrong in ["3MB", "0", "many"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_path_is_one_that_the_router_takes_and_a_request_can_name() {
        for fits in ["/", "/webhooks/whatsapp", "/a/b:c*", "/a%20b/"] {
            assert_eq!(path(fits).as_deref(), Ok(fits));
        }
        for wrong in ["", "webhooks", "/:x", "/*x", "/a/:b/c", "/{x}", "/a b", "/a?b", "/a#b", "/größe", "/a\\b"] {
            assert!(path(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_folder_becomes_absolute_and_a_bucket_stays() {
        let folder = store("file://./media").expect("a folder");
        assert!(folder.starts_with("file:///") && folder.ends_with("/media/"), "{folder}");
        assert_eq!(store("s3://bucket/prefix"), Ok("s3://bucket/prefix".to_owned()));
        for wrong in ["media", "s3://", "gs://bucket", "file://"] {
            assert!(store(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_url_holds_no_password() {
        assert!(http_url("http://registry:8081").is_ok());
        for wrong in ["http://user:pw@registry:8081", "registry:8081", "ftp://registry"] {
            assert!(http_url(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn ids_and_versions_are_what_meta_writes() {
        assert!(meta_id("106540352242922").is_ok() && meta_id("+4915112345678").is_err() && meta_id("").is_err());
        assert!(api_version("v25.0").is_ok() && api_version("25.0").is_err() && api_version("v25").is_err());
    }
}
