//! Which rights the calls need that make a network, instances in it, and VPC Lattice's things: as AWS's service authorization
//! reference has them.

use super::needs::{Need, arn, global, has_tags};
use crate::operation::Operation;

/// Actions of EC2, and the kinds of things that each is about; what it makes comes first.
const EC2: [(&str, &[&str]); 26] = [
    ("CreateVpc", &["vpc"]),
    ("ModifyVpcAttribute", &["vpc"]),
    ("DeleteVpc", &["vpc"]),
    ("CreateInternetGateway", &["internet-gateway"]),
    ("AttachInternetGateway", &["internet-gateway", "vpc"]),
    ("DetachInternetGateway", &["internet-gateway", "vpc"]),
    ("DeleteInternetGateway", &["internet-gateway"]),
    ("CreateSubnet", &["subnet", "vpc"]),
    ("ModifySubnetAttribute", &["subnet"]),
    ("DeleteSubnet", &["subnet"]),
    ("CreateRouteTable", &["route-table", "vpc"]),
    ("AssociateRouteTable", &["route-table", "subnet"]),
    ("DisassociateRouteTable", &["route-table", "subnet"]),
    ("DeleteRouteTable", &["route-table"]),
    ("CreateRoute", &["route-table"]),
    ("ReplaceRoute", &["route-table"]),
    ("AllocateAddress", &["elastic-ip"]),
    ("ReleaseAddress", &["elastic-ip"]),
    ("CreateNatGateway", &["natgateway", "elastic-ip", "subnet"]),
    ("DeleteNatGateway", &["natgateway"]),
    ("CreateVpcEndpoint", &["vpc-endpoint", "vpc", "route-table", "security-group", "subnet"]),
    ("ModifyVpcEndpoint", &["vpc-endpoint", "route-table"]),
    ("DeleteVpcEndpoints", &["vpc-endpoint"]),
    ("CreateLaunchTemplate", &["launch-template"]),
    ("CreateLaunchTemplateVersion", &["launch-template"]),
    ("DeleteLaunchTemplate", &["launch-template"]),
];

fn kinds(operation: &Operation) -> Option<&'static [&'static str]> {
    let known = EC2.iter().find(|(name, _)| operation.service == "ec2" && *name == operation.name);
    known.map(|(_, kinds)| *kinds)
}

/// The right to tag what these calls make.
pub(super) fn tagging(action: &str) -> Option<&'static str> {
    Some(match action {
        "iam:CreateInstanceProfile" => "iam:TagInstanceProfile",
        "autoscaling:CreateAutoScalingGroup" => "autoscaling:CreateOrUpdateTags",
        "vpc-lattice:CreateResourceGateway"
        | "vpc-lattice:CreateResourceConfiguration"
        | "vpc-lattice:StartDomainVerification" => "vpc-lattice:TagResource",
        "ram:CreateResourceShare" => "ram:TagResource",
        _ => return None,
    })
}

/// The resources of these calls; `None` for all others.
pub(super) fn resources(operation: &Operation) -> Option<Vec<String>> {
    if let Some(kinds) = kinds(operation) {
        return Some(kinds.iter().map(|kind| arn("ec2", &format!("{kind}/*"))).collect());
    }
    let name = operation.name.as_str();
    Some(match operation.service.as_str() {
        "vpc-lattice" if name.starts_with("List") => vec!["*".to_owned()],
        "vpc-lattice" => {
            let kinds =
                ["ResourceGateway", "ResourceConfiguration", "DomainVerification", "ResourceEndpointAssociation"];
            let kind = kinds.into_iter().find(|kind| name.ends_with(kind));
            let of = |kind: &str| arn("vpc-lattice", &format!("{}/*", kind.to_lowercase()));
            match kind {
                Some(kind) => vec![of(kind)],
                None => kinds[..3].iter().map(|kind| of(kind)).collect(),
            }
        }
        "ram" if name.starts_with("Get") || ["ListResources", "CreateResourceShare"].contains(&name) => {
            vec!["*".to_owned()]
        }
        "ram" if name.contains("Invitation") => vec![arn("ram", "resource-share-invitation/*")],
        "ram" => vec![arn("ram", "resource-share/*")],
        "autoscaling" if name.starts_with("Describe") => vec!["*".to_owned()],
        "autoscaling" => {
            let group = operation.text("AutoScalingGroupName");
            vec![arn("autoscaling", &format!("autoScalingGroup:*:autoScalingGroupName/{group}"))]
        }
        "iam" if name.contains("InstanceProfile") => {
            vec![global("iam", &format!("instance-profile/{}", operation.text("InstanceProfileName")))]
        }
        "ssm" if name == "SendCommand" => {
            let document = format!("arn:aws:ssm:*::document/{}", operation.text("DocumentName"));
            vec![document, arn("ec2", "instance/*")]
        }
        "ssm" if name == "GetCommandInvocation" => vec!["*".to_owned()],
        "route53" if name == "CreateHostedZone" => vec!["*".to_owned()],
        _ => return None,
    })
}

/// What the caller needs beside that.
pub(super) fn beside(operation: &Operation) -> Vec<Need> {
    let passes = |role: &str| {
        let mut need = Need::new("iam:PassRole", &global("iam", &format!("role/{role}")));
        need.condition = Some(("iam:PassedToService", "ec2.amazonaws.com".to_owned()));
        need
    };
    let linked = |service: &str, role: &str| {
        Need::new(
            "iam:CreateServiceLinkedRole",
            &global("iam", &format!("role/aws-service-role/{service}.amazonaws.com/{role}")),
        )
    };
    let mut found = Vec::new();
    if let Some(kinds) = kinds(operation)
        && has_tags(operation)
    {
        found.push(Need::new("ec2:CreateTags", &arn("ec2", &format!("{}/*", kinds[0]))));
    }
    match operation.action().as_str() {
        "iam:AddRoleToInstanceProfile" => found.push(passes(operation.text("RoleName"))),
        // Whoever has a group start instances of a launch template must be let start them, and hand over their role.
        "autoscaling:CreateAutoScalingGroup" | "autoscaling:UpdateAutoScalingGroup" => {
            let group = operation.text("AutoScalingGroupName");
            let role = group.rsplit_once('-').map_or(group, |(role, _)| role);
            found.extend([
                passes(role),
                Need::new("ec2:RunInstances", "*"),
                Need::new("ec2:CreateTags", &arn("ec2", "instance/*")),
            ]);
            found.push(Need::new("ec2:CreateTags", &arn("ec2", "volume/*")));
            found.push(linked("autoscaling", "AWSServiceRoleForAutoScaling"));
        }
        "vpc-lattice:CreateResourceGateway" => found.push(linked("vpc-lattice", "AWSServiceRoleForVpcLattice")),
        "route53:CreateHostedZone" => found.push(Need::new("ec2:DescribeVpcs", "*")),
        _ => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::operation::call;

    fn of(name: &str, fields: serde_json::Value) -> Vec<String> {
        crate::callers::needs::of(&call(name, fields)).iter().map(|need| need.words().join(" ")).collect()
    }

    #[test]
    fn what_calls_need() {
        assert_eq!(
            of("ec2:CreateSubnet", json!({ "VpcId": "vpc-1", "TagSpecification.1.Tag.1.Key": "k" })),
            [
                "ec2:CreateSubnet arn:aws:ec2:*:*:subnet/*",
                "ec2:CreateSubnet arn:aws:ec2:*:*:vpc/*",
                "ec2:CreateTags arn:aws:ec2:*:*:subnet/*"
            ]
        );
        assert_eq!(
            of("vpc-lattice:CreateResourceConfiguration", json!({ "tags": {} })),
            [
                "vpc-lattice:CreateResourceConfiguration arn:aws:vpc-lattice:*:*:resourceconfiguration/*",
                "vpc-lattice:TagResource arn:aws:vpc-lattice:*:*:resourceconfiguration/*"
            ]
        );
        assert_eq!(
            of("iam:AddRoleToInstanceProfile", json!({ "InstanceProfileName": "p", "RoleName": "r" })),
            [
                "iam:AddRoleToInstanceProfile arn:aws:iam::*:instance-profile/p",
                "iam:PassRole arn:aws:iam::*:role/r iam:PassedToService=ec2.amazonaws.com"
            ]
        );
        assert_eq!(of("vpc-lattice:ListResourceGateways", json!({})), ["vpc-lattice:ListResourceGateways *"]);
    }
}
