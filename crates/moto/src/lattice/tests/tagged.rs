//! Tags that are put on endpoints and taken off after they were made.

use super::{super::ec2_tags, *};

#[test]
fn an_endpoints_tags_come_and_go() {
    let (mut world, configuration) = shared();
    let made = world.ask("ec2:CreateVpcEndpoint", wanted(&configuration));
    let id = made["vpcEndpoint"]["vpcEndpointId"].as_str().expect("an id").to_owned();
    let write = |world: &mut World, account: &str, name: &str, fields: Value| {
        let operation = call(name, fields);
        let ids = ec2_tags::named(&world.lattice, &operation);
        ec2_tags::check(&world.lattice, account, &ids).map_err(|refusal| refusal.code)?;
        let call = Call { operation: &operation, account, now: world.now, at_once: false, ground: Ground::default() };
        ec2_tags::write(&mut world.lattice, &call, &ids);
        Ok::<_, &str>(Value::Object(world.lattice.things[&id].tags.clone()))
    };
    let tags = |number: usize, fields: &[(&str, &str)]| {
        let mut all = json!({ "ResourceId.1": id, "ResourceId.2": "sg-1" });
        for (at, (key, value)) in fields.iter().enumerate() {
            all[format!("Tag.{}.Key", at + number)] = json!(key);
            if !value.is_empty() {
                all[format!("Tag.{}.Value", at + number)] = json!(value);
            }
        }
        all
    };
    let put = tags(1, &[("a", "1"), ("b", "2"), ("c", "3")]);
    assert_eq!(write(&mut world, "999999999999", "ec2:CreateTags", put.clone()), Err("InvalidVpcEndpointId.NotFound"));
    let before = write(&mut world, ACCOUNT, "ec2:CreateTags", put).expect("taken");
    assert_eq!((&before["a"], &before["c"]), (&json!("1"), &json!("3")));
    let left =
        write(&mut world, ACCOUNT, "ec2:DeleteTags", tags(1, &[("a", "other"), ("b", "2"), ("c", "")])).expect("taken");
    assert_eq!((&left["a"], &left["b"], &left["c"]), (&json!("1"), &Value::Null, &Value::Null));
    assert_eq!(write(&mut world, ACCOUNT, "ec2:DeleteTags", tags(1, &[])), Ok(json!({})), "all of them");
}
