_no() { echo "ecs-exec: $1" >&2; exit 126; }
id -u -- "$1" >/dev/null 2>&1 || id -u "$1" >/dev/null 2>&1 || _no "there is no user $1 in the container"
[ "$(id -u)" != "$(id -u "$1")" ] || exec /bin/sh -c "$2"
[ "$(id -u)" = 0 ] || _no "the user of the container, $(id -un 2>/dev/null || id -u), is not root, so it cannot become $1"
_uid=$(id -u "$1") _name=$1 _home=/
if [ -r /etc/passwd ]; then while IFS=: read -r _n _ _u _ _ _h _; do
if [ "$_u" = "$_uid" ]; then _name=$_n _home=${_h:-/}; break; fi; done </etc/passwd; fi
if command -v setpriv >/dev/null && setpriv --reuid="$1" --regid="$(id -g "$1")" --init-groups true 2>/dev/null; then
export HOME="$_home" USER="$_name" LOGNAME="$_name"
exec setpriv --reuid="$1" --regid="$(id -g "$1")" --init-groups /bin/sh -c "$2"; fi
command -v su >/dev/null || _no "--user needs setpriv (of util-linux) or su in the image"
exec su -s /bin/sh -c "$2" "$_name"
