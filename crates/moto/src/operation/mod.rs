//! Which operation of which service a request is: by the scope of its signature, and what its protocol says.

mod paths;
pub(crate) mod s3;

use aws::cloudwatch::wire;
use axum::http::request::Parts;
use http::Method;
use local::{
    api,
    this_computer::{ACCOUNT, PARTITION, REGION},
};
use serde_json::{Map, Value, json};

/// The ARN of a function of this account.
pub(crate) fn function_arn(name: &str) -> String {
    format!("arn:{PARTITION}:lambda:{REGION}:{ACCOUNT}:function:{name}")
}

/// A request, as far as it has to be understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// As the AWS CLI calls it, for example `elbv2`.
    pub service: String,
    /// As AWS calls it, for example `CreateRule`; method and path where it has no known name.
    pub name: String,
    /// What it was given, where that is JSON or a form; with the function's name and qualifier from the path.
    pub fields: Value,
}

impl Operation {
    /// Understands a request.
    #[must_use]
    pub fn of(parts: &Parts, body: &[u8]) -> Self {
        let service = service(parts);
        let path = parts.uri.path();
        if service == "cloudwatch" {
            let request = wire::read_any(parts, body);
            let name = path.rsplit_once("/operation/").map_or(request.operation, |(_, name)| name.to_owned());
            return Self { service, name, fields: request.input.unwrap_or_default() };
        }
        if let Some(target) = header(parts, "x-amz-target") {
            let name = target.rsplit('.').next().unwrap_or_default().to_owned();
            return Self { service, name, fields: serde_json::from_slice(body).unwrap_or_default() };
        }
        if service == "s3" {
            return s3::operation(parts, body);
        }
        if ["vpc-lattice", "ram"].contains(&service.as_str()) {
            let (name, fields) = paths::operation(&service, parts, body);
            return Self { service, name, fields };
        }
        let paths: &[(Method, &str, &str)] = match service.as_str() {
            "lambda" => &LAMBDA,
            "route53" => &ROUTE53,
            _ => {
                let query = parts.uri.query().unwrap_or_default().as_bytes();
                let form = if parts.method == Method::GET { query } else { body };
                let fields: Map<String, Value> =
                    form_urlencoded::parse(form).map(|(key, value)| (key.into_owned(), json!(value))).collect();
                let name = fields.get("Action").and_then(Value::as_str).unwrap_or("?").to_owned();
                return Self { service, name, fields: Value::Object(fields) };
            }
        };
        let plain = decoded(path);
        let known = paths.iter().find(|(method, pattern, _)| *method == parts.method && takes(pattern, &plain));
        let mut name = known.map_or_else(|| format!("{} {plain}", parts.method), |(_, _, name)| (*name).to_owned());
        let mut fields = Value::Null;
        if service == "lambda" {
            fields =
                if name == "Invoke" { json!({}) } else { serde_json::from_slice(body).unwrap_or_else(|_| json!({})) };
            if let Some(function) = after(&plain, "/functions/") {
                fields["FunctionName"] = json!(function_name(function));
            } else if let Some((_, resource)) = plain.split_once("/tags/") {
                fields["Resource"] = json!(resource);
            }
            let query = parts.uri.query().unwrap_or_default().as_bytes();
            if let Some((_, qualifier)) = form_urlencoded::parse(query).find(|(key, _)| key == "Qualifier") {
                fields["Qualifier"] = json!(qualifier);
            } else if name == "GetProvisionedConcurrencyConfig" {
                // The same path, with `List=ALL` in place of what it is about.
                name = "ListProvisionedConcurrencyConfigs".to_owned();
            }
        }
        Self { service, name, fields }
    }

    /// `service:Name`, as it is called in the list of calls.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}:{}", self.service, self.name)
    }

    /// `service:Name`, as policies call it.
    #[must_use]
    pub fn action(&self) -> String {
        let service = match self.service.as_str() {
            "elbv2" => "elasticloadbalancing",
            other => other,
        };
        let name = match self.service.as_str() {
            "s3" => s3::right(self),
            _ if self.name == "Invoke" => "InvokeFunction",
            _ => &self.name,
        };
        format!("{service}:{name}")
    }

    /// Whether it changes anything.
    #[must_use]
    pub fn writes(&self) -> bool {
        let is_only_asked = self.service == "ec2" && self.text("DryRun") == "true";
        !is_only_asked && !READS.iter().any(|start| self.name.starts_with(start))
    }

    /// A field that is text, empty if there is none.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.fields[name].as_str().unwrap_or_default()
    }
}

const READS: [&str; 9] = ["Describe", "Get", "List", "Export", "Filter", "Lookup", "AdminGet", "AdminList", "GET "];

const LAMBDA: [(Method, &str, &str); 27] = [
    (Method::POST, "/functions", "CreateFunction"),
    (Method::GET, "/functions", "ListFunctions"),
    (Method::GET, "/functions/*", "GetFunction"),
    (Method::DELETE, "/functions/*", "DeleteFunction"),
    (Method::GET, "/functions/*/configuration", "GetFunctionConfiguration"),
    (Method::PUT, "/functions/*/configuration", "UpdateFunctionConfiguration"),
    (Method::PUT, "/functions/*/code", "UpdateFunctionCode"),
    (Method::POST, "/functions/*/versions", "PublishVersion"),
    (Method::GET, "/functions/*/versions", "ListVersionsByFunction"),
    (Method::GET, "/functions/*/policy", "GetPolicy"),
    (Method::POST, "/functions/*/policy", "AddPermission"),
    (Method::DELETE, "/functions/*/policy/*", "RemovePermission"),
    (Method::POST, "/functions/*/aliases", "CreateAlias"),
    (Method::GET, "/functions/*/aliases", "ListAliases"),
    (Method::GET, "/functions/*/aliases/*", "GetAlias"),
    (Method::PUT, "/functions/*/aliases/*", "UpdateAlias"),
    (Method::DELETE, "/functions/*/aliases/*", "DeleteAlias"),
    (Method::GET, "/functions/*/event-invoke-config", "GetFunctionEventInvokeConfig"),
    (Method::PUT, "/functions/*/event-invoke-config", "PutFunctionEventInvokeConfig"),
    (Method::DELETE, "/functions/*/event-invoke-config", "DeleteFunctionEventInvokeConfig"),
    (Method::GET, "/functions/*/provisioned-concurrency", "GetProvisionedConcurrencyConfig"),
    (Method::PUT, "/functions/*/provisioned-concurrency", "PutProvisionedConcurrencyConfig"),
    (Method::DELETE, "/functions/*/provisioned-concurrency", "DeleteProvisionedConcurrencyConfig"),
    (Method::POST, "/functions/*/invocations", "Invoke"),
    (Method::POST, "/tags/*", "TagResource"),
    (Method::DELETE, "/tags/*", "UntagResource"),
    (Method::GET, "/tags/*", "ListTags"),
];

const ROUTE53: [(Method, &str, &str); 6] = [
    (Method::DELETE, "/hostedzone/*", "DeleteHostedZone"),
    (Method::GET, "/hostedzone/*/rrset", "ListResourceRecordSets"),
    (Method::POST, "/hostedzone/*/rrset", "ChangeResourceRecordSets"),
    (Method::GET, "/hostedzone/*", "GetHostedZone"),
    (Method::POST, "/hostedzone", "CreateHostedZone"),
    (Method::GET, "/hostedzone", "ListHostedZones"),
];

/// Whether a path, behind its version, has the pattern's parts: `*` stands for one part.
fn takes(pattern: &str, path: &str) -> bool {
    let behind_version =
        path.trim_start_matches('/').split_once('/').map_or("", |(_, rest)| rest).trim_end_matches('/');
    let pattern: Vec<_> = pattern.trim_start_matches('/').split('/').collect();
    // An ARN may have slashes; of the paths that are known, one that ends with `*` may.
    let parts: Vec<_> = match pattern.last() {
        Some(&"*") => behind_version.splitn(pattern.len(), '/').collect(),
        _ => behind_version.split('/').collect(),
    };
    let last_is_whole = pattern.first() == Some(&"tags") || parts.last().is_none_or(|last| !last.contains('/'));
    pattern.len() == parts.len()
        && last_is_whole
        && pattern.iter().zip(&parts).all(|(wanted, part)| (*wanted == "*" && !part.is_empty()) || wanted == part)
}

fn after<'a>(path: &'a str, word: &str) -> Option<&'a str> {
    path.split_once(word)?.1.split('/').next().filter(|part| !part.is_empty())
}

/// Lambda takes names and ARNs.
fn function_name(given: &str) -> &str {
    given.split_once(":function:").map_or(given, |(_, name)| name).split(':').next().unwrap_or_default()
}

fn decoded(path: &str) -> String {
    // A plus stays a plus in a path.
    let text = path.replace('+', "%2B");
    let mut pairs = form_urlencoded::parse(text.as_bytes());
    pairs.next().map(|(key, _)| key.into_owned()).unwrap_or_default()
}

fn header<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    parts.headers.get(name)?.to_str().ok()
}

/// `Credential=KEY/DATE/REGION/SERVICE/aws4_request`.
fn service(parts: &Parts) -> String {
    let credential = api::credential(parts).unwrap_or_default();
    match credential.split('/').nth(3).unwrap_or_default() {
        "elasticloadbalancing" => "elbv2",
        "monitoring" => "cloudwatch",
        other => other,
    }
    .to_owned()
}

/// A call for tests, by its full name.
#[cfg(test)]
pub(crate) fn call(name: &str, fields: Value) -> Operation {
    let (service, name) = name.split_once(':').unwrap();
    Operation { service: service.to_owned(), name: name.to_owned(), fields }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn of(service: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Operation {
        let scope =
            format!("AWS4-HMAC-SHA256 Credential=K/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host");
        let mut request = Request::builder().method(method).uri(path).header("authorization", scope);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Operation::of(&request.body(()).unwrap().into_parts().0, body.as_bytes())
    }

    #[test]
    fn every_protocol_names_its_operation() {
        let function = "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A1%3Afunction%3AF";
        for (service, method, path, headers, body, name, writes) in [
            ("elasticloadbalancing", "POST", "/", vec![], "Action=CreateRule&Version=1", "elbv2:CreateRule", true),
            ("iam", "GET", "/?Action=GetRole", vec![], "", "iam:GetRole", false),
            ("events", "POST", "/", vec![("x-amz-target", "AWSEvents.PutRule")], "{}", "events:PutRule", true),
            (
                "monitoring",
                "POST",
                "/service/GraniteServiceVersion20100801/operation/DescribeAlarms",
                vec![],
                "",
                "cloudwatch:DescribeAlarms",
                false,
            ),
            ("lambda", "POST", "/2015-03-31/functions", vec![], "{}", "lambda:CreateFunction", true),
            ("lambda", "GET", "/2015-03-31/functions/", vec![], "", "lambda:ListFunctions", false),
            ("lambda", "GET", function, vec![], "", "lambda:GetFunction", false),
            ("lambda", "DELETE", "/2015-03-31/functions/F/policy/S", vec![], "", "lambda:RemovePermission", true),
            ("lambda", "POST", "/2015-03-31/functions/F/invocations", vec![], "no json", "lambda:Invoke", true),
            (
                "lambda",
                "GET",
                "/2019-09-30/functions/F/provisioned-concurrency?List=ALL",
                vec![],
                "",
                "lambda:ListProvisionedConcurrencyConfigs",
                false,
            ),
            ("lambda", "POST", "/2017-03-31/tags/arn%3Aa%3Ab/c", vec![], "{}", "lambda:TagResource", true),
            (
                "route53",
                "POST",
                "/2013-04-01/hostedzone/Z1/rrset/",
                vec![],
                "",
                "route53:ChangeResourceRecordSets",
                true,
            ),
            (
                "lambda",
                "PUT",
                "/2015-03-31/functions/F/concurrency",
                vec![],
                "",
                "lambda:PUT /2015-03-31/functions/F/concurrency",
                true,
            ),
        ] {
            let operation = of(service, method, path, &headers, body);
            assert_eq!((operation.full_name().as_str(), operation.writes()), (name, writes), "{path}");
        }
    }

    /// Also of operations that are passed through: what they are about decides who may.
    #[test]
    fn each_protocol_of_cloudwatch_says_what_it_is_about() {
        let version = "Version=2010-08-01";
        let queried = |body: &str| of("monitoring", "POST", "/", &[], &format!("{body}&{version}"));
        assert_eq!(queried("Action=GetDashboard&DashboardName=board").text("DashboardName"), "board");
        let deleted = queried("Action=DeleteDashboards&DashboardNames.member.2=b&DashboardNames.member.1=a");
        assert_eq!(deleted.fields["DashboardNames"], json!(["a", "b"]));
        assert_eq!(queried("Action=PutMetricAlarm&AlarmName=alarm&Threshold=1").text("AlarmName"), "alarm");
        let json = ("x-amz-target", "GraniteServiceVersion20100801.GetDashboard");
        let sent = of("monitoring", "POST", "/", &[json], r#"{"DashboardName": "board"}"#);
        assert_eq!((sent.name.as_str(), sent.text("DashboardName")), ("GetDashboard", "board"));
    }

    #[test]
    fn a_function_is_known_by_its_name() {
        let path =
            "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A1%3Afunction%3AF%3Alive/policy?Qualifier=live";
        let operation = of("lambda", "GET", path, &[], "");
        assert_eq!((operation.text("FunctionName"), operation.text("Qualifier")), ("F", "live"));
        let operation = of("lambda", "POST", "/2015-03-31/functions", &[], r#"{"FunctionName": "G", "Role": "r"}"#);
        assert_eq!((operation.text("FunctionName"), operation.text("Role")), ("G", "r"));
        assert_eq!(
            of("elasticloadbalancing", "POST", "/", &[], "Action=CreateRule").action(),
            "elasticloadbalancing:CreateRule"
        );
        assert_eq!(
            of("lambda", "POST", "/2015-03-31/functions/F/invocations", &[], "").action(),
            "lambda:InvokeFunction"
        );
    }
}
