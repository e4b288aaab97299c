# Fills {{placeholders}}: an element of a list that is exactly "{{subnet_arns}}" becomes as many as there are.
def one: gsub("\\{\\{(?<name>[a-z_]+)\\}\\}"; .name as $name | $one[$name] // error("nobody fills {{\($name)}}"));
def fill:
  if type == "object" then with_entries(.key |= one | .value |= fill)
  elif type == "array" then [.[] | if . == "{{subnet_arns}}" then $subnets[] else fill end]
  elif type == "string" then one
  else . end;
fill
