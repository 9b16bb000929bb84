#!/usr/bin/env bash
# Run `make demo` and `make test` of this commit in a new root file system that has Python, make, git and what every
# Linux has: no ffmpeg, compiler, node, browser, Postgres, Redis, strace, fonts. Needs bwrap, and a package index.
set -euo pipefail
cd "$(dirname "$0")/.."
programs="awk basename bash cat chmod cp cut date dirname env expr find git grep head id ln ls make mkdir mkfifo mktemp
  mount mv nice readlink rm sed seq sh sleep sort tail tar tee test touch tr true umount uname wc xargs"

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
git clone --quiet . "$root/map4"
mkdir "$root/tmp"
python=$(python3 -c 'import sys; print(sys.base_prefix)')
mounts=()
for name in $programs; do
  mounts+=(--ro-bind "$(readlink -f "$(type -P "$name")")" "/usr/bin/$name")
done
# The network, the time, and packages that pip is set to find on this machine.
for path in /etc/{group,hosts,ld.so.cache,nsswitch.conf,passwd,pip.conf,resolv.conf,ssl,xdg/pip} \
  /usr/share/{ca-certificates,git-core,zoneinfo} /opt "$python/bin/python3" "$python"/bin/python3.[0-9]*[0-9] "$python/lib"; do
  mounts+=(--ro-bind-try "$path" "$path")
done

bare() {
  bwrap --ro-bind /usr/lib /usr/lib --tmpfs /usr/lib/postgresql --symlink usr/lib /lib --symlink usr/lib64 /lib64 \
    --ro-bind-try /usr/lib64 /usr/lib64 --symlink usr/bin /bin "${mounts[@]}" --proc /proc --dev /dev \
    --bind "$root/tmp" /tmp --bind "$root/tmp" /var/tmp --bind "$root/map4" /map4 --dir /home \
    --unshare-all --share-net --uid 1000 --gid 1000 --die-with-parent --setenv PATH "$python/bin:/usr/bin" --setenv HOME /home --chdir /map4 "$@"
}
bare make demo
bare make test
