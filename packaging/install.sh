#!/bin/sh
# Installs a released ecs-exec for Linux or macOS, after checking its SHA-256.
#
#   curl -fsSL https://github.com/OWNER/ecs-exec/releases/latest/download/install.sh | sh
#
# Environment:
#   ECS_EXEC_VERSION      the release, like v0.1.0   (default: the one that this script was published with)
#   ECS_EXEC_SHA256       the archive's checksum, if you pin it yourself (default: from the release's SHA256SUMS)
#   ECS_EXEC_INSTALL_DIR  where the binary goes      (default: ~/.local/bin)
#   ECS_EXEC_DOWNLOADS    a mirror of the releases   (default: the releases on GitHub)
set -eu

repository="OWNER/ecs-exec"
version="${ECS_EXEC_VERSION:-VERSION}"
downloads="${ECS_EXEC_DOWNLOADS:-https://github.com/$repository/releases/download}"
folder="${ECS_EXEC_INSTALL_DIR:-$HOME/.local/bin}"

fail() {
    echo "error: $1" >&2
    exit 1
}

target() {
    case "$(uname -s)/$(uname -m)" in
    Linux/x86_64 | Linux/amd64) echo x86_64-unknown-linux-musl ;;
    Linux/aarch64 | Linux/arm64) echo aarch64-unknown-linux-musl ;;
    Darwin/arm64) echo aarch64-apple-darwin ;;
    Darwin/x86_64) echo x86_64-apple-darwin ;;
    *) fail "there is no binary for $(uname -s) on $(uname -m); build it with: cargo install --locked --git https://github.com/$repository" ;;
    esac
}

fetch() {
    if command -v curl >/dev/null; then
        curl --fail --silent --show-error --location --retry 3 --output "$2" "$1"
    elif command -v wget >/dev/null; then
        wget -q -O "$2" "$1"
    else
        fail "neither curl nor wget is installed"
    fi || fail "$1 cannot be downloaded"
}

sha256() {
    if command -v sha256sum >/dev/null; then
        sha256sum "$1"
    elif command -v shasum >/dev/null; then
        shasum -a 256 "$1"
    else
        fail "neither sha256sum nor shasum is installed, so the download cannot be checked"
    fi | cut -d ' ' -f 1
}

main() {
    case "$version" in
    v[0-9]*) ;;
    *) fail "ECS_EXEC_VERSION has to be a release, like v0.1.0, not '$version'" ;;
    esac
    target="$(target)"
    archive="ecs-exec-$version-$target.tar.gz"
    work="$(mktemp -d)"
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT TERM

    fetch "$downloads/$version/$archive" "$work/$archive"
    expected="${ECS_EXEC_SHA256:-}"
    if [ -z "$expected" ]; then
        fetch "$downloads/$version/SHA256SUMS" "$work/SHA256SUMS"
        expected="$(sed -n "s/^\([0-9a-f]\{64\}\)  $archive\$/\1/p" "$work/SHA256SUMS")"
        [ -n "$expected" ] || fail "SHA256SUMS of $version does not list $archive"
    fi
    actual="$(sha256 "$work/$archive")"
    [ "$actual" = "$expected" ] ||
        fail "$archive has the SHA-256 $actual, not $expected; nothing was installed"

    tar -xzf "$work/$archive" -C "$work"
    mkdir -p "$folder"
    # A running ecs-exec keeps its old file.
    cp "$work/ecs-exec/ecs-exec" "$folder/.ecs-exec.new"
    chmod 755 "$folder/.ecs-exec.new"
    mv -f "$folder/.ecs-exec.new" "$folder/ecs-exec"
    echo "Installed ecs-exec $version in $folder." >&2
    case ":$PATH:" in
    *":$folder:"*) ;;
    *) echo "$folder is not on your PATH." >&2 ;;
    esac
}

# A download that ends early defines functions, and runs nothing.
main
