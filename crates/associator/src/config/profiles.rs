//! The bucket in which profiles wait for people.

use vpn_core::config::Reader;

use super::{PROFILES_BUCKET, is_loopback};

/// The variables by which AWS's SDKs are sent elsewhere, S3's own first.
const ELSEWHERE: [&str; 2] = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"];

/// The bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Its region.
    pub region: String,
    /// Its address, without a slash at the end.
    pub address: String,
}

impl Bucket {
    pub(super) fn read(reader: &mut Reader<'_>, region: Option<&str>) -> Option<Option<Self>> {
        let name = reader.optional(PROFILES_BUCKET, bucket)?;
        let Some(name) = name else { return Some(None) };
        // Only where there is a bucket: nobody else's settings are wrong for it.
        let [own, any] = ELSEWHERE.map(|variable| reader.optional(variable, emulated));
        let region = region?.to_owned();
        let address = match own?.or(any?) {
            Some(base) => format!("{base}/{name}"),
            None => format!("https://{name}.s3.{region}.amazonaws.com"),
        };
        Some(Some(Self { region, address }))
    }
}

/// No dots: with one AWS's certificate is not of its host.
fn bucket(text: &str) -> Result<String, &'static str> {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match (3..=63).contains(&text.len()) && text.chars().all(legal) {
        true => Ok(text.to_owned()),
        false => Err("the name of a bucket: 3 to 63 small letters, digits and hyphens"),
    }
}

/// Whoever is asked there gets signed addresses, and browsers are sent there: AWS, or this computer.
fn emulated(text: &str) -> Result<String, &'static str> {
    let uri = text.parse::<http::Uri>().ok().filter(|uri| uri.scheme_str() == Some("http") && is_loopback(uri));
    match uri.is_some_and(|uri| uri.path() == "/" && uri.query().is_none()) && !text.contains(['#', '@']) {
        true => Ok(text.trim_end_matches('/').to_owned()),
        false => Err("an emulated AWS on this computer, such as http://127.0.0.1:8082"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bucket_is_at_aws_or_on_this_computer() {
        let read = |vars: &[(&str, &str)]| {
            let mut all = vec![(PROFILES_BUCKET, "a-bucket")];
            all.extend(vars);
            let vars: std::collections::HashMap<String, String> =
                all.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            let mut reader = Reader::new(&vars);
            let read = Bucket::read(&mut reader, Some("eu-west-1"));
            reader.finish(read).map(|bucket| bucket.expect("a bucket").address)
        };
        assert_eq!(read(&[]).expect("AWS's"), "https://a-bucket.s3.eu-west-1.amazonaws.com");
        let local = ("AWS_ENDPOINT_URL", "http://127.0.0.1:8082");
        assert_eq!(read(&[local]).expect("local"), "http://127.0.0.1:8082/a-bucket");
        let own = ("AWS_ENDPOINT_URL_S3", "http://[::1]:9/");
        assert_eq!(read(&[local, own]).expect("S3's own"), "http://[::1]:9/a-bucket");
        for bad in
            ["http://10.0.0.1:8082", "https://s3.evil.example", "http://127.0.0.1:1/x", "http://127.0.0.1@evil.example"]
        {
            read(&[("AWS_ENDPOINT_URL_S3", bad)]).expect_err(bad);
        }
    }
}
