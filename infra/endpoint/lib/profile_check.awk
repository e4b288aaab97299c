# Reads options.tsv, then a profile, as OpenVPN Connect does (openvpn/common/options.hpp of openvpn3); writes what is found, a line
# each: LINE, verdict, text and remedy, divided by tabulators; with the verdict "=" a fact, its name and value. What stands in
# blocks goes to files in the directory "work". client: "openvpn", or "aws" for AWS's own client.

function found(line, verdict, text, remedy) { print line "\t" verdict "\t" text "\t" remedy }
function fact(line, name, value) { print line "\t=\t" name "\t" value }

# What is shown of a line, which may be anything.
function brief(text) { return length(text) > 60 ? substr(text, 1, 60) "..." : text }

# The words of a line, in words[1..n]: quotes and backslashes as OpenVPN knows them, and comments.
function split_line(line,    i, c, word, open, quote, escaped) {
  n = 0; word = ""; open = 0; quote = ""; escaped = 0
  for (i = 1; i <= length(line); i++) {
    c = substr(line, i, 1)
    if (escaped) { word = word c; open = 1; escaped = 0 }
    else if (c == "\\") escaped = 1
    else if (quote != "") { if (c == quote) quote = ""; else word = word c }
    else if (c == "\"" || c == "'") { quote = c; open = 1 }
    else if (c == "#" || c == ";") break
    else if (c ~ /[ \t\r\v\f]/) { if (open) words[++n] = word; word = ""; open = 0 }
    else { word = word c; open = 1 }
  }
  if (open) words[++n] = word
  return quote == "" && !escaped
}

function least(name,    flags) { flags = flag[name]; gsub(/[^0-9]/, "", flags); return flags + 0 }
# As the core reads one: what does not fit into 32 bits is none.
function number(text) { return text ~ /^[0-9]+$/ && length(text) <= 16 && text + 0 <= 4294967295 }

# An option, or a block (inline), with its words from the second on in arg[1..args]. soft: behind "setenv opt".
function judge(line, name, inline, soft,    group, verdict, text, remedy) {
  group = (name in group_of) ? group_of[name] : "unknown"
  # What is spared by "setenv opt" and "ignore-unknown-option", and as a block: whatever stands in none of the core's own lists.
  if (client == "openvpn" && group ~ /^(lacking|unknown|aws|management)$/ && (soft || inline || (name in spared)))
    return found(line, "ignored", brief(name) ": OpenVPN Connect goes on without it only because of how it is written", "Remove it.")
  verdict = verdict_of[group]; text = text_of[group]
  remedy = (name in remedy_of) ? remedy_of[name] : todo_of[group]
  if (client == "aws") {
    if (group == "aws") { verdict = "doubtful"; text = "it is for sign-in or device posture, and this endpoint wants certificates" }
    else if (flag[name] ~ /x/) { verdict = "fatal"; text = "AWS's own client refuses to import it since version 6.0"; remedy = "Remove it." }
    else if (flag[name] !~ /a/) { verdict = "doubtful"; text = "AWS does not name it among what its own client takes, which may refuse the profile"; remedy = "Remove it." }
    else if (group != "password") verdict = "fine"
  }
  if (verdict != "fine") {
    if (group == "unknown" && name ~ /^--/) remedy = "Without the dashes: " substr(name, 3)
    else if (group == "unknown" && (tolower(name) in group_of)) remedy = "In small letters: " tolower(name)
    return found(line, verdict, brief(name) ": " text, remedy)
  }
  if (args < least(name)) return found(line, "fatal", name ": it needs " least(name) " argument(s), and has " args, "Write them, or remove the line.")
  if ((name in seen) && !inline && flag[name] !~ /m/) found(seen[name], "ignored", name ": stands again in line " line ", and the last one counts", "Remove one of them.")
  seen[name] = line
  special(line, name, inline)
}

# What the arguments say.
function special(line, name, inline,    a) {
  a = arg[1]
  if (name ~ /^(ca|cert|key|extra-certs|crl-verify)$/ && !inline && client == "aws")
    found(line, "doubtful", name ": it names a file, which was not looked at", "Put what stands in " brief(a) " into the profile: <" name "> ... </" name ">.")
  else if (name ~ /^(ca|cert|key|extra-certs|crl-verify)$/ && !inline)
    found(line, name ~ /^c[ae]|^key/ ? "fatal" : "broken", name ": it names a file, and only this one gets onto a tablet", "Put what stands in " brief(a) " into the profile: <" name "> ... </" name ">.")
  else if (name == "remote") {
    if (args > 1 && (!number(arg[2]) || arg[2] + 0 < 1 || arg[2] + 0 > 65535)) found(line, "fatal", "remote: " brief(arg[2]) " is no port", "443 or 1194, as the endpoint has it.")
    if (args > 2) protocol(line, arg[3])
    if (a !~ /cvpn-endpoint-[0-9a-z]+\.(prod\.)?clientvpn\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/) found(line, "doubtful", "remote: " brief(a) " is no name of a Client VPN endpoint", "Is it yours, and does it lead there? AWS's names begin with cvpn-endpoint-.")
    else if (a ~ /^cvpn-endpoint-/) bare = line
  } else if (name == "proto") protocol(line, a)
  else if (name ~ /^dev(-type)?$/ && a !~ /^tun/) found(line, "fatal", name ": " brief(a) ", and only tun is taken", "dev tun")
  else if (name == "mode" && a != "p2p" || name == "key-method" && a != "2") found(line, "fatal", name ": " brief(a) " is refused", "Remove the line.")
  else if (name == "cipher" && toupper(a) !~ /^(AES-(128|192|256)-(CBC|CTR|GCM)|CHACHA20-POLY1305|(BF|DES|DES-EDE3)-CBC|NONE)$/) found(line, "fatal", "cipher: OpenVPN Connect does not know " brief(a), "cipher AES-256-GCM")
  else if (name == "cipher" && toupper(a) != "AES-256-GCM") found(line, "doubtful", "cipher: " brief(a) ", and Client VPN wants AES-256-GCM", "cipher AES-256-GCM")
  else if (name == "remote-cert-tls" && a != "server") found(line, "broken", "remote-cert-tls: " brief(a) ", and what answers is a server", "remote-cert-tls server")
  else if (name == "verify-x509-name") {
    if (args < 2) found(line, "broken", "verify-x509-name: without a second word the whole subject is compared", "verify-x509-name " brief(a) " name")
    else if (arg[2] !~ /^(name|name-prefix|subject)$/) found(line, "fatal", "verify-x509-name: " brief(arg[2]) " is no way to compare", "verify-x509-name " brief(a) " name")
    else if (arg[2] == "name") fact(line, "server", a)
  } else if (name == "inactive") {
    if (args < 1 || !number(a) || args > 1 && !number(arg[2]) || a == 0) found(line, "broken", "inactive: not SECONDS BYTES in digits, and OpenVPN Connect goes on without it", "inactive 900 65536")
    else if (args < 2 || arg[2] == 0) found(line, "doubtful", "inactive: without BYTES any packet counts, and pushed mail alone keeps the VPN on", "inactive " a " 65536")
  } else if (name ~ /^(reneg-sec|hand-window|tran-window|tls-timeout|server-poll-timeout|ping|ping-restart|keepalive|tun-mtu|port)$/) {
    if (args > 0 && !number(a)) found(line, "fatal", name ": " brief(a) " is no number", "Write it in digits, or remove the line.")
    else if (name == "keepalive" && args > 1 && !number(arg[2])) found(line, "fatal", name ": " brief(arg[2]) " is no number", "Write it in digits, or remove the line.")
    else if (name == "tun-mtu" && args > 0 && (a + 0 < 576 || a + 0 > 65535)) found(line, "fatal", "tun-mtu: not between 576 and 65535", "Remove it: the endpoint and the app agree without it.")
  } else if (name == "tls-version-min") {
    if (a !~ /^1\.[0-3]$/) found(line, "fatal", "tls-version-min: " brief(a) " is no version", "tls-version-min 1.2")
  } else if (name == "pull-filter") {
    if (a !~ /^(accept|ignore|reject)$/) found(line, "fatal", "pull-filter: " brief(a) " is nothing that it can do", "accept, ignore or reject.")
  } else if (name == "setenv") {
    if (a == "CLIENT_CERT" && arg[2] == 0) found(line, "broken", "setenv CLIENT_CERT 0: the app would send no certificate", "Remove it.")
    if (a == "GENERIC_CONFIG") found(line, "fatal", "setenv GENERIC_CONFIG: it is for another server of OpenVPN's", "Remove it.")
  } else if (name == "http-proxy") found(line, "doubtful", "http-proxy: it needs an endpoint with TCP, and everybody to be behind this proxy", "Write the proxy into the app's settings.")
  else if (name == "connection") found(line, "doubtful", "<connection>: what stands in it was not looked at", "Take remote, port and proto out of it.")
  else if (name == "auth-user-pass" && inline) found(line, "broken", "auth-user-pass: a password stands in the file", "Remove it.")
}

function protocol(line, a) {
  if (tolower(a) !~ /^(udp[46]?|tcp[46]?(-client)?)$/) found(line, "fatal", brief(a) ": OpenVPN Connect does not know this protocol", "udp or tcp, as the endpoint has it.")
}

function missing(name, verdict, text, remedy) { if (!(name in seen)) found(0, verdict, name ": missing, " text, remedy) }

FILENAME == table {
  if ($0 ~ /^#/ || $0 == "") next
  fields = split($0, field, "\t")
  if (sub(/^@/, "", field[1])) { verdict_of[field[1]] = field[2]; text_of[field[1]] = field[3]; todo_of[field[1]] = field[4]; next }
  group_of[field[1]] = field[2]; flag[field[1]] = field[3]
  if (field[4] != "") remedy_of[field[1]] = field[4]
  next
}

{
  number_of_lines = FNR
  if (length($0) > 511) { found(FNR, "fatal", "longer than 511 bytes, which OpenVPN Connect refuses", "Are the line ends those of old Macs, or is something missing between two lines?"); long = 1 }
  if (sub(/\r$/, "")) returns++
  if (FNR == 1 && sub(/^\357\273\277/, "")) found(1, "fatal", "the file begins with a byte order mark, and OpenVPN Connect does not see what stands behind it", "Save it as UTF-8 without a BOM.")
}

block != "" {
  if ($0 == "</" block ">") {
    args = 0; close(file)
    counted++; at[counted] = begun; what[counted] = block; is_block[counted] = 1; is_soft[counted] = 0; path[counted] = file
    block = ""
  } else {
    trimmed = $0; gsub(/^[ \t]+|[ \t]+$/, "", trimmed)
    if (trimmed == "</" block ">") almost = FNR
    print > file
  }
  next
}

/^[ \t\r\v\f]*([#;]|$)/ { next }

{
  if (!split_line($0)) found(FNR, "doubtful", "a quote is not closed, or nothing stands behind the last backslash", "Close it.")
  if (n == 0) next
  if (words[1] ~ /^<[^\/].*>$/) {
    if (n > 1) found(FNR, "fatal", brief(words[1]) ": something stands behind it", "Put it on a line of its own.")
    block = substr(words[1], 2, length(words[1]) - 2); begun = FNR; almost = 0
    # A name of its own for each, and one that is none of a path.
    file = work "/block." (++blocks)
    printf "" > file
    next
  }
  if (words[1] ~ /^<\//) { found(FNR, "fatal", brief(words[1]) ": closes what is not open", "Is the line missing that opens it?"); next }
  first = 1; opt = 0
  if (words[1] == "setenv" && words[2] == "opt" && n > 2) { first = 3; opt = 1 }
  counted++; at[counted] = FNR; what[counted] = words[first]; is_block[counted] = 0; is_soft[counted] = opt; count[counted] = n - first
  for (i = first + 1; i <= n; i++) given[counted, i - first] = words[i]
  if (words[first] == "ignore-unknown-option") for (i = first + 1; i <= n; i++) spared[words[i]] = 1
}

END {
  if (block != "") found(begun, "fatal", "<" brief(block) "> is not closed", almost ? "In line " almost " stand blanks before or behind </" brief(block) ">: take them away." : "Write </" brief(block) "> on a line of its own, behind its last line.")
  for (k = 1; k <= counted; k++) {
    args = is_block[k] ? 1 : count[k]
    split("", arg)
    for (i = 1; i <= args; i++) arg[i] = given[k, i]
    judge(at[k], what[k], is_block[k], is_soft[k])
    if (is_block[k] && what[k] ~ /^(ca|cert|key)$/) fact(at[k], what[k], path[k])
  }
  if (returns && !long) found(1, "doubtful", returns " of " number_of_lines " lines end as on Windows (CR LF); OpenVPN Connect takes that, not every program does", "tr -d '\\r' <FILE >NEW")
  if (long || block != "") exit
  if (!(("tls-client" in seen) && ("pull" in seen))) missing("client", "fatal", "and OpenVPN Connect refuses the profile", "client")
  if (!("connection" in seen)) missing("remote", "fatal", "and OpenVPN Connect refuses the profile", "remote NAME PORT, as in the file that AWS exports")
  missing("ca", "fatal", "and OpenVPN Connect refuses the profile", "Put the chain of the server's certificate into it: <ca> ... </ca>.")
  # A certificate of Windows's own store.
  if (client == "aws" && ("cryptoapicert" in seen)) seen["cert"] = seen["key"] = seen["cryptoapicert"]
  missing("cert", "fatal", "and the endpoint lets nobody in without a certificate", "Put this device's certificate into it: <cert> ... </cert>.")
  missing("key", "fatal", "and the certificate is of no use without it", "Put the certificate's key into it: <key> ... </key>.")
  if (bare && !("remote-random-hostname" in seen)) found(bare, "broken", "remote: AWS answers for no bare name, and remote-random-hostname is missing", "remote-random-hostname")
  missing("remote-cert-tls", "doubtful", "and whoever has a certificate of this CA can play the server", "remote-cert-tls server")
  missing("verify-x509-name", "doubtful", "and any server with a certificate of this CA is taken for yours", "verify-x509-name NAME name, as in the file that AWS exports")
  missing("inactive", "doubtful", "and a forgotten tablet keeps the VPN on, which AWS bills by the hour", "inactive 900 65536")
  if (client == "openvpn") missing("push-peer-info", "doubtful", "and nobody learns the device's version", "push-peer-info")
}
