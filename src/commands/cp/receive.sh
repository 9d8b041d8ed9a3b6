command -v tar >/dev/null || exit 90
d=$1; [ ! -d "$d" ] || d=${d%/}/$2
p=.; case $d in */*) p=${d%/*}/;; esac; [ -d "$p" ] || exit 93
[ ! -e "$d" ] || [ -d "$d" ] || exit 88
_why() { case $1 in *[Rr]ead-only*) exit 86;; *ermission*) exit 87;; *[Ss]pace*|*uota*) exit 84;; *) echo "$1"; exit $2;; esac; }
w=$(mkdir -p "$d" 2>&1) || _why "$w" 94
w=$(tar -xof - -C "$d" 2>&1) || _why "$w" 83
