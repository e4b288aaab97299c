//! How the upstream is asked: requests that are passed on as they came, and calls of our own to read what is there.

use std::time::Duration;

use aws::elb::event::HOP_BY_HOP;
use axum::{body::Bytes, http::request::Parts};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{
    client::legacy::{Client as Http, connect::HttpConnector},
    rt::TokioExecutor,
};
use local::{api, this_computer::ACCOUNT};
use serde_json::Value;

use crate::{
    accounts::{self, ELSEWHERE},
    xml,
};
pub(crate) use aws::ec2::wire::VERSION as EC2;

/// The version of the load balancers' Query API; beside it EC2's.
pub const ELB: &str = "2015-12-01";

/// By which moto knows accounts apart.
const OF_ACCOUNT: &str = "x-moto-account-id";

/// How long one call may take (real time).
const PATIENCE: Duration = Duration::from_secs(60);

/// Why a call did not give what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// AWS's own error.
    #[error("{call}: {code}: {message}")]
    Answered {
        /// What was called.
        call: String,
        /// AWS's code.
        code: String,
        /// AWS's words.
        message: String,
    },
    /// No answer, or one that nobody understands.
    #[error("{call}: {problem}")]
    Broken {
        /// What was called.
        call: String,
        /// What is wrong.
        problem: String,
    },
}

/// Absent is only what AWS calls so, by its exact code.
pub fn if_there(answer: Result<Value, Failed>, absent: &[&str]) -> Result<Option<Value>, Failed> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(Failed::Answered { code, .. }) if absent.contains(&code.as_str()) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The way to the upstream.
#[derive(Debug, Clone)]
pub struct Client {
    base: String,
    region: String,
    /// Whose things calls of our own are about.
    account: &'static str,
    http: Http<HttpConnector, Full<Bytes>>,
}

impl Client {
    /// For `http://HOST:PORT`.
    #[must_use]
    pub fn new(url: &str, region: &str) -> Self {
        let http = Http::builder(TokioExecutor::new()).build_http();
        Self { base: url.trim_end_matches('/').to_owned(), region: region.to_owned(), account: ACCOUNT, http }
    }

    /// The same for calls of our own that are about this account.
    pub(crate) fn in_account(&self, account: &'static str) -> Self {
        Self { account, ..self.clone() }
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Passes a request on as it came, and gives the answer as it came.
    ///
    /// # Errors
    /// When there is none.
    pub async fn pass(&self, parts: &Parts, body: Bytes) -> Result<Response<Bytes>, Failed> {
        let path = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let call = format!("{} {path}", parts.method);
        let broken = |problem: String| Failed::Broken { call: call.clone(), problem };
        let uri: Uri = format!("{}{path}", self.base).parse().map_err(|error| broken(format!("{error}")))?;
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = parts.method.clone();
        *request.uri_mut() = uri;
        let key = api::access_key_id(parts).unwrap_or_default();
        *request.headers_mut() = without_hops(parts.headers.clone());
        // Of every other key moto knows itself whose it is: somebody may have assumed a role.
        if accounts::account(&key) == ELSEWHERE {
            request.headers_mut().insert(OF_ACCOUNT, HeaderValue::from_static(ELSEWHERE));
        }
        let (parts, body) = self.send(request).await.map_err(broken)?.into_parts();
        let mut response = Response::new(body);
        *response.status_mut() = parts.status;
        *response.headers_mut() = without_hops(parts.headers);
        Ok(response)
    }

    /// Asks the server itself for something, in plain text.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn plain(&self, path: &str) -> Result<String, Failed> {
        let (status, body) = self.call(path, "", Method::GET, path, &[], Bytes::new()).await?;
        let text = String::from_utf8_lossy(&body).trim().to_owned();
        if status.is_success() { Ok(text) } else { Err(answered(path, status, &Value::Null, "", "")) }
    }

    /// A call of a Query API: EC2, IAM, SNS, load balancing.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn query(
        &self,
        service: &str,
        version: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Value, Failed> {
        let form = {
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.append_pair("Action", action).append_pair("Version", version).extend_pairs(parameters).finish()
        };
        let headers = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
        let call = format!("{service}:{action}");
        let (status, body) = self.call(&call, service, Method::POST, "/", &headers, form.into()).await?;
        let value = xml::read(&body).map_err(|problem| Failed::Broken { call: call.clone(), problem })?;
        if status.is_success() {
            // Query answers are wrapped once more than EC2's.
            return Ok(value.get(format!("{action}Result")).cloned().unwrap_or(value));
        }
        let error = ["/Errors/Error", "/Errors/0", "/Error"].iter().find_map(|path| value.pointer(path));
        Err(answered(&call, status, error.unwrap_or(&value), "Code", "Message"))
    }

    /// A call of a JSON API: Cognito, EventBridge, CloudWatch and its logs, certificates.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn json(&self, service: &str, target: &str, input: &Value) -> Result<Value, Failed> {
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target)];
        let (status, body) = self.call(target, service, Method::POST, "/", &headers, input.to_string().into()).await?;
        parsed(target, status, &body)
    }

    /// A call of a REST API: Lambda.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn get(&self, service: &str, path: &str) -> Result<Value, Failed> {
        let (status, body) = self.call(path, service, Method::GET, path, &[], Bytes::new()).await?;
        parsed(path, status, &body)
    }

    /// A write of a REST API that answers with nothing that anybody needs: S3.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn put(&self, service: &str, path: &str, body: String) -> Result<(), Failed> {
        let (status, _) = self.call(path, service, Method::PUT, path, &[], body.into()).await?;
        if status.is_success() { Ok(()) } else { Err(answered(path, status, &Value::Null, "", "")) }
    }

    /// A call of a REST API that answers in XML, as it came: Route 53.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn text(&self, service: &str, path: &str) -> Result<String, Failed> {
        let (status, body) = self.call(path, service, Method::GET, path, &[], Bytes::new()).await?;
        let text = String::from_utf8_lossy(&body).into_owned();
        if status.is_success() { Ok(text) } else { Err(answered(path, status, &Value::Null, "", "")) }
    }

    async fn call(
        &self,
        call: &str,
        service: &str,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), Failed> {
        let broken = |problem: String| Failed::Broken { call: call.to_owned(), problem };
        // moto looks at the scope and believes the signature.
        let scope = format!(
            "AWS4-HMAC-SHA256 Credential=local/20260101/{}/{service}/aws4_request, SignedHeaders=host, Signature=0",
            self.region
        );
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        request = request.header(header::AUTHORIZATION, scope).header(OF_ACCOUNT, self.account);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body)).map_err(|error| broken(error.to_string()))?;
        let (parts, body) = self.send(request).await.map_err(broken)?.into_parts();
        Ok((parts.status, body))
    }

    /// The whole answer, or why there is none.
    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, String> {
        let answer = async {
            let (parts, body) = self.http.request(request).await.map_err(|error| reasons(&error))?.into_parts();
            let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
            Ok(Response::from_parts(parts, body))
        };
        let in_time = tokio::time::timeout(PATIENCE, answer).await;
        in_time.unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())))
    }
}

fn parsed(call: &str, status: StatusCode, body: &[u8]) -> Result<Value, Failed> {
    let value = if body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(body) };
    match value {
        Ok(value) if status.is_success() => Ok(value),
        Ok(value) => {
            let kind = if value["__type"].is_string() { "__type" } else { "Type" };
            let message = if value["message"].is_string() { "message" } else { "Message" };
            let code = if value["Code"].is_string() { "Code" } else { kind };
            Err(answered(call, status, &value, code, message))
        }
        Err(error) => Err(Failed::Broken { call: call.to_owned(), problem: format!("{status}: {error}") }),
    }
}

fn answered(call: &str, status: StatusCode, error: &Value, code: &str, message: &str) -> Failed {
    let text = |name: &str| error[name].as_str().unwrap_or_default();
    // `namespace#Code` in some JSON APIs.
    let name = text(code).rsplit('#').next().unwrap_or_default();
    let code = if name.is_empty() { status.as_str() } else { name };
    Failed::Answered { call: call.to_owned(), code: code.to_owned(), message: text(message).to_owned() }
}

fn without_hops(mut headers: HeaderMap) -> HeaderMap {
    // The body is whole already: there is nothing to expect.
    for name in HOP_BY_HOP.into_iter().chain(["expect"]) {
        headers.remove(name);
    }
    headers
}

/// An error with what is behind it: hyper's own says only "client error (Connect)".
fn reasons(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn absent_is_only_what_aws_calls_so() {
        let answer = |code: &str| -> Result<Value, Failed> {
            let body = json!({ "__type": format!("a#{code}"), "message": "m" }).to_string();
            parsed("c", StatusCode::BAD_REQUEST, body.as_bytes())
        };
        assert_eq!(if_there(answer("ResourceNotFoundException"), &["ResourceNotFoundException"]), Ok(None));
        let denied = if_there(answer("AccessDeniedException"), &["ResourceNotFoundException"]).unwrap_err();
        assert_eq!(denied.to_string(), "c: AccessDeniedException: m");
        assert_eq!(parsed("c", StatusCode::OK, b""), Ok(Value::Null));
        assert!(parsed("c", StatusCode::OK, b"<html>").is_err());
        let broken = parsed("c", StatusCode::NOT_FOUND, br#"{"Type": "User", "Code": "NoSuch", "Message": "x"}"#);
        assert_eq!(broken.unwrap_err().to_string(), "c: NoSuch: x");
    }

    #[test]
    fn only_what_ends_at_a_connection_is_taken_away() {
        let mut headers = HeaderMap::new();
        for name in ["connection", "transfer-encoding", "expect", "authorization", "x-amz-date"] {
            headers.insert(name, HeaderValue::from_static("v"));
        }
        let kept = without_hops(headers);
        let names: std::collections::BTreeSet<_> = kept.keys().map(header::HeaderName::as_str).collect();
        assert_eq!(names, ["authorization", "x-amz-date"].into());
    }
}
