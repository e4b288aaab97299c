# Address blocks of a list separated by commas, each with the one spelling that it is compared by: AWS answers in its own.
# [{given: "2001:DB8::/32", value: "2001:db8:0:0:0:0:0:0/32"}]; value is null where it is no block.

def number: if test("^(0|[1-9][0-9]{0,2})$") then tonumber else null end;

def hex: if test("^[0-9a-f]{1,4}$") then reduce (explode[] | if . > 96 then . - 87 else . - 48 end) as $d (0; . * 16 + $d) else null end;

def spelled: . as $n | ["0123456789abcdef" | split("")[]] as $digits
  | if $n < 16 then $digits[$n] else (($n / 16 | floor) | spelled) + $digits[$n % 16] end;

# The numbers of an address, or null; IPv6 may leave zeros out once.
def ipv4: split(".") | if length == 4 then map(number) else [null] end | if all(. != null and . <= 255) then . else null end;
def groups: if . == "" then [] else split(":") | map(hex) end;
def ipv6: split("::") | map(groups)
  | if length == 2 and (.[0] + .[1] | length) < 8 then .[0] + [range(8 - (.[0] + .[1] | length)) | 0] + .[1] elif length == 1 then .[0] else [] end
  | if length == 8 and all(. != null) then . else null end;

# Whether all bits beyond the length are zero, in numbers of WIDTH bits.
def whole($bits; $width): [range(length) as $i | ([[$bits - $width * $i, 0] | max, $width] | min) as $kept
  | .[$i] % (reduce range($width - $kept) as $_ (1; . * 2)) == 0] | all;

def value: ascii_downcase | split("/") | if length != 2 then null else . end
  | (.[1] // "" | number) as $length | (.[0] // "") as $address
  | if $length == null then null
    elif ($address | contains(":")) then ($address | ipv6) as $n
      | if $n != null and $length <= 128 and ($n | whole($length; 16)) then ($n | map(spelled) | join(":")) + "/\($length)" else null end
    else ($address | ipv4) as $n
      | if $n != null and $length <= 32 and ($n | whole($length; 8)) then ($n | map(tostring) | join(".")) + "/\($length)" else null end end;

split(",") | map(select(. != "") | {given: ., value: value})
