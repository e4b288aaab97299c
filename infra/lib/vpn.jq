# How the VPN stands: of what AWS lists, what the settings name.
def there($subnet): any($networks[]; .subnet == $subnet and .state == "associated");
($subnets | split(",")) as $subnets
| ($as_given | map({key: .given, value: .value}) | from_entries) as $values
| [$subnets[] as $s | $wanted[].value as $v | any($routes[]; .TargetSubnet == $s and .Status.Code == "active" and $values[.DestinationCidr] == $v)] as $made
| {
    subnets: {done: ([$subnets[] | select(there(.))] | length), of: ($subnets | length)},
    routes: {done: ([$made[] | select(.)] | length), of: ($made | length)},
    networks: $networks, connected: $connected
  }
| .ready = (.subnets.done == .subnets.of and .routes.done == .routes.of)
| .state = (
    if $networks == [] then "off"
    elif .ready then "on"
    elif all($networks[]; .state == "disassociating") then "turning off"
    elif all($networks[]; .state == "association-failed") then "not working"
    else "not all on" end)
