command -v tar >/dev/null || exit 90
command -v dd >/dev/null && { command -v base64 || command -v od; } >/dev/null || exit 85
[ -e "$1" ] || exit 97; [ -d "$1" ] || exit 89; [ -r "$1" ] && [ -x "$1" ] || exit 99
cd "$1" || exit 99; tar -cf - . 2>/dev/null || exit 82
