#!/bin/sh
# Becomes a container's first process: container.sh ROOT HOSTNAME UID GID [FOLDER PATH]... -- COMMAND...
# Runs in namespaces of its own (unshare --mount --uts --pid): each FOLDER is mounted at PATH below ROOT, which is
# read-only, and whose /usr is this machine's.
set -e
root=$1 name=$2 uid=$3 gid=$4
shift 4
hostname "$name"
mount --bind "$root" "$root"
mount --rbind /usr "$root/usr"
mount --bind /dev "$root/dev"
mount -t proc proc "$root/proc"
while [ "$1" != -- ]; do
  mount --bind "$1" "$root$2"
  shift 2
done
shift
mount -o remount,ro,bind "$root"
exec chroot --userspec="$uid:$gid" "$root" "$@"
