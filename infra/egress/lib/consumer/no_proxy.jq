# What programs in a VPC reach without the proxy, separated by commas, from describe-vpc-endpoints. Gateway endpoints count where a route
# leads to them; interface endpoints by the names that they have in the VPC.
def available: select(.State | ascii_downcase == "available");
def service: .ServiceName | split(".") | last;
[$never, ".\($domain)", $blocks[],
  (.VpcEndpoints[] | available | select(.VpcEndpointType == "Gateway" and (.RouteTableIds // [] | length) > 0) | service as $s
    | "\($s).\($region).\($suffix)", if $s == "s3" then ".s3.\($region).\($suffix)", ".s3.dualstack.\($region).\($suffix)" else empty end),
  (.VpcEndpoints[] | available | select(.VpcEndpointType == "Interface") | .DnsEntries[]?.DnsName | values
    | if test("\\.vpce\\.amazonaws\\.com(\\.cn)?$") then ".vpce.\($suffix)" else ltrimstr("*") end)]
| reduce .[] as $one ([]; if any(.[]; . == $one) then . else . + [$one] end) | join(",")
