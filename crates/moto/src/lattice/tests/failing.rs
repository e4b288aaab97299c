//! What AWS cannot make.

use super::{super::Kind, *};

#[test]
fn what_is_to_fail_fails_once_its_time_is_up() {
    let mut world = World::new();
    world.lattice.failing.push((Kind::Gateway, String::new()));
    let failed = world.gateway();
    let gateway = |world: &mut World, id: &str| {
        world.ask("vpc-lattice:GetResourceGateway", json!({ "resourceGatewayIdentifier": id }))["status"].clone()
    };
    assert_eq!(gateway(&mut world, &failed), "CREATE_IN_PROGRESS");
    world.pass(60);
    assert_eq!(gateway(&mut world, &failed), "CREATE_FAILED");
    world.pass(600);
    assert_eq!(gateway(&mut world, &failed), "CREATE_FAILED", "it stays so");
    assert_eq!(world.code("vpc-lattice:CreateResourceConfiguration", configured(&failed)), "ConflictException");
    world.ask("vpc-lattice:DeleteResourceGateway", json!({ "resourceGatewayIdentifier": failed }));
    world.pass(60);
    let stands = world.gateway();
    world.pass(60);
    assert_eq!(gateway(&mut world, &stands), "ACTIVE", "only the next one was to fail");
    world.lattice.failing.push((Kind::Configuration, "no such name".to_owned()));
    let configuration = world.configuration(&stands, &Value::Null);
    world.pass(20);
    let named = json!({ "resourceConfigurationIdentifier": configuration["id"] });
    let told = world.ask("vpc-lattice:GetResourceConfiguration", named.clone());
    assert_eq!((&told["status"], &told["failureReason"]), (&json!("CREATE_FAILED"), &json!("no such name")));
    world.ask("vpc-lattice:DeleteResourceConfiguration", named);
}
