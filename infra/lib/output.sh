# shellcheck shell=bash
# What people read, and how a script ends. Source it through lib.sh.
set -Eeuo pipefail

# Everything that is still wrong; all of it is told at once.
PROBLEMS=()
STEP=''

# Everything that people read goes through here: names, tags and messages may be anybody's, and may have what steers a
# terminal. Letters of any language stay.

# clean TEXT: in CLEAN, with "?" for each control character but tabulators and line ends.
clean() {
  CLEAN=${1//[$'\001'-$'\010'$'\013'-$'\037'$'\177']/?}
  CLEAN=${CLEAN//$'\302'[$'\200'-$'\237']/?}
}
# coloured TEXT: in COLOURED, each line in the colour of what it says: what is wrong, what is to be looked at, what goes and what
# comes. Where standard output (in a note: standard error) is no terminal, or NO_COLOR is set (no-color.org), it is TEXT itself.
coloured() {
  local line colour
  COLOURED=$1
  [[ -t 1 && -z ${NO_COLOR-} && ${TERM-dumb} != dumb ]] || return 0
  COLOURED=''
  while IFS= read -r line; do
    case $line in
    Error:* | 'Not ours, or in the way:' | *' MORE' | '      -'*) colour=31 ;;
    'Missing, or not as '* | 'Who is to be kept out:' | *' to put right; nothing was changed:' | *' CHANGED ('*) colour=33 ;;
    '      +'* | Everything\ is\ as* | Ready.*) colour=32 ;;
    *) colour='' ;;
    esac
    COLOURED+=${colour:+$'\e['$colour'm'}$line${colour:+$'\e[0m'}$'\n'
  done <<<"$1"
  COLOURED=${COLOURED%$'\n'}
}
say() {
  clean "$*"
  coloured "$CLEAN"
  printf '%s\n' "$COLOURED"
}
note() { say "$@" >&2; }
# progress TEXT: what somebody at a terminal sees while a script would be silent, each in place of the one before; '' ends it.
progress() { if [[ -t 2 ]]; then printf '\r\033[K%s' "$1" >&2; fi; }

# brief TEXT: its beginning, for a message.
brief() {
  local text=$1
  if ((${#text} > 120)); then
    text=${text:0:120}
    # Not in the middle of a letter.
    while [[ $text == *[$'\200'-$'\277'] ]]; do text=${text%?}; done
    text=${text%[$'\300'-$'\377']}...
  fi
  printf '%s' "$text"
}

# die TEXT...: the first line says what is wrong, further ones what to do. Problems noted so far are told too.
die() {
  local line
  problems::show
  note $'\n'"Error: $1"
  shift
  for line in "$@"; do note "  $line"; done
  exit 1
}

# usage_error TEXT: something on the command line is not understood.
usage_error() {
  note "Error: $1"$'\n  See --help.'
  exit 2
}

# problem TEXT TODO: noted; problems::stop ends the script when there are any.
problem() { PROBLEMS+=("$1"$'\n'"    -> $2"); }

problems::show() {
  local text
  ((${#PROBLEMS[@]} > 0)) || return 0
  note $'\n'"${#PROBLEMS[@]} thing(s) to put right; nothing was changed:"
  for text in "${PROBLEMS[@]}"; do note "  - $text"; done
}

problems::stop() {
  ((${#PROBLEMS[@]} > 0)) || return 0
  problems::show
  exit 1
}

# An error that nobody foresaw is a bug of these scripts: say where.
output::bug() {
  local status=$1 command=$2 i
  # A substitution that failed is told once, by the shell around it.
  ((BASH_SUBSHELL == 0)) || return 0
  note $'\n'"Error: internal: \"$command\" ended with $status${STEP:+ in step $STEP}"
  for ((i = 1; i < ${#FUNCNAME[@]}; i++)); do
    printf '  at %s:%s %s\n' "${BASH_SOURCE[i]##*/}" "${BASH_LINENO[i - 1]}" "${FUNCNAME[i]}" >&2
  done
  printf '  Run it again: what was done already is kept. If it happens again, report this text.\n' >&2
}

# confirm QUESTION: needs a terminal, or --yes.
confirm() {
  local answer=''
  if [[ $YES == true ]]; then return 0; fi
  [[ -t 0 ]] || die 'nobody is there to confirm' 'Add --yes to go on without a question, or --dry-run to look only.'
  clean "$1"
  read -r -p "$CLEAN [y/N] " answer
  [[ $answer == [yY] || $answer == [yY][eE][sS] ]] || die 'not confirmed; nothing was changed'
}
