f="$1.$3.part"; command -v sha256sum >/dev/null || exit 91
[ ! -d "$1" ] || exit 92
d=.; case $1 in */*) d=${1%/*}/;; esac; [ -d "$d" ] || exit 93
_why() { case $1 in *[Rr]ead-only*) exit 86;; *ermission*) exit 87;; *[Ss]pace*|*uota*) exit 84;; *) exit $2;; esac; }
w=$( (set -C; : > "$f") 2>&1) || _why "$w" 94; trap 'rm -f "$f"' EXIT
[ ! -f "$1" ] || { chmod 600 "$f" && cp -p "$1" "$f"; } 2>/dev/null
w=$({ cat > "$f"; } 2>&1) || _why "$w" 95
s=$(sha256sum < "$f"); [ "${s%% *}" = "$2" ] || exit 96
w=$(mv -f "$f" "$1" 2>&1) || _why "$w" 94
