# shellcheck shell=sh
# Ends the script in a bash that is too old for it, such as the one of macOS; that bash must be able to read this file.
case ${BASH_VERSION:-none} in
none | [0-3].* | 4.[0-3].*)
  printf 'Error: bash %s is too old: these scripts need 4.4 or newer.\n  On macOS: brew install bash. Then run the same command again.\n' "${BASH_VERSION:-none}" >&2
  exit 1
  ;;
*) ;;
esac
