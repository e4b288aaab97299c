# The listener's rules (infra/rules.json) as AWS takes them. A rule holds at most five values in all and three in one
# condition, so some are split. The load balancer returns to the path that was asked for, by GET, after a sign-in:
# hence GET rules for paths that are only posted to. The profile of a person stands beside one of them, where there is any. The last one keeps probes for icons from counting as use.
def fixed($status; $type; $body): [{Type: "fixed-response", FixedResponseConfig: {StatusCode: $status, ContentType: $type, MessageBody: $body}}];
def signed_in($unauthenticated; $language): [
  {Type: "authenticate-cognito", AuthenticateCognitoConfig: ({
    UserPoolArn: $pool, UserPoolClientId: $client, UserPoolDomain: $domain, SessionCookieName: "AWSELBAuthSessionCookie",
    Scope: "openid", SessionTimeout: 3600, OnUnauthenticatedRequest: $unauthenticated}
    + if $language then {AuthenticationRequestExtraParams: {lang: $language}} else {} end)},
  {Type: "forward", TargetGroupArn: $group}];
map(if $profiles and .Conditions.paths == ["/progress"] and .Then == "authenticate" then .Conditions.paths += ["/profile"] else . end)
| to_entries | map({
  Priority: (.key + $first),
  Conditions: (.value.Conditions | [
    {Field: "host-header", HostHeaderConfig: {Values: [$host]}},
    (.paths | values | {Field: "path-pattern", PathPatternConfig: {Values: .}}),
    (.method | values | {Field: "http-request-method", HttpRequestMethodConfig: {Values: [.]}}),
    (.language | values | {Field: "http-header", HttpHeaderConfig: {HttpHeaderName: "Accept-Language", Values: ["\(.)*"]}})]),
  Actions: (.value | if .Then == "signed-out" then fixed("200"; "text/html"; $signed_out)
    elif .Then == "not-found" then fixed("404"; "text/html"; $not_found)
    else signed_in(.Then; .Language) end)})
