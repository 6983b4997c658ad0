#!/bin/sh
# Installs the package into a Debian with nothing in it, runs the service there as it is shipped, and purges it:
# clean_root.sh PACKAGE.deb. As root; takes packages from where this machine does.
set -eu
package=$1
here=$(dirname "$0")
[ "$(id -u)" = 0 ] || { echo "needs root: debootstrap, chroot and mounts"; exit 1; }
[ -f "$package" ] || { echo "there is no $package: make package"; exit 1; }
work=$(mktemp -d)
root=$work/root
clean_up() {
  for place in proc dev; do if mountpoint -q "$root/$place"; then umount "$root/$place"; fi; done
  rm -rf --one-file-system "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP
say() { printf '\n== %s\n' "$*"; }
inside() { DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 chroot "$root" "$@"; }

# shellcheck disable=SC2016  # the words are for apt
sources=$(apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian')
mirror=$(echo "$sources" | awk '$3 == "bookworm" { print $2; exit }')
[ -n "$mirror" ] || { echo "apt on this machine knows no Debian 12 (apt-get update?)"; exit 1; }

say "a minimal Debian 12"
debootstrap --variant=minbase bookworm "$root" "$mirror" >"$work/log" || { tail -n 20 "$work/log"; exit 1; }
echo "$sources" >"$root/etc/apt/sources.list"
apt-config dump | grep -E '^Acquire::https?::' >"$root/etc/apt/apt.conf.d/90acquire" || true
cp /etc/resolv.conf "$root/etc/resolv.conf"
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero random urandom; do cp -a "/dev/$device" "$root/dev/$device"; done
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
inside apt-get update -qq
echo "$(inside dpkg-query -f '.\n' -W | wc -l) packages"

say "apt installs $(basename "$package") and what it depends on"
cp "$package" "$root/braggd.deb"
slim=$(inside apt-get install -s --no-install-recommends systemd-standalone-sysusers /braggd.deb)  # as docker/Dockerfile does
if echo "$slim" | grep -q '^Inst systemd '; then echo "the image would get a service manager"; exit 1; fi
inside apt-get install -y -qq --no-install-recommends /braggd.deb >"$work/log" 2>&1 || { tail -n 20 "$work/log"; exit 1; }
grep '^braggd: ' "$work/log"
echo "$(inside dpkg-query -f '.\n' -W | wc -l) packages"
inside dpkg -s braggd | grep -E '^(Version|Installed-Size|Depends)'
inside getent passwd braggd
if [ -n "$(find "$root/etc/systemd/system" -name '*braggd*')" ]; then echo "the unit was enabled"; exit 1; fi

say "every library that it asks for is there"
for binary in /usr/bin/braggd /usr/lib/braggd/libbraggd_networks.so; do
  if [ ! -e "$root$binary" ]; then echo "$binary is not in the package (built without LibTorch)"; continue; fi
  absent=$(inside ldd "$binary" | grep 'not found' || true)
  [ -z "$absent" ] || { echo "$binary: $absent"; exit 1; }
  echo "$binary: $(inside ldd "$binary" | wc -l) libraries"
done

say "what was shipped is in order"
inside braggd --version
inside braggd validate /etc/braggd/stream.yaml
if [ -e "$root/usr/lib/braggd/libbraggd_networks.so" ]; then
  inside braggd model verify /usr/share/braggd/models/braggnn-fast
fi

say "the service runs as it does under systemd, and takes a scan"
inside install -d -o braggd -g braggd -m 755 /var/lib/braggd/stream /run/braggd
unshare --net python3 "$here/first_run.py" "$root"

say "it is removed, and purged"
inside apt-get remove -y -qq braggd >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
[ -e "$root/etc/braggd/stream.yaml" ] || { echo "removing took the configuration away"; exit 1; }
inside apt-get purge -y -qq braggd >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
grep '^braggd: ' "$work/log"
left=$(cd "$root" && find etc usr -name '*braggd*' -not -path 'etc/passwd*' -not -path 'etc/group*')
[ -z "$left" ] || { echo "left behind: $left"; exit 1; }
[ -e "$root/var/lib/braggd/stream/scans/first.h5" ] || { echo "purging took a result away"; exit 1; }

say "passed"
