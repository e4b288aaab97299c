# Prices, and dollars as people read them: with their cents. Use: jq -L "$INFRA/lib", and in the program: include "money";
def many: split(",") | map(select(. != "")) | length;
def padded($digits): tostring | "000000"[:$digits - length] + .;
def dollars: (. * 100 | round | fabs) as $cents
  | "\(if . < 0 and $cents > 0 then "-" else "" end)$\($cents / 100 | floor).\($cents % 100 | padded(2))";
# Of an hour or a gigabyte: also parts of a cent, as far as there are any.
def unit_price: (. * 1000000 | round) as $millionths
  | "$\($millionths / 1000000 | floor).\($millionths % 1000000 | padded(6) | sub("0{1,4}$"; ""))";
def no_price($region): "no price of \($region) is in infra/prices.json";
def cents: . * 100 | round / 100;
def from_to: if .from == .to then (.from | dollars) else "\(.from | dollars) to \(.to | dollars)" end;
# A month of what stands there on or off. Our load balancer has a public address in each of its subnets.
def standing($prices; $hours; $listener; $subnets; $ends):
  (if $listener == "" then $hours * ($prices.LoadBalancerHour + $subnets * $prices.PublicAddressHour) else 0 end) + $prices.CustomMetricMonth + (8 + $ends) * $prices.AlarmMetricMonth;
# An hour of so many associated subnets: the public address that each association gets is billed too (fact 7.4a).
def associated($prices; $subnets): ($prices.AssociationHour + $prices.PublicAddressHour) * $subnets;
