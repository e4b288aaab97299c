//! Stories of what is made, reached, refused and removed, without a server: what stands upstream is given.

use jiff::{SignedDuration, Timestamp};
use local::this_computer::ACCOUNT;
use serde_json::{Value, json};

use super::{
    Lattice, act,
    ground::{Ground, Subnet},
    state::Call,
};
use crate::{
    accounts::{ELSEWHERE, account},
    operation::call,
    refuse::Refusal,
};

mod failing;
mod tagged;

struct World {
    lattice: Lattice,
    now: Timestamp,
    ground: Ground,
}

impl World {
    fn new() -> Self {
        let mut ground = Ground {
            vpcs: vec!["vpc-1".into(), "vpc-2".into()],
            with_names: vec!["vpc-2".into()],
            ..Ground::default()
        };
        for (id, vpc, zone, free) in [
            ("subnet-a", "vpc-1", "az1", 16),
            ("subnet-b", "vpc-1", "az2", 200),
            ("subnet-full", "vpc-1", "az3", 15),
            ("subnet-x", "vpc-2", "az2", 9),
            ("subnet-far", "vpc-2", "az9", 9),
        ] {
            ground.subnets.insert(id.into(), Subnet { vpc: vpc.into(), zone: zone.into(), free });
        }
        ground.groups =
            [("sg-0001", "vpc-1"), ("sg-0002", "vpc-2")].map(|(id, vpc)| (id.to_owned(), vpc.to_owned())).into();
        Self { lattice: Lattice::default(), now: "2026-11-02T09:00:00Z".parse().expect("a time"), ground }
    }

    fn of(&mut self, account: &str, name: &str, fields: Value) -> Result<Value, Refusal> {
        let operation = call(name, fields);
        assert_eq!(super::input::refusal(&operation), None, "the model takes it");
        let call = Call { operation: &operation, account, now: self.now, at_once: false, ground: self.ground.clone() };
        act(&mut self.lattice, &call)
    }

    fn ask(&mut self, name: &str, fields: Value) -> Value {
        self.of(ACCOUNT, name, fields).unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"))
    }

    fn code(&mut self, name: &str, fields: Value) -> &'static str {
        self.of(ACCOUNT, name, fields).expect_err(name).code
    }

    fn pass(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    fn gateway(&mut self) -> String {
        let made = self.ask("vpc-lattice:CreateResourceGateway", json!({ "name": "egress", "vpcIdentifier": "vpc-1", "subnetIds": ["subnet-a", "subnet-b"], "securityGroupIds": ["sg-0001"], "resourceConfigDnsResolution": "IN_VPC", "tags": { "k": "v" } }));
        made["id"].as_str().expect("an id").to_owned()
    }

    fn configuration(&mut self, gateway: &str, verification: &Value) -> Value {
        let mut fields = configured(gateway);
        if verification.is_string() {
            fields["domainVerificationIdentifier"] = verification.clone();
            fields["customDomainName"] = json!("proxy.egress.example.com");
        }
        self.ask("vpc-lattice:CreateResourceConfiguration", fields)
    }
}

fn configured(gateway: &str) -> Value {
    json!({ "name": "egress", "type": "SINGLE", "portRanges": ["3128"], "protocol": "TCP", "resourceGatewayIdentifier": gateway,
        "resourceConfigurationDefinition": { "dnsResource": { "domainName": "proxy.internal", "ipAddressType": "IPV4" } } })
}

#[test]
fn a_gateway_takes_its_time_and_goes_last() {
    let mut world = World::new();
    let id = world.gateway();
    let named = json!({ "resourceGatewayIdentifier": id });
    let status = |world: &mut World| world.ask("vpc-lattice:GetResourceGateway", named.clone())["status"].clone();
    assert_eq!(status(&mut world), "CREATE_IN_PROGRESS");
    assert_eq!(world.code("vpc-lattice:CreateResourceConfiguration", configured(&id)), "ConflictException");
    world.pass(60);
    let told = world.ask("vpc-lattice:GetResourceGateway", named.clone());
    assert_eq!(
        (&told["status"], &told["vpcId"], &told["resourceConfigDnsResolution"]),
        (&json!("ACTIVE"), &json!("vpc-1"), &json!("IN_VPC"))
    );
    assert_eq!(
        world.ask("vpc-lattice:ListTagsForResource", json!({ "resourceArn": told["arn"] }))["tags"],
        json!({ "k": "v" })
    );
    let configuration = world.configuration(&id, &Value::Null);
    world.pass(20);
    assert_eq!(world.code("vpc-lattice:DeleteResourceGateway", named.clone()), "ConflictException");
    world.ask(
        "vpc-lattice:DeleteResourceConfiguration",
        json!({ "resourceConfigurationIdentifier": configuration["arn"] }),
    );
    assert_eq!(
        world.code("vpc-lattice:DeleteResourceGateway", named.clone()),
        "ConflictException",
        "it is being deleted"
    );
    world.pass(20);
    world.ask("vpc-lattice:DeleteResourceGateway", named.clone());
    assert_eq!(status(&mut world), "DELETE_IN_PROGRESS");
    world.pass(60);
    let gone = world.of(ACCOUNT, "vpc-lattice:GetResourceGateway", named).expect_err("it is gone");
    assert_eq!((gone.status, gone.code, &gone.details["resourceId"]), (404, "ResourceNotFoundException", &json!(id)));
    assert!(world.lattice.inventory().is_empty());
}

#[test]
fn what_a_gateway_must_have() {
    let mut world = World::new();
    let asked = |name: &str, subnets: &[&str], group: &str| json!({ "name": name, "vpcIdentifier": "vpc-1", "subnetIds": subnets, "securityGroupIds": [group] });
    let create = "vpc-lattice:CreateResourceGateway";
    for (asked, code, field) in [
        (asked("rgw-x", &["subnet-a"], "sg-0001"), "ValidationException", "name"),
        (asked("a--b", &["subnet-a"], "sg-0001"), "ValidationException", "name"),
        (asked("abc", &["subnet-full"], "sg-0001"), "ValidationException", "subnetIds"),
        (asked("abc", &["subnet-x"], "sg-0001"), "ValidationException", "subnetIds"),
        (asked("abc", &["subnet-a", "subnet-a"], "sg-0001"), "ValidationException", "subnetIds"),
        (asked("abc", &[], "sg-0001"), "ValidationException", "subnetIds"),
        (asked("abc", &["subnet-a"], "sg-0002"), "ValidationException", "securityGroupIds"),
    ] {
        let refusal = world.of(ACCOUNT, create, asked.clone()).expect_err("a refusal");
        assert_eq!((refusal.code, &refusal.details["fieldList"][0]["name"]), (code, &json!(field)), "{asked}");
    }
    let mut with_token = asked("abc", &["subnet-a"], "sg-0001");
    with_token["clientToken"] = json!("t");
    let first = world.ask(create, with_token.clone());
    assert_eq!(world.ask(create, with_token.clone())["id"], first["id"], "the same request");
    with_token["name"] = json!("other");
    assert_eq!(world.code(create, with_token), "ConflictException", "the same token for another one");
    assert_eq!(world.code(create, asked("abc", &["subnet-b"], "sg-0001")), "ConflictException", "the same name");
}

#[test]
fn a_domain_is_proven_by_its_record() {
    let mut world = World::new();
    let started = world.ask("vpc-lattice:StartDomainVerification", json!({ "domainName": "egress.example.com" }));
    assert_eq!(
        world.code("vpc-lattice:StartDomainVerification", json!({ "domainName": "egress.example.com" })),
        "ConflictException"
    );
    let named = json!({ "domainVerificationIdentifier": started["id"] });
    let status = |world: &mut World| world.ask("vpc-lattice:GetDomainVerification", named.clone())["status"].clone();
    world.pass(3600);
    assert_eq!(status(&mut world), "PENDING");
    let text = |name: &str| started["txtMethodConfig"][name].as_str().expect("a text").to_owned();
    let mut forgotten = World { lattice: world.lattice.clone(), ground: world.ground.clone(), ..world };
    world.ground.texts = vec![(text("name"), text("value"))];
    assert_eq!(status(&mut world), "PENDING", "AWS has just seen it");
    world.pass(60);
    assert_eq!(status(&mut world), "VERIFIED");
    forgotten.pass(71 * 3600);
    assert_eq!(status(&mut forgotten), "VERIFICATION_TIMED_OUT");
    let gateway = world.gateway();
    world.pass(60);
    let mut other = configured(&gateway);
    other["customDomainName"] = json!("proxy.example.org");
    other["domainVerificationIdentifier"] = started["id"].clone();
    assert_eq!(world.code("vpc-lattice:CreateResourceConfiguration", other), "ValidationException");
    let made = world.configuration(&gateway, &started["arn"]);
    assert_eq!(
        (&made["domainVerificationStatus"], &made["domainVerificationId"]),
        (&json!("VERIFIED"), &started["id"])
    );
    for number in 2..=5 {
        world.ask("vpc-lattice:StartDomainVerification", json!({ "domainName": format!("{number}.example.com") }));
    }
    assert_eq!(
        world.code("vpc-lattice:StartDomainVerification", json!({ "domainName": "6.example.com" })),
        "ServiceQuotaExceededException"
    );
}

/// A configuration that stands, with a verified name.
fn shared() -> (World, Value) {
    let mut world = World::new();
    let started = world.ask("vpc-lattice:StartDomainVerification", json!({ "domainName": "egress.example.com" }));
    let text = |name: &str| started["txtMethodConfig"][name].as_str().expect("a text").to_owned();
    world.ground.texts = vec![(text("name"), text("value"))];
    let gateway = world.gateway();
    world.pass(60);
    let made = world.configuration(&gateway, &started["id"]);
    world.pass(60);
    (world, made)
}

fn wanted(configuration: &Value) -> Value {
    json!({ "VpcEndpointType": "Resource", "VpcId": "vpc-2", "SubnetId.1": "subnet-x", "SecurityGroupId.1": "sg-0002",
        "ResourceConfigurationArn": configuration["arn"], "PrivateDnsEnabled": "true", "TagSpecification.1.ResourceType": "vpc-endpoint",
        "TagSpecification.1.Tag.1.Key": "k", "TagSpecification.1.Tag.1.Value": "v" })
}

#[test]
fn an_endpoint_leads_to_the_verified_name() {
    let (mut world, configuration) = shared();
    let wanted = wanted(&configuration);
    let made = world.ask("ec2:CreateVpcEndpoint", wanted.clone())["vpcEndpoint"].clone();
    assert_eq!((&made["state"], &made["tagSet"]), (&json!("pending"), &json!([{ "key": "k", "value": "v" }])));
    let associations = |world: &mut World| {
        world.ask("ec2:DescribeVpcEndpointAssociations", json!({ "VpcEndpointId.1": made["vpcEndpointId"] }))["vpcEndpointAssociationSet"][0].clone()
    };
    assert_eq!(associations(&mut world)["associatedResourceAccessibility"], "Inaccessible");
    world.pass(60);
    let told = associations(&mut world);
    assert_eq!(
        (&told["associatedResourceAccessibility"], &told["privateDnsEntry"]["dnsName"]),
        (&json!("Accessible"), &json!("proxy.egress.example.com"))
    );
    let name = told["dnsEntry"]["dnsName"].as_str().expect("a name");
    let id = made["vpcEndpointId"].as_str().expect("an id");
    assert!(
        name.starts_with(&format!("{id}.rcfg-")) && name.ends_with(".4232ccc.vpc-lattice-rsc.us-east-1.on.aws"),
        "{name}"
    );
    for (filter, value, found) in [
        ("tag:k", "v", 1),
        ("tag:k", "w", 0),
        ("vpc-id", "vpc-2", 1),
        ("vpc-endpoint-type", "Gateway", 0),
        ("vpc-endpoint-state", "available", 1),
    ] {
        let told = world.ask("ec2:DescribeVpcEndpoints", json!({ "Filter.1.Name": filter, "Filter.1.Value.1": value }));
        assert_eq!(told["vpcEndpointSet"].as_array().map(Vec::len), Some(found), "{filter} {value}");
    }
    assert_eq!(world.code("ec2:CreateVpcEndpoint", wanted), "InvalidParameter", "one private name in a VPC");
    let listed = world.ask(
        "vpc-lattice:ListResourceEndpointAssociations",
        json!({ "resourceConfigurationIdentifier": configuration["id"] }),
    )["items"]
        .clone();
    assert_eq!((&listed[0]["vpcEndpointId"], &listed[0]["vpcEndpointOwner"]), (&json!(id), &json!(ACCOUNT)));
    let named = json!({ "resourceConfigurationIdentifier": configuration["id"] });
    assert_eq!(world.code("vpc-lattice:DeleteResourceConfiguration", named.clone()), "ConflictException");
    world.ask(
        "vpc-lattice:DeleteResourceEndpointAssociation",
        json!({ "resourceEndpointAssociationIdentifier": listed[0]["arn"] }),
    );
    world.ask("vpc-lattice:DeleteResourceConfiguration", named);
    assert_eq!(
        world.ask("ec2:DeleteVpcEndpoints", json!({ "VpcEndpointId.1": id, "VpcEndpointId.2": "vpce-0" }))["unsuccessful"]
            [0]["resourceId"],
        "vpce-0"
    );
    world.pass(60);
    assert_eq!(world.ask("ec2:DescribeVpcEndpoints", json!({}))["vpcEndpointSet"], json!([]));
}

#[test]
fn what_an_endpoint_must_have() {
    let (mut world, configuration) = shared();
    let wanted = wanted(&configuration);
    for (field, value, code) in [
        ("VpcId", "vpc-0", "InvalidVpcId.NotFound"),
        ("VpcId", "vpc-1", "InvalidSubnetId.NotFound"),
        ("SubnetId.1", "subnet-far", "InvalidParameter"),
        ("SubnetId.2", "subnet-x", "DuplicateSubnetsInSameZone"),
        ("SecurityGroupId.1", "sg-0001", "InvalidGroup.NotFound"),
        (
            "ResourceConfigurationArn",
            "arn:aws:vpc-lattice:us-east-1:1:resourceconfiguration/rcfg-0",
            "InvalidParameter",
        ),
    ] {
        let mut other = wanted.clone();
        other[field] = json!(value);
        assert_eq!(world.code("ec2:CreateVpcEndpoint", other), code, "{field}={value}");
    }
    world.ground.with_names.clear();
    let refusal = world.of(ACCOUNT, "ec2:CreateVpcEndpoint", wanted.clone()).expect_err("a VPC without names");
    assert!(refusal.message.contains("enableDnsHostnames"), "{}", refusal.message);
    assert_eq!(world.of(ELSEWHERE, "ec2:CreateVpcEndpoint", wanted).expect_err("not shared").code, "InvalidParameter");
}

#[test]
fn another_account_is_let_in_when_it_has_accepted() {
    let (mut world, configuration) = shared();
    let arn = &configuration["arn"];
    let named = json!({ "resourceConfigurationIdentifier": arn });
    let get = "vpc-lattice:GetResourceConfiguration";
    assert_eq!(world.of(ELSEWHERE, get, named.clone()).expect_err("not shared").code, "ResourceNotFoundException");
    let inside =
        json!({ "name": "egress", "resourceArns": [arn], "principals": [ELSEWHERE], "allowExternalPrincipals": false });
    assert_eq!(world.code("ram:CreateResourceShare", inside), "OperationNotPermittedException");
    let share = json!({ "name": "egress", "resourceArns": [arn], "principals": [ELSEWHERE], "tags": [{ "key": "k", "value": "v" }] });
    let share = world.ask("ram:CreateResourceShare", share)["resourceShare"].clone();
    let of = json!({ "associationType": "PRINCIPAL", "resourceShareArns": [share["resourceShareArn"]] });
    let status = |world: &mut World| {
        world.ask("ram:GetResourceShareAssociations", of.clone())["resourceShareAssociations"][0]["status"].clone()
    };
    assert_eq!(status(&mut world), "ASSOCIATING");
    assert!(world.of(ELSEWHERE, get, named.clone()).is_err(), "an invitation lets nobody in");
    let invited = world.of(ELSEWHERE, "ram:GetResourceShareInvitations", json!({})).expect("invitations")["resourceShareInvitations"][0].clone();
    assert_eq!((&invited["status"], &invited["senderAccountId"]), (&json!("PENDING"), &json!(ACCOUNT)));
    let accept = json!({ "resourceShareInvitationArn": invited["resourceShareInvitationArn"] });
    assert_eq!(
        world.code("ram:AcceptResourceShareInvitation", accept.clone()),
        "ResourceShareInvitationArnNotFoundException",
        "not the sender's"
    );
    world.of(ELSEWHERE, "ram:AcceptResourceShareInvitation", accept.clone()).expect("accepted");
    assert_eq!(
        world.of(ELSEWHERE, "ram:AcceptResourceShareInvitation", accept).expect_err("twice").code,
        "ResourceShareInvitationAlreadyAcceptedException"
    );
    assert_eq!(status(&mut world), "ASSOCIATED");
    world.of(ELSEWHERE, get, named.clone()).expect("it is shared");
    let mut theirs = wanted(&configuration);
    theirs["TagSpecification.1.Tag.1.Value"] = json!("theirs");
    world.of(ELSEWHERE, "ec2:CreateVpcEndpoint", theirs).expect("an endpoint of theirs");
    let shares = world.ask(
        "ram:GetResourceShares",
        json!({ "resourceOwner": "SELF", "tagFilters": [{ "tagKey": "k", "tagValues": ["v"] }] }),
    );
    assert_eq!(shares["resourceShares"].as_array().map(Vec::len), Some(1));
    let change = json!({ "resourceShareArn": share["resourceShareArn"], "principals": [ELSEWHERE] });
    world.ask("ram:DisassociateResourceShare", change);
    assert!(world.of(ELSEWHERE, get, named).is_err(), "it is shared no more");
    world.ask("ram:DeleteResourceShare", json!({ "resourceShareArn": share["resourceShareArn"] }));
    assert_eq!(
        world.ask("ram:GetResourceShares", json!({ "resourceOwner": "SELF" }))["resourceShares"][0]["status"],
        "DELETED"
    );
    assert!(!world.lattice.inventory().iter().any(|it| it.contains("resource-share")));
}

#[test]
fn keys_that_say_so_are_of_the_other_account() {
    assert_eq!([account("test"), account("CONSUMER-ELSEWHERE")], [ACCOUNT, ELSEWHERE]);
}
