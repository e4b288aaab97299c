//! Refusals of our own, as the service that is called would write them.

use aws::{
    cloudwatch::{self, ServiceError},
    ec2::{self, AwsError},
    identifiers,
};
use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE, request::Parts},
};
use quick_xml::escape::escape;
use serde_json::{Value, json};

use crate::{client::Failed, operation::Operation};

/// Services that speak JSON.
const JSON: [&str; 8] = ["lambda", "cognito-idp", "logs", "events", "acm", "ssm", "vpc-lattice", "ram"];

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub status: u16,
    pub code: &'static str,
    pub message: String,
    /// Further members of the error, in services that speak JSON.
    pub details: Value,
}

impl Refusal {
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), details: Value::Null }
    }

    /// AWS's answer to an operation it does not have.
    pub fn unknown(operation: &str) -> Self {
        Self::new(400, "UnknownOperationException", format!("{operation} is not emulated"))
    }

    /// The upstream gave no answer, or none that can be understood.
    pub fn unreachable(problem: &str) -> Self {
        Self::new(503, "ServiceUnavailable", format!("the upstream does not answer: {problem}"))
    }

    /// May not, in the words of the service.
    pub fn denied(service: &str, message: impl Into<String>) -> Self {
        let code = match service {
            "ec2" => "UnauthorizedOperation",
            service if JSON.contains(&service) => "AccessDeniedException",
            "sns" => "AuthorizationError",
            _ => "AccessDenied",
        };
        Self::new(403, code, message)
    }

    /// As the protocol of the call has it.
    pub fn response(&self, operation: &Operation, parts: &Parts, body: &[u8]) -> Response<Body> {
        let id = identifiers::uuid();
        let message = escape(self.message.as_str());
        let (kind, text) = match operation.service.as_str() {
            "cloudwatch" => {
                let request = cloudwatch::wire::read(parts, body);
                let error = ServiceError { code: self.code, message: self.message.clone(), status: self.status };
                return cloudwatch::wire::write(request.protocol, &request.operation, &Err(error), &id).map(Body::from);
            }
            "ec2" => (
                "text/xml;charset=UTF-8",
                ec2::wire::error(&AwsError::with_status(self.code, &self.message, self.status), &id),
            ),
            service if JSON.contains(&service) => {
                let mut error = json!({ "__type": self.code, "message": self.message });
                if let (Some(error), Some(details)) = (error.as_object_mut(), self.details.as_object()) {
                    error.extend(details.clone());
                }
                ("application/json", error.to_string())
            }
            "s3" => ("application/xml", s3_error(self.code, &message, &id)),
            _ => ("text/xml", error_response(self.code, &message, &id)),
        };
        let mut response = Response::new(Body::from(text));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert("x-amzn-errortype", HeaderValue::from_static(self.code));
        if let Ok(id) = HeaderValue::from_str(&id) {
            headers.insert("x-amzn-requestid", id);
        }
        response
    }
}

impl From<Failed> for Refusal {
    fn from(failed: Failed) -> Self {
        Self::unreachable(&failed.to_string())
    }
}

fn s3_error(code: &str, message: &str, id: &str) -> String {
    format!("<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{id}</RequestId></Error>")
}

fn error_response(code: &str, message: &str, id: &str) -> String {
    format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>{id}</RequestId></ErrorResponse>"
    )
}
