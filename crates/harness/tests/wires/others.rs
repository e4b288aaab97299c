//! Other things than ours, of the kinds that AWS takes only where they exist.

use serde_json::{Value, json};

use crate::{Account, writes::Write};

/// The value itself; or, for a word in braces, something of that kind that is made for it.
///
/// # Errors
/// AWS's words, and words that nobody knows.
pub async fn stand_in(account: &Account, write: &Write, value: &Value) -> Result<Value, String> {
    let Some(kind) = value.as_str().and_then(|text| text.strip_prefix('{')?.strip_suffix('}')) else {
        return Ok(value.clone());
    };
    Ok(match kind {
        "another certificate" => {
            let name = "other.example.com";
            let openssl = format!(
                "openssl req -x509 -newkey rsa:2048 -nodes -keyout other-key.pem -out other.pem -days 30 -subj /CN={name} \
                 -addext subjectAltName=DNS:{name}"
            );
            account.succeeds("bash", &["-c", &openssl]).await;
            let imported = account
                .aws("acm import-certificate --certificate fileb://other.pem --private-key fileb://other-key.pem");
            imported.await["CertificateArn"].clone()
        }
        "another user pool" => {
            let made = account.call("cognito-idp", "create-user-pool", &json!({ "PoolName": "other" })).await?;
            made["UserPool"]["Arn"].clone()
        }
        "another target group" => {
            let input = json!({ "Name": "other", "TargetType": "lambda" });
            let made = account.call("elbv2", "create-target-group", &input).await?;
            made["TargetGroups"][0]["TargetGroupArn"].clone()
        }
        // Nobody may come in to a new one.
        "another security group" => {
            let of = json!({ "GroupIds": write.input["SecurityGroups"] });
            let ours = account.call("ec2", "describe-security-groups", &of).await?;
            let vpc = &ours["SecurityGroups"][0]["VpcId"];
            let input = json!({ "GroupName": "other", "Description": "another", "VpcId": vpc });
            account.call("ec2", "create-security-group", &input).await?["GroupId"].clone()
        }
        _ => return Err(format!("nobody knows what {{{kind}}} is")),
    })
}
