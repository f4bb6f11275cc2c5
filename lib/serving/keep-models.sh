#!/bin/sh
# One round of keeping a node's cache of models within its bounds: deletes models that nobody has used for long, and
# the oldest ones when it grows too big. Never a model that is wanted, that a running pod has mounted, or that is
# being copied.
#
#   CACHE_FOLDER   the cache: a folder for each model, and in .locks a file for each, whose time says when the model
#                  was last used
#   CACHE_KIB      how much it may hold
#   KEEP_SECONDS   how long a model stays that nobody uses, an hour at least
#   WANTED_FILE    the models that servers are described with, one a line
#   MOUNTS_FILE    the mounts of the node, in the form of /proc/1/mountinfo
set -eu

# A model that was just found in place may be about to be mounted.
FRESH_SECONDS=3600
if [ "$KEEP_SECONDS" -lt "$FRESH_SECONDS" ]; then KEEP_SECONDS=$FRESH_SECONDS; fi

# Without knowing what is in use, nothing is deleted.
if ! [ -r "$WANTED_FILE" ] || ! [ -r "$MOUNTS_FILE" ]; then
  echo "can't read $WANTED_FILE and $MOUNTS_FILE: deleting nothing" >&2
  exit 1
fi
[ -d "$CACHE_FOLDER/.locks" ] || exit 0
cd "$CACHE_FOLDER/.locks"

is_wanted() { grep -qxF -e "$1" "$WANTED_FILE"; }
is_mounted() { grep -qF -e "/$1 " "$MOUNTS_FILE"; }
is_there() { [ -d "$CACHE_FOLDER/$1" ] || [ -d "$CACHE_FOLDER/$1.incoming" ]; }
idle_seconds() { echo $(($(date +%s) - $(stat -c %Y "$1"))); }
kib() { du -sk "$CACHE_FOLDER" | cut -f 1; }

# Deletes a model that has been idle for a time. In one step at first, so that nobody finds half of it.
delete() (
  exec 9>>"$1"
  flock -n 9 || exit 0
  if is_wanted "$1" || is_mounted "$1" || [ "$(idle_seconds "$1")" -lt "$2" ]; then exit 0; fi
  rm -rf "$CACHE_FOLDER/$1.deleting"
  if [ -d "$CACHE_FOLDER/$1" ]; then mv "$CACHE_FOLDER/$1" "$CACHE_FOLDER/$1.deleting"; fi
  rm -rf "$CACHE_FOLDER/$1.incoming" "$CACHE_FOLDER/$1.deleting"
  echo "deleted: $1"
)

for model in *; do
  [ -f "$model" ] || continue
  # What a round that was killed has left.
  rm -rf "$CACHE_FOLDER/$model.deleting"
  # A model that leaves the list was in use until now, and its pods may still run.
  if is_wanted "$model"; then touch "$model"; fi
  if is_there "$model"; then delete "$model" "$KEEP_SECONDS"; fi
done

# The one that has been idle for longest goes first.
for model in $(ls -tr); do
  [ "$(kib)" -gt "$CACHE_KIB" ] || exit 0
  if is_there "$model"; then delete "$model" "$FRESH_SECONDS"; fi
done
[ "$(kib)" -le "$CACHE_KIB" ] || echo "the cache holds $(($(kib) / 1024)) MiB, more than it may, and all of it is in use" >&2
