//! Access key ids: who signs a request, shows in its key alone.

use super::Principal;
use crate::deployment::Deployment;

const KEY_PREFIX: &str = "ASIALOCAL";

/// The access key id that a function signs with, made from the name of its role.
#[must_use]
pub fn access_key(role: &str) -> String {
    let letters = role.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase());
    format!("{KEY_PREFIX}{}", letters.collect::<String>())
}

/// Whom an access key id belongs to.
#[must_use]
pub fn principal(deployment: &Deployment, access_key_id: &str) -> Principal {
    let role = deployment.roles.keys().find(|role| access_key(role) == access_key_id);
    match role {
        Some(role) => Principal::Role(role.clone()),
        // The role of a process that still runs may be gone.
        None if access_key_id.starts_with(KEY_PREFIX) => Principal::Role(access_key_id.to_owned()),
        None => Principal::Administrator,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_found_again_by_its_key() {
        let mut deployment = Deployment::default();
        deployment.roles.insert("LambdaRole-ClientVPN-Associator".to_owned(), crate::deployment::Role::default());
        let key = access_key("LambdaRole-ClientVPN-Associator");
        assert_eq!(key, "ASIALOCALLAMBDAROLECLIENTVPNASSOCIATOR");
        assert_eq!(principal(&deployment, &key), Principal::Role("LambdaRole-ClientVPN-Associator".to_owned()));
        assert_eq!(principal(&deployment, "AKIAIOSFODNN7EXAMPLE"), Principal::Administrator);
    }
}
