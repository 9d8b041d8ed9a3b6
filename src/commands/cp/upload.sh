f="$1.$3.part"; command -v sha256sum >/dev/null || exit 91
[ ! -d "$1" ] || exit 92
d=.; case $1 in */*) d=${1%/*}/;; esac; [ -d "$d" ] || exit 93
(set -C; : > "$f") 2>/dev/null || exit 94; trap 'rm -f "$f"' EXIT
[ ! -f "$1" ] || { chmod 600 "$f" && cp -p "$1" "$f"; } 2>/dev/null
cat > "$f" || exit 95
s=$(sha256sum < "$f"); [ "${s%% *}" = "$2" ] || exit 96
mv -f "$f" "$1" || exit 94
