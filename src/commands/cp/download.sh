command -v sha256sum >/dev/null || exit 91
[ ! -d "$1" ] || exit 92; [ -e "$1" ] || exit 97; [ -f "$1" ] || exit 98; [ -r "$1" ] || exit 99
cat "$1" || exit 95
