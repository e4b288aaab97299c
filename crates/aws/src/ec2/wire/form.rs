//! The EC2 Query form: `Action=…&Version=2016-11-15&ClientVpnEndpointId=…&Filter.1.Name=…`.

use std::collections::BTreeMap;

use super::{Call, Request, table};
use crate::ec2::{AwsError, Filter, Query, Which};

/// The only version of EC2's API that is still in use.
pub const VERSION: &str = "2016-11-15";

/// The parameters of a call by name.
pub fn form(body: &[u8]) -> BTreeMap<String, String> {
    form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// Understands a call.
pub fn parse(parameters: BTreeMap<String, String>) -> Result<Request, AwsError> {
    let mut form = Form(parameters);
    let action = form
        .take("Action")
        .ok_or_else(|| AwsError::new("MissingAction", "The request is missing an action or a required parameter."))?;
    let version = form.take("Version").unwrap_or_default();
    if version != VERSION {
        let message = format!("The action {action} is not valid for version '{version}' of this web service.");
        return Err(AwsError::new("InvalidAction", message));
    }
    table::check(&action, &form.0)?;
    let dry_run = form.boolean("DryRun")?;
    let call = form.call(&action)?;
    match form.0.into_keys().next() {
        Some(unknown) => Err(AwsError::new("UnknownParameter", format!("The parameter {unknown} is not recognized"))),
        None => Ok(Request { dry_run, call }),
    }
}

pub(super) struct Form(pub(super) BTreeMap<String, String>);

impl Form {
    fn call(&mut self, action: &str) -> Result<Call, AwsError> {
        Ok(match action {
            "AssociateClientVpnTargetNetwork" => self.associate()?,
            "DisassociateClientVpnTargetNetwork" => Call::DisassociateClientVpnTargetNetwork {
                endpoint: self.endpoint()?,
                association: self.required("AssociationId")?,
            },
            "DescribeClientVpnTargetNetworks" => Call::DescribeClientVpnTargetNetworks {
                endpoint: self.endpoint()?,
                query: self.query(Some("AssociationIds"))?,
            },
            "DescribeClientVpnEndpoints" => {
                Call::DescribeClientVpnEndpoints { query: self.query(Some("ClientVpnEndpointId"))? }
            }
            "CreateClientVpnEndpoint" => {
                Call::CreateClientVpnEndpoint { wanted: self.new_endpoint()?, token: self.take("ClientToken") }
            }
            "DeleteClientVpnEndpoint" => Call::DeleteClientVpnEndpoint { endpoint: self.endpoint()? },
            "ModifyClientVpnEndpoint" => {
                Call::ModifyClientVpnEndpoint { endpoint: self.endpoint()?, changes: self.endpoint_changes()? }
            }
            "DescribeClientVpnConnections" => {
                Call::DescribeClientVpnConnections { endpoint: self.endpoint()?, query: self.query(None)? }
            }
            "TerminateClientVpnConnections" => {
                Call::TerminateClientVpnConnections { endpoint: self.endpoint()?, which: self.which()? }
            }
            "CreateClientVpnRoute" => Call::CreateClientVpnRoute {
                endpoint: self.endpoint()?,
                destination: self.required("DestinationCidrBlock")?,
                subnet: self.required("TargetVpcSubnetId")?,
                description: self.take("Description"),
                token: self.take("ClientToken"),
            },
            "DeleteClientVpnRoute" => Call::DeleteClientVpnRoute {
                endpoint: self.endpoint()?,
                destination: self.required("DestinationCidrBlock")?,
                subnet: self.required("TargetVpcSubnetId")?,
            },
            "DescribeClientVpnRoutes" => {
                Call::DescribeClientVpnRoutes { endpoint: self.endpoint()?, query: self.query(None)? }
            }
            "DescribeClientVpnAuthorizationRules" => {
                Call::DescribeClientVpnAuthorizationRules { endpoint: self.endpoint()?, query: self.query(None)? }
            }
            "AuthorizeClientVpnIngress" => Call::AuthorizeClientVpnIngress {
                endpoint: self.endpoint()?,
                network: self.required("TargetNetworkCidr")?,
                group: self.group("AuthorizeAllGroups", "authorize-all-groups")?,
                description: self.take("Description"),
                token: self.take("ClientToken"),
            },
            "RevokeClientVpnIngress" => Call::RevokeClientVpnIngress {
                endpoint: self.endpoint()?,
                network: self.required("TargetNetworkCidr")?,
                group: self.group("RevokeAllGroups", "revoke-all-groups")?,
            },
            "ImportClientVpnClientCertificateRevocationList" => Call::ImportClientVpnClientCertificateRevocationList {
                endpoint: self.endpoint()?,
                list: self.required("CertificateRevocationList")?,
            },
            "ExportClientVpnClientCertificateRevocationList" => {
                Call::ExportClientVpnClientCertificateRevocationList { endpoint: self.endpoint()? }
            }
            "ExportClientVpnClientConfiguration" => {
                Call::ExportClientVpnClientConfiguration { endpoint: self.endpoint()? }
            }
            "ApplySecurityGroupsToClientVpnTargetNetwork" => Call::ApplySecurityGroupsToClientVpnTargetNetwork {
                endpoint: self.endpoint()?,
                vpc: self.required("VpcId")?,
                groups: self.list("SecurityGroupId"),
            },
            "CreateTags" => Call::CreateTags { resources: self.resources()?, tags: self.tags_to_create()? },
            "DeleteTags" => Call::DeleteTags { resources: self.resources()?, tags: self.tags_to_delete()? },
            "DescribeTags" => Call::DescribeTags { query: self.query(None)? },
            "DescribeSubnets" => Call::DescribeSubnets { query: self.query(Some("SubnetId"))? },
            _ => {
                let message = format!("The action {action} is not valid for this web service.");
                return Err(AwsError::new("InvalidAction", message));
            }
        })
    }

    fn associate(&mut self) -> Result<Call, AwsError> {
        Ok(Call::AssociateClientVpnTargetNetwork {
            endpoint: self.endpoint()?,
            subnet: self.required("SubnetId")?,
            token: self.take("ClientToken"),
        })
    }

    fn which(&mut self) -> Result<Which, AwsError> {
        match (self.take("ConnectionId"), self.take("Username")) {
            (Some(id), None) => Ok(Which::ConnectionId(id)),
            (None, Some(name)) => Ok(Which::Username(name)),
            (None, None) => Err(AwsError::missing("ConnectionId")),
            (Some(_), Some(_)) => Err(AwsError::new(
                "InvalidParameterCombination",
                "The parameters ConnectionId and Username cannot be used together.",
            )),
        }
    }

    /// One group, or everyone. `words` are AWS's for the flag.
    fn group(&mut self, everyone: &str, words: &str) -> Result<Option<String>, AwsError> {
        match (self.take("AccessGroupId"), self.boolean(everyone)?) {
            (Some(group), false) => Ok(Some(group)),
            (None, true) => Ok(None),
            (None, false) => {
                let message = format!("You must specify either access-group-id or {words}");
                Err(AwsError::new("MissingParameter", message))
            }
            (Some(_), true) => Err(AwsError::new(
                "InvalidParameterCombination",
                format!("The parameters AccessGroupId and {everyone} cannot be used together."),
            )),
        }
    }

    fn endpoint(&mut self) -> Result<String, AwsError> {
        self.required("ClientVpnEndpointId")
    }

    fn resources(&mut self) -> Result<Vec<String>, AwsError> {
        let resources = self.list("ResourceId");
        match resources.len() {
            0 => Err(AwsError::missing("ResourceId")),
            1..=TAGGED_AT_ONCE => Ok(resources),
            more => {
                let why = format!("Expecting at most {TAGGED_AT_ONCE} resources.");
                Err(AwsError::value("resourceId", &more.to_string(), &why))
            }
        }
    }

    fn tags_to_create(&mut self) -> Result<Vec<(String, String)>, AwsError> {
        let tags = self.tags_to_delete()?;
        if tags.is_empty() {
            return Err(AwsError::missing("Tag"));
        }
        Ok(tags.into_iter().map(|(key, value)| (key, value.unwrap_or_default())).collect())
    }

    fn tags_to_delete(&mut self) -> Result<Vec<(String, Option<String>)>, AwsError> {
        self.tags("Tag")
    }

    /// The tags of a list, each with a value or without.
    pub(super) fn tags(&mut self, list: &str) -> Result<Vec<(String, Option<String>)>, AwsError> {
        let mut tags = Vec::new();
        for number in self.numbers(list) {
            // An empty value is a value: `DeleteTags` tells it from none.
            let value = self.0.remove(&format!("{list}.{number}.Value"));
            let key = self.0.remove(&format!("{list}.{number}.Key"));
            tags.push((key.ok_or_else(|| AwsError::missing("Tag.Key"))?, value));
        }
        Ok(tags)
    }

    fn query(&mut self, ids: Option<&str>) -> Result<Query, AwsError> {
        let max_results = match self.take("MaxResults") {
            Some(text) => {
                let wrong = || AwsError::value("maxResults", &text, "Expecting a value between 5 and 1000.");
                Some(text.parse().map_err(|_| wrong())?)
            }
            None => None,
        };
        Ok(Query {
            ids: ids.map(|name| self.list(name)).unwrap_or_default(),
            filters: self.filters()?,
            max_results,
            next_token: self.take("NextToken"),
        })
    }

    fn filters(&mut self) -> Result<Vec<Filter>, AwsError> {
        let numbers = self.numbers("Filter");
        if numbers.len() > FILTERS_AT_MOST {
            return Err(AwsError::filter_limit(&format!("at most {FILTERS_AT_MOST} filters in a request")));
        }
        let mut filters = Vec::new();
        for number in numbers {
            let name = self.required(&format!("Filter.{number}.Name"))?;
            let values = self.list(&format!("Filter.{number}.Value"));
            if values.len() > FILTER_VALUES_AT_MOST {
                return Err(AwsError::filter_limit(&format!("at most {FILTER_VALUES_AT_MOST} values in a filter")));
            }
            if let Some(long) = values.iter().find(|value| value.chars().count() > LONGEST_FILTER_VALUE) {
                let why = format!("Expecting at most {LONGEST_FILTER_VALUE} characters.");
                return Err(AwsError::value(&name, &long.chars().take(LONGEST_FILTER_VALUE).collect::<String>(), &why));
            }
            filters.push(Filter { name, values });
        }
        Ok(filters)
    }

    pub(super) fn boolean(&mut self, name: &str) -> Result<bool, AwsError> {
        Ok(self.flag(name)?.unwrap_or(false))
    }

    /// One that may not be spoken of at all.
    pub(super) fn flag(&mut self, name: &str) -> Result<Option<bool>, AwsError> {
        let wrong = |text: &str| AwsError::value(name, text, "Expecting true or false.");
        self.take(name).map(|text| text.parse().map_err(|_| wrong(&text))).transpose()
    }

    pub(super) fn integer(&mut self, name: &str) -> Result<Option<i64>, AwsError> {
        let wrong = |text: &str| AwsError::value(name, text, "Expecting an integer.");
        self.take(name).map(|text| text.parse().map_err(|_| wrong(&text))).transpose()
    }

    /// A parameter; an empty one counts as none.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name).filter(|value| !value.is_empty())
    }

    pub(super) fn required(&mut self, name: &str) -> Result<String, AwsError> {
        self.take(name).ok_or_else(|| AwsError::missing(name))
    }

    /// `Name.1`, `Name.2`, …
    pub(super) fn list(&mut self, name: &str) -> Vec<String> {
        self.numbers(name).into_iter().filter_map(|number| self.0.remove(&format!("{name}.{number}"))).collect()
    }

    /// The numbers that follow `Name.`, in order.
    pub(super) fn numbers(&self, name: &str) -> Vec<u32> {
        let prefix = format!("{name}.");
        // Only the keys that begin so are looked at: a form may have very many.
        let keys = self.0.range(prefix.clone()..).map_while(|(key, _)| key.strip_prefix(&prefix));
        let mut numbers: Vec<u32> = keys.filter_map(|rest| rest.split('.').next()?.parse().ok()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }
}

/// `CreateTags` and `DeleteTags` take "up to 1000 resource IDs" (API reference).
const TAGGED_AT_ONCE: usize = 1_000;

/// What one request may ask for (EC2 user guide, "List and filter using the CLI and API").
const FILTERS_AT_MOST: usize = 50;
const FILTER_VALUES_AT_MOST: usize = 200;
const LONGEST_FILTER_VALUE: usize = 255;

#[cfg(test)]
mod tests {
    use super::{Call, VERSION, form, parse};

    fn described(parameters: &str) -> Result<Vec<(String, usize)>, String> {
        let text = format!("Action=DescribeTags&Version={VERSION}&{parameters}");
        match parse(form(text.as_bytes())).map(|request| request.call) {
            Ok(Call::DescribeTags { query }) => {
                Ok(query.filters.into_iter().map(|filter| (filter.name, filter.values.len())).collect())
            }
            Ok(other) => Err(format!("{other:?}")),
            Err(error) => Err(error.code),
        }
    }

    /// `Filter.1.Name=key` and so many values.
    fn filter(number: usize, values: usize) -> String {
        let values: String = (1..=values).map(|value| format!("&Filter.{number}.Value.{value}=v")).collect();
        format!("Filter.{number}.Name=key{values}")
    }

    #[test]
    fn filters_are_limited_as_ec2_limits_them() {
        let many = |count: usize| (1..=count).map(|number| filter(number, 1)).collect::<Vec<_>>().join("&");
        assert_eq!(described(&many(50)).map(|filters| filters.len()), Ok(50));
        assert_eq!(described(&many(51)), Err("FilterLimitExceeded".to_owned()));
        assert_eq!(described(&filter(1, 200)), Ok(vec![("key".to_owned(), 200)]));
        assert_eq!(described(&filter(1, 201)), Err("FilterLimitExceeded".to_owned()));
        let long = |length: usize| described(&format!("Filter.1.Name=key&Filter.1.Value.1={}", "*".repeat(length)));
        assert_eq!(long(255), Ok(vec![("key".to_owned(), 1)]));
        assert_eq!(long(256), Err("InvalidParameterValue".to_owned()));
    }

    /// Whoever looks at all of them for each of them needs hours.
    #[test]
    fn very_many_parameters_are_read_in_a_moment() {
        assert_eq!(described(&filter(1, 100_000)), Err("FilterLimitExceeded".to_owned()));
        let resources: String = (1..=1_001).map(|id| format!("&ResourceId.{id}=r")).collect();
        let refused = parse(form(format!("Action=DeleteTags&Version={VERSION}{resources}").as_bytes()));
        assert_eq!(refused.expect_err("too many").code, "InvalidParameterValue");
        let tags: String = (1..=50_000).map(|tag| format!("&Tag.{tag}.Key=k")).collect();
        let text = format!("Action=CreateTags&Version={VERSION}&ResourceId.1=r{tags}");
        assert!(
            matches!(parse(form(text.as_bytes())).map(|request| request.call), Ok(Call::CreateTags { tags, .. }) if tags.len() == 50_000)
        );
    }
}
