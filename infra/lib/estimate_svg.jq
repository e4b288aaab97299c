# The chart by day as a picture: a row a day, a cell an hour.
def escaped: gsub("&"; "&amp;") | gsub("<"; "&lt;");
def colours: {"#": "#1a6e3c", "-": "#9fd3b0", ".": "#e8e8e8", "?": "#f3d08a"};
(.days | length * 12 + 60) as $height
| "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"520\" height=\"\($height)\" viewBox=\"0 0 520 \($height)\" font-family=\"sans-serif\" font-size=\"10\" role=\"img\">",
"<title>When the VPN would have been on: \(.endpoint // "a month" | escaped), UTC</title>",
"<rect width=\"520\" height=\"\($height)\" fill=\"#ffffff\"/>",
(range(0; 24; 6) | "<text x=\"\(80 + . * 15)\" y=\"16\">\(.):00</text>"),
(.days | to_entries[] | (.key * 12 + 22) as $y | .value as $day
| "<text x=\"8\" y=\"\($y + 9)\">\($day.date)</text>",
  ($day.chart | explode | to_entries[] | {x: (80 + .key * 15), colour: colours[[.value] | implode]} | select(.colour)
   | "<rect x=\"\(.x)\" y=\"\($y)\" width=\"14\" height=\"11\" fill=\"\(.colour)\"/>"),
  "<text x=\"448\" y=\"\($y + 9)\">\($day.hours_on * 10 | round / 10) h</text>"),
(["#", "connected"], ["-", "on, nobody"], [".", "off"], ["?", "nothing measured"] | . as [$what, $text]
| ({"#": 0, "-": 1, ".": 2, "?": 3}[$what] * 110 + 80) as $x
| "<rect x=\"\($x)\" y=\"\($height - 22)\" width=\"14\" height=\"11\" fill=\"\(colours[$what])\"/><text x=\"\($x + 18)\" y=\"\($height - 13)\">\($text)</text>"),
"</svg>"
