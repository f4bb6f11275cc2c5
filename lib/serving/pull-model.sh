#!/bin/sh
# Puts a model's files in place: whole, checked, and only once. Safe to be killed and run again at any point,
# which is what a restarted container or a rebooted node does.
#
#   MODEL_SOURCE   where the files lie, in rclone's form: store:bucket/folder
#   MODEL_FOLDER   where they are to be; appears only when all is well
#   MODEL_SHA256   what `find . -type f | LC_ALL=C sort | xargs -d '\n' sha256sum | sha256sum` prints in the
#                  folder; not checked when it is not set
#   PULL_SECONDS   how long one attempt may take
set -eu

if [ -d "$MODEL_FOLDER" ]; then
  echo "the model is in place: $MODEL_FOLDER"
  exit 0
fi

staging="$MODEL_FOLDER.incoming"
mkdir -p "$staging"

# What an attempt before this one has copied is kept; rclone replaces just what differs.
rclone copy "$MODEL_SOURCE" "$staging" \
  --max-duration "${PULL_SECONDS}s" --contimeout 15s --timeout 60s --retries 3 --low-level-retries 10 \
  --stats 15s --stats-one-line --stats-log-level NOTICE

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
mv "$staging" "$MODEL_FOLDER"
echo "the model is in place: $MODEL_FOLDER"
