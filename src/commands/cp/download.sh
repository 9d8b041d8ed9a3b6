command -v sha256sum >/dev/null || exit 91
[ ! -d "$1" ] || exit 81; [ -e "$1" ] || exit 97; [ -f "$1" ] || exit 98; [ -r "$1" ] || exit 99
cat "$1" || exit 95
