#!/bin/sh
# Installs CRIU 4.2.1 from Debian's unstable suite beside its own C library: install-criu.sh PREFIX
#
# Nothing of the system changes: own package lists, packages unpacked instead of installed, and `PREFIX/bin/criu`
# starts CRIU through the dynamic loader of the prefix. The mirror and its keyring are those that this machine's apt
# is set up with. Exit status 0 when PREFIX/bin/criu works; otherwise one sentence on standard error says why not.
set -eu

fail() {
  echo "CRIU cannot be installed: $*" >&2
  exit 1
}

# The first address of an enabled Debian archive: deb822 files first, then one-line files.
find_mirror() {
  cat /etc/apt/sources.list.d/*.sources 2>/dev/null |
    sed -n 's/^URIs:[[:space:]]*\([^[:space:]]*\/debian\/\{0,1\}\)\([[:space:]].*\)\{0,1\}$/\1/p'
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
    sed -n 's/^deb[[:space:]]\{1,\}\(\[[^]]*\][[:space:]]*\)\{0,1\}\([^[:space:]]*\/debian\/\{0,1\}\)[[:space:]].*/\2/p'
}

# apt with lists and a cache of its own.
own_apt() {
  tool=$1
  shift
  "$tool" -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::Lists="$work/lists" \
    -o Dir::Cache="$work/cache" -o Dir::State::status="$work/status" -o APT::Sandbox::User=root \
    -o Acquire::Retries=3 -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30 "$@"
}

# CRIU with everything that it depends on, one name a line.
closure() {
  own_apt apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
    --no-enhances criu | grep '^[a-z0-9]' | sort -u
}

[ $# -eq 1 ] || fail "usage: install-criu.sh PREFIX"
mkdir -p "$1"
prefix=$(cd "$1" && pwd)
work=$prefix/apt
[ -x "$prefix/bin/criu" ] && "$prefix/bin/criu" --version >/dev/null 2>&1 && exit 0
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || fail "this is not a Debian system"

mirror=$(find_mirror | head -n 1)
[ -n "$mirror" ] || fail "no Debian mirror is configured in /etc/apt"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/packages" "$prefix/root" "$prefix/bin"
: >"$work/status"
echo "deb [signed-by=$keyring] $mirror sid main" >"$work/sources.list"

own_apt apt-get update -qq >"$work/log" 2>&1 || fail "the package lists of $mirror cannot be read, see $work/log"
names=$(closure)
[ -n "$names" ] || fail "the suite sid of $mirror has no criu"
(cd "$work/packages" && own_apt apt-get download -qq $names >>"$work/log" 2>&1) ||
  fail "its packages cannot be downloaded, see $work/log"
for package in "$work"/packages/*.deb; do
  dpkg-deb -x "$package" "$prefix/root"
done
rm -rf "$work/packages" "$work/cache"

lib=$prefix/root/usr/lib/x86_64-linux-gnu
cat >"$prefix/bin/criu" <<END
#!/bin/sh
exec "$lib/ld-linux-x86-64.so.2" --library-path "$lib" "$prefix/root/usr/sbin/criu" "\$@"
END
chmod +x "$prefix/bin/criu"
"$prefix/bin/criu" --version >/dev/null 2>&1 || fail "it does not start on this machine"
