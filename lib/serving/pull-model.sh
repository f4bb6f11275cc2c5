#!/bin/sh
# Puts a model's files in place: whole, checked, and only once. Safe to be killed and run again at any point,
# which is what a restarted container or a rebooted node does.
#
#   MODEL_SOURCE   where the files lie: store:bucket/folder, as rclone writes it, or hf://org/model@commit
#   MODEL_FOLDER   where they are to be; appears only when all is well
#   MODEL_BYTES    how much room they need
#   MODEL_SHA256   what `find . -type f | LC_ALL=C sort | xargs -d '\n' sha256sum | sha256sum` prints in the
#                  folder; not checked when it is not set
#   MODEL_LOCK     a file to lock where other pods put models into the same place; its time says when the model
#                  was last used
#   PULL_SECONDS   how long one attempt may take
set -eu

lock=${MODEL_LOCK:-}

in_place() {
  # Used from now on, however long the copy took.
  if [ -n "$lock" ]; then touch "$lock"; fi
  echo "the model is in place: $MODEL_FOLDER"
  exit 0
}

if [ -n "$lock" ]; then
  mkdir -p "${lock%/*}"
  # Closed by the kernel, and so unlocked, however this process ends.
  exec 9>>"$lock"
  waited=0
  # Not flock -w, which busybox lacks.
  until flock -n 9; do
    if [ "$waited" -ge "$PULL_SECONDS" ]; then
      echo "another pod of this node has been copying the model for $waited s: giving up" >&2
      exit 1
    fi
    [ "$waited" -gt 0 ] || echo "another pod of this node is copying the model: waiting for it"
    sleep 1
    waited=$((waited + 1))
  done
  touch "$lock"
fi

# What is in place was checked before it got there, and is not read again.
if [ -d "$MODEL_FOLDER" ]; then in_place; fi

staging="$MODEL_FOLDER.incoming"
mkdir -p "$staging"

# A disk that runs full takes the node's other pods with it.
needed=$((${MODEL_BYTES} / 1024 - $(du -sk "$staging" | cut -f 1)))
free=$(df -Pk "$staging" | awk 'NR == 2 { print $4 }')
if [ "$needed" -gt "$free" ]; then
  echo "no room for the model: it needs $((needed / 1024)) MiB more, and $((free / 1024)) MiB are free" >&2
  exit 1
fi

# What an attempt before this one has copied is kept; only what differs is copied again.
case "$MODEL_SOURCE" in
  hf://*) python3 "${0%/*}/pull-from-hub.py" "$MODEL_SOURCE" "$staging" ;;
  *)
    rclone copy "$MODEL_SOURCE" "$staging" \
      --max-duration "${PULL_SECONDS}s" --contimeout 15s --timeout 60s --retries 3 --low-level-retries 10 \
      --stats 15s --stats-one-line --stats-log-level NOTICE
    ;;
esac

cd "$staging"
if [ -z "$(find . -type f | head -n 1)" ]; then
  # A folder that does not exist is no error to an object store.
  echo "nothing lies at $MODEL_SOURCE" >&2
  exit 1
fi

wanted=${MODEL_SHA256:-}
if [ -n "$wanted" ]; then
  found=$(find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1)
  if [ "$found" != "$wanted" ]; then
    echo "checksum of $MODEL_SOURCE is $found, not $wanted: deleting what was copied" >&2
    cd /
    rm -rf "$staging"
    exit 1
  fi
fi

cd /
# A node that loses power must not come back with the name and without the content.
sync
mv "$staging" "$MODEL_FOLDER"
in_place
