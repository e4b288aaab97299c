//! Policies: what is denied stays denied, and what cannot be read allows nothing.

use aws::{
    authorize::{Context, Decision, Principal, authorize, may_be_assumed, permitted},
    deployment::{Deployment, Function, Role},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::odd::{self, any_json, nearly};

const ARN: &str = "arn:aws:iam::123456789012:role/R";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:F";
const WORDS: [&str; 14] = [
    "*",
    "Allow",
    "Deny",
    "2012-10-17",
    "lambda:*",
    "lambda:InvokeFunction",
    FUNCTION,
    ARN,
    "AWS",
    "lambda.amazonaws.com",
    "arn:aws:*",
    "${aws:PrincipalArn}",
    "${nobody:knows}",
    "arn:*:*:*:*:*:*",
];

/// A role's own statement, odd; whether it allows what is asked.
const OF_A_ROLE: [(&str, bool); 27] = [
    (r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#, true),
    (r#"{"Effect": "Allow", "Action": "LAMBDA:invokefunction", "Resource": "*"}"#, true),
    (r#"{"Effect": "Allow", "Action": "lambda:Invoke*", "Resource": "*"}"#, true),
    (r#"{"Effect": "Allow", "Action": "lambda:Invoke?unction", "Resource": "*"}"#, true),
    (r#"{"Effect": "Allow", "NotAction": "ec2:*", "Resource": "*"}"#, true),
    (r#"{"Effect": "Allow", "Action": ["a:b", "lambda:*"], "Resource": ["arn:aws:lambda:*:*:function:*"]}"#, true),
    (r#"{"Effect": "allow", "Action": "*", "Resource": "*"}"#, false),
    (r#"{"Action": "*", "Resource": "*"}"#, false),
    (r#"{"Effect": "Allow", "Resource": "*"}"#, false),
    (r#"{"Effect": "Allow", "Action": "*"}"#, false),
    (r#"{"Effect": "Allow", "Action": null, "Resource": "*"}"#, false),
    (r#"{"Effect": "Allow", "Action": [], "Resource": "*"}"#, false),
    (r#"{"Effect": "Allow", "Action": [["*"]], "Resource": "*"}"#, false),
    (r#"{"Effect": "Allow", "Action": "*", "NotAction": "lambda:*", "Resource": "*"}"#, false),
    (r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "NotResource": "*"}"#, false),
    (r#"{"Effect": "Allow", "Action": "*", "Resource": "${nobody:knows}"}"#, false),
    (r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": null}"#, false),
    (r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": []}"#, false),
    (
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Conditions": {"Bool": {"aws:SecureTransport": "true"}}}"#,
        false,
    ),
    (
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringIs": {"aws:PrincipalArn": "*"}}}"#,
        false,
    ),
    (r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringLike": null}}"#, false),
    (
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringLike": {"AWS:principalarn": "*/R"}}}"#,
        true,
    ),
    (
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::*:role/R"}}}"#,
        true,
    ),
    (
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::*:role/S"}, "ArnLike": {"aws:PrincipalArn": "*"}}}"#,
        false,
    ),
    (
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"ArnEquals": {"aws:PrincipalArn": "*"}, "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/S"}}}"#,
        false,
    ),
    (r#"{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}"#, false),
    (r#"[{"Effect": "Allow", "Action": "*", "Resource": "*"}, "and more"]"#, false),
];

/// A function's, odd; whether it allows the service `lambda.amazonaws.com`.
const OF_A_FUNCTION: [(&str, bool); 9] = [
    (r#"{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "*", "Resource": "*"}"#, true),
    (
        r#"{"Effect": "Allow", "Principal": {"AWS": "x", "Service": ["lambda.amazonaws.com"]}, "Action": "*", "Resource": "*"}"#,
        true,
    ),
    (r#"{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}"#, true),
    (r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#, false),
    (r#"{"Effect": "Allow", "Principal": null, "Action": "*", "Resource": "*"}"#, false),
    (r#"{"Effect": "Allow", "Principal": {}, "Action": "*", "Resource": "*"}"#, false),
    (r#"{"Effect": "Allow", "Principal": {"Service": null}, "Action": "*", "Resource": "*"}"#, false),
    (r#"{"Effect": "Allow", "Principal": {"service": "lambda.amazonaws.com"}, "Action": "*", "Resource": "*"}"#, false),
    (
        r#"[{"Effect": "Deny", "Principal": {}, "Action": "*", "Resource": "*"}, {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]"#,
        false,
    ),
];

fn document(statement: Value) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statement })
}

fn says(effect: &str) -> Value {
    json!({ "Effect": effect, "Action": "lambda:InvokeFunction", "Resource": FUNCTION })
}

/// A statement whose principal is anybody, as a function's have one.
fn of_anybody(mut statement: Value) -> Value {
    statement["Principal"] = json!("*");
    statement
}

fn role(policies: Vec<Value>, resource_policy: Value) -> Deployment {
    let mut deployment = Deployment {
        partition: "aws".to_owned(),
        account: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        ..Deployment::default()
    };
    deployment.roles.insert("R".to_owned(), Role { policies, ..Role::default() });
    deployment.functions.insert("F".to_owned(), Function { resource_policy, ..Function::default() });
    deployment
}

fn asked(deployment: &Deployment, principal: &Principal) -> bool {
    match authorize(deployment, principal, "lambda:InvokeFunction", FUNCTION, &Context::new()) {
        Decision::Allowed => true,
        Decision::Denied(why) => {
            assert!(why.contains("is not authorized to perform: lambda:InvokeFunction"), "{why}");
            false
        }
    }
}

fn role_may(policies: Vec<Value>) -> bool {
    asked(&role(policies, Value::Null), &Principal::Role("R".to_owned()))
}

fn service_may(resource_policy: Value) -> bool {
    asked(&role(Vec::new(), resource_policy), &Principal::Service("lambda.amazonaws.com".to_owned()))
}

#[test]
fn the_corpus_allows_what_it_says() {
    for (text, allows) in OF_A_ROLE {
        let statement: Value = serde_json::from_str(text).expect(text);
        assert_eq!(role_may(vec![document(statement)]), allows, "{text}");
    }
    for (text, allows) in OF_A_FUNCTION {
        let statement: Value = serde_json::from_str(text).expect(text);
        assert_eq!(service_may(document(statement)), allows, "{text}");
    }
    for text in [
        "[]",
        "\"*\"",
        "{}",
        "null",
        r#"{"Statement": null}"#,
        r#"{"Statements": []}"#,
        r#"{"Version": "2012-10-18", "Statement": []}"#,
    ] {
        let document: Value = serde_json::from_str(text).expect(text);
        assert!(!role_may(vec![document.clone()]), "{text}");
        assert!(!role_may(vec![self::document(says("Allow")), document.clone()]), "not even beside another: {text}");
        assert!(!service_may(document), "{text}");
    }
}

/// Whoever tries each star with each rest needs longer for this than there is time.
#[test]
fn many_stars_take_no_longer() {
    let action = format!("lambda:{}x", "*o*n".repeat(30));
    assert!(!role_may(vec![document(json!({ "Effect": "Allow", "Action": action, "Resource": "*" }))]));
}

/// What a statement may have, and what is nearly that.
const ELEMENT: &str = "(Not)?(Principal|Action|Resource)|Conditions?|Sid|[a-z]{0,3}";

/// A statement with conditions that may hold.
fn statement() -> impl Strategy<Value = Value> {
    let effect = prop::sample::select(vec!["Allow", "Allow", "Deny"]);
    let action = prop::sample::select(vec!["*", "lambda:*", "lambda:InvokeFunction", "ec2:CreateTags"]);
    let resource = prop::sample::select(vec!["*", FUNCTION, "arn:aws:lambda:us-east-1:*:function:G"]);
    (effect, action, resource, prop::option::of(condition())).prop_map(|(effect, action, resource, condition)| {
        let mut statement = json!({ "Effect": effect, "Action": action, "Resource": resource });
        if let Some(condition) = condition {
            statement["Condition"] = condition;
        }
        statement
    })
}

fn condition() -> impl Strategy<Value = Value> {
    let operator = prop_oneof![
        3 => prop::sample::select(vec!["ArnLike", "ArnEquals"]),
        1 => prop::sample::select(vec!["StringLike", "StringEquals", "ArnNotEquals", "ArnNotLike"]),
    ];
    let key = prop_oneof![
        3 => Just("aws:PrincipalArn"),
        1 => prop::sample::select(vec!["aws:principalarn", "aws:RequestedRegion", "aws:SourceArn"]),
    ];
    let value = prop::sample::select(vec!["*", ARN, "arn:aws:iam::*:role/S", "us-east-1", "us-*"]);
    prop::collection::vec((operator, key, value), 1..4).prop_map(|conditions| {
        let mut block = json!({});
        for (operator, key, value) in conditions {
            block[operator][key] = json!(value);
        }
        block
    })
}

proptest! {
    #![proptest_config(odd::config())]

    #[test]
    fn an_explicit_deny_always_wins(
        statements in prop::collection::vec(statement(), 0..4),
        more in prop::collection::vec(statement(), 0..4),
        anything in any_json(&WORDS),
        at in any::<prop::sample::Index>(),
    ) {
        let mut with_deny = statements.clone();
        with_deny.insert(at.index(statements.len() + 1), says("Deny"));
        let (with_deny, more) = (document(json!(with_deny)), document(json!(more)));
        for policies in [vec![with_deny.clone(), more.clone()], vec![more.clone(), with_deny.clone()], vec![more, anything, with_deny.clone()]] {
            prop_assert!(!role_may(policies.clone()));
            prop_assert!(permitted(&policies, ARN, "lambda:InvokeFunction", FUNCTION, &Context::new()) != Decision::Allowed);
        }
        // Of the function, whatever the role may.
        let of_function = document(json!([of_anybody(says("Allow")), of_anybody(says("Deny"))]));
        prop_assert!(!asked(&role(vec![document(says("Allow"))], of_function), &Principal::Role("R".to_owned())));
    }

    /// Nothing else in the world is as it was written by somebody who knew what they did.
    #[test]
    fn what_cannot_be_read_allows_nothing(
        odd in prop_oneof![
            any_json(&WORDS),
            nearly(json!([says("Allow")]), &WORDS),
            nearly(document(says("Allow")), &WORDS),
            nearly(document(json!([of_anybody(says("Allow"))])), &WORDS),
            (ELEMENT, any_json(&WORDS), any::<bool>()).prop_map(|(name, value, of_a_role)| {
                let mut statement = if of_a_role { says("Allow") } else { of_anybody(says("Allow")) };
                statement[name] = value;
                document(statement)
            }),
        ],
    ) {
        for (odd, of_a_role) in [(odd.clone(), true), (odd.clone(), false), (document(odd.clone()), true), (document(odd), false)] {
            let allowed = if of_a_role { role_may(vec![odd.clone()]) } else { service_may(odd.clone()) };
            let statements = match &odd["Statement"] {
                Value::Array(statements) => statements.clone(),
                other => vec![other.clone()],
            };
            let is_readable = |statement: &Value| {
                let elements = ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
                let one_of = |one: &str, other: &str| statement.get(one).is_some() != statement.get(other).is_some();
                statement.as_object().is_some_and(|members| members.iter().all(|(name, value)| elements.contains(&name.as_str()) && !value.is_null()))
                    && ["Allow", "Deny"].iter().any(|effect| statement["Effect"] == *effect)
                    && one_of("Action", "NotAction") && one_of("Resource", "NotResource")
                    && (of_a_role && statement.get("Principal").is_none() && statement.get("NotPrincipal").is_none() || !of_a_role && one_of("Principal", "NotPrincipal"))
            };
            prop_assert!(!allowed || statements.iter().all(is_readable), "{}", odd);
        }
    }

    #[test]
    fn one_condition_more_allows_no_more(condition in condition(), more in condition()) {
        let with = |condition: &Value| {
            let mut statement = says("Allow");
            statement["Condition"] = condition.clone();
            role_may(vec![document(statement)])
        };
        let mut both = condition.clone();
        for (operator, keys) in more.as_object().expect("a block") {
            for (key, value) in keys.as_object().expect("keys") {
                if both[operator].get(key).is_none() {
                    both[operator][key] = value.clone();
                }
            }
        }
        prop_assert!(!with(&both) || with(&condition), "{} and {}", condition, both);
    }

    #[test]
    fn a_trust_policy_is_read_or_refused(trust in prop_oneof![any_json(&WORDS), any_json(&WORDS).prop_map(document), nearly(document(json!([{ "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole" }])), &WORDS)]) {
        let allowed = may_be_assumed(&role(Vec::new(), Value::Null), &Role { trust: trust.clone(), ..Role::default() }, FUNCTION) == Decision::Allowed;
        let text = trust.to_string();
        prop_assert!(!allowed || text.contains("\"Allow\"") && text.contains("rincipal\""), "{}", text);
    }
}
