//! Every operation that the scripts name is granted by the documents of whoever runs them: what no case comes to - something that is
//! mended, one account more - would else be found missing by an admin.
#![allow(clippy::unwrap_used, reason = "a test may")]

use std::{collections::BTreeSet, fs, path::PathBuf};

use serde_json::Value;

const INFRA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra");

/// Whose documents grant what stands in which folders and files.
const SCRIPTS: [(&[&str], &[&str]); 3] = [
    (&["deployer-functions", "deployer-watch", "deployer-sign-in", "deployer-balancer", "operator"], &[".", "lib"]),
    (&["endpoint"], &["endpoint", "endpoint/lib"]),
    (
        &["egress-provider", "egress-provider-network", "egress-consumer"],
        &["egress", "egress/lib", "egress/lib/consumer", "lib/roles.sh", "lib/security_group.sh"],
    ),
];

/// The AWS CLI's names of services.
const SERVICES: [&str; 16] = [
    "acm",
    "autoscaling",
    "cloudwatch",
    "cognito-idp",
    "ec2",
    "elbv2",
    "events",
    "iam",
    "lambda",
    "logs",
    "ram",
    "route53",
    "s3api",
    "sns",
    "ssm",
    "vpc-lattice",
];

/// IAM's name of a service.
fn in_iam(service: &str) -> &str {
    match service {
        "elbv2" => "elasticloadbalancing",
        "s3api" => "s3",
        same => same,
    }
}

/// Operations whose right has another name (S3's part of the service authorization reference).
const OTHER_NAMES: [(&str, &str); 6] = [
    ("s3:deleteobjects", "s3:deleteobjectversion"),
    ("s3:listbuckets", "s3:listallmybuckets"),
    ("s3:listobjectversions", "s3:listbucketversions"),
    ("s3:putbucketencryption", "s3:putencryptionconfiguration"),
    ("s3:putbucketlifecycleconfiguration", "s3:putlifecycleconfiguration"),
    ("s3:putpublicaccessblock", "s3:putbucketpublicaccessblock"),
];

/// What a script only shows, for somebody else to run.
const SHOWN: [(&str, &str); 3] = [
    ("egress-provider", "route53:associatevpcwithhostedzone"),
    ("endpoint", "ec2:authorizesecuritygroupingress"),
    ("endpoint", "cognito-idp:adminupdateuserattributes"),
];

fn scripts(places: &[&str]) -> Vec<PathBuf> {
    let of = |place: &&str| {
        let path = PathBuf::from(INFRA).join(place);
        match path.is_dir() {
            true => fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect(),
            false => vec![path],
        }
    };
    places.iter().flat_map(of).filter(|path| path.extension().is_some_and(|it| it == "sh")).collect()
}

/// `SERVICE OPERATION` anywhere but in a comment, as IAM calls it, in small letters.
fn operations(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    for part in lines.flat_map(|line| line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == ' '))) {
        let words: Vec<_> = part.split(' ').collect();
        let is_call =
            |pair: &&[&str]| SERVICES.contains(&pair[0]) && pair[1].contains('-') && !pair[1].starts_with('-');
        for pair in words.windows(2).filter(is_call) {
            found.insert(format!("{}:{}", in_iam(pair[0]), pair[1].replace('-', "")));
        }
    }
    found
}

fn granted(documents: &[&str]) -> BTreeSet<String> {
    let of = |name: &&str| {
        let document: Value = serde_json::from_slice(&fs::read(format!("{INFRA}/iam/{name}.json")).unwrap()).unwrap();
        let statements = document["Statement"].as_array().unwrap().clone();
        statements.into_iter().flat_map(|statement| statement["Action"].as_array().unwrap().clone())
    };
    documents.iter().flat_map(of).map(|action| action.as_str().unwrap().to_ascii_lowercase()).collect()
}

#[test]
fn whatever_a_script_asks_of_aws_its_documents_grant() {
    let mut missing = Vec::new();
    for (documents, places) in SCRIPTS {
        let (granted, mut asked) = (granted(documents), 0);
        for script in scripts(places) {
            for operation in operations(&fs::read_to_string(&script).unwrap()) {
                let right =
                    OTHER_NAMES.iter().find(|(name, _)| *name == operation).map_or(&*operation, |(_, right)| right);
                if !granted.contains(right) && !SHOWN.contains(&(documents[0], &operation)) {
                    missing.push(format!("{right}, of {}", script.display()));
                }
                asked += 1;
            }
        }
        assert!(asked > 20, "only {asked} operations found for {documents:?}");
    }
    assert!(missing.is_empty(), "no document of infra/iam grants {missing:#?}");
}
