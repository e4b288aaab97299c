# shellcheck shell=bash
# What people read, and how a script ends. Source it through lib.sh.
set -Eeuo pipefail

# Everything that is still wrong; all of it is told at once.
PROBLEMS=()
STEP=''

say() { printf '%s\n' "$*"; }
note() { printf '%s\n' "$*" >&2; }

# die TEXT...: the first line says what is wrong, further ones what to do.
die() {
  printf '\nError: %s\n' "$1" >&2
  shift
  (($# == 0)) || printf '  %s\n' "$@" >&2
  exit 1
}

# usage_error TEXT: something on the command line is not understood.
usage_error() {
  printf 'Error: %s\n  See --help.\n' "$1" >&2
  exit 2
}

# problem TEXT TODO: noted; problems::stop ends the script when there are any.
problem() { PROBLEMS+=("$1"$'\n'"    -> $2"); }

problems::stop() {
  ((${#PROBLEMS[@]} > 0)) || return 0
  printf '\n%d thing(s) to put right; nothing was changed:\n' "${#PROBLEMS[@]}" >&2
  printf '  - %s\n' "${PROBLEMS[@]}" >&2
  exit 1
}

# An error that nobody foresaw is a bug of these scripts: say where.
output::bug() {
  local status=$1 command=$2 i
  # A substitution that failed is told once, by the shell around it.
  ((BASH_SUBSHELL == 0)) || return 0
  printf '\nError: internal: "%s" ended with %d%s\n' "$command" "$status" "${STEP:+ in step $STEP}" >&2
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
  read -r -p "$1 [y/N] " answer
  [[ $answer == [yY] || $answer == [yY][eE][sS] ]] || die 'not confirmed; nothing was changed'
}
