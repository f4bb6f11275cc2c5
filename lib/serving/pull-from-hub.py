"""Copies a model of the Hugging Face hub, at one commit, into a folder: pull-from-hub.py hf://org/model@commit FOLDER

Every file is compared with the checksum by which the hub knows it. What an attempt before this one has copied is kept,
and a file that was cut off goes on where it ended.

  HF_ENDPOINT    address of the hub or of a mirror; https://huggingface.co when it is not set
  HF_TOKEN       for models that are not public
  PULL_SECONDS   how long all of it may take
  IDLE_SECONDS   how long the hub may be silent; 60 when it is not set
  PAUSE_SECONDS  the pause before the second attempt, each later one twice as long; 1 when it is not set

The standard library only: it runs in a bare Python image.
"""

import hashlib
import json
import os
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError
from urllib.parse import quote, urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

IDLE_SECONDS = float(os.environ.get("IDLE_SECONDS", "60"))
PAUSE_SECONDS = float(os.environ.get("PAUSE_SECONDS", "1"))
LONGEST_PAUSE = 30
CHUNK = 1 << 20
FILES_AT_ONCE = 4

ENDPOINT = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
TOKEN = os.environ.get("HF_TOKEN")
DEADLINE = time.monotonic() + float(os.environ["PULL_SECONDS"])


class Refused(Exception):
    """What trying again does not mend."""


class Redirects(HTTPRedirectHandler):
    """The token goes to the hub alone, and not to the stores that it points to."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        follow = super().redirect_request(req, fp, code, msg, headers, newurl)
        if follow is not None and urlsplit(follow.full_url).netloc != urlsplit(ENDPOINT).netloc:
            follow.remove_header("Authorization")
        return follow


OPENER = build_opener(Redirects)


def ask(url, headers=None):
    request = Request(url, headers={"User-Agent": "recstack", **(headers or {})})
    if TOKEN and urlsplit(url).netloc == urlsplit(ENDPOINT).netloc:
        request.add_header("Authorization", f"Bearer {TOKEN}")
    try:
        return OPENER.open(request, timeout=IDLE_SECONDS)
    except HTTPError as error:
        with error:
            if error.code in (401, 403, 404):
                hint = "is there such a commit, and may the token (store.token) read it?"
                raise Refused(f"the hub answers {error.code} to {url}: {hint}") from error
            raise


def patiently(what, attempt):
    """Tries until it works, with growing pauses, until the time is up."""
    pause = PAUSE_SECONDS
    while True:
        try:
            return attempt()
        except Refused:
            raise
        except Exception as error:  # Of all the ways in which a network fails, none is final.
            if time.monotonic() + pause > DEADLINE:
                raise Refused(f"{what}: {error}: giving up, the time for one attempt is over") from error
            print(f"{what}: {error}: trying again in {pause:g} s", file=sys.stderr, flush=True)
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)


def list_files(repository, commit):
    """All files of a commit, over as many pages as the hub needs for them."""
    url = f"{ENDPOINT}/api/models/{repository}/tree/{commit}?recursive=true"
    while url:
        def page(url=url):
            with ask(url) as response:
                return json.load(response), response.headers.get("Link", "")

        entries, link = patiently("the list of files", page)
        yield from (entry for entry in entries if entry["type"] == "file")
        following = re.search(r'<([^>]+)>\s*;\s*rel="?next"?', link)
        url = urljoin(url, following[1]) if following else None


def new_digest(entry):
    """Large files are known by their SHA-256, the others as git knows them."""
    if "lfs" in entry:
        return hashlib.sha256(), entry["lfs"]["oid"]
    return hashlib.sha1(b"blob %d\0" % entry["size"]), entry["oid"]


def path_of(folder, name):
    parts = name.split("/")
    if name.startswith("/") or any(part in ("", ".", "..") for part in parts):
        raise Refused(f"the hub names a file that is outside of the model: {name}")
    return os.path.join(folder, *parts)


def read_back(path, digest):
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)


def copy(entry, url, path):
    """Copies one file, or what is missing of it."""
    size = entry["size"]
    os.makedirs(os.path.dirname(path), exist_ok=True)
    there = os.path.getsize(path) if os.path.exists(path) else 0
    if there > size:
        os.remove(path)
        there = 0
    digest, wanted = new_digest(entry)
    if there:
        read_back(path, digest)
    if there < size or size == 0:
        with open(path, "ab") as file:
            if size:
                append(file, url, there, size, digest)
    if os.path.getsize(path) < size:
        raise ConnectionError(f"ended after {os.path.getsize(path)} of {size} bytes")
    if digest.hexdigest() != wanted:
        os.remove(path)
        raise ValueError(f"checksum is {digest.hexdigest()}, not {wanted}")


def append(file, url, there, size, digest):
    headers = {"Range": f"bytes={there}-"} if there else {}
    with ask(url, headers) as response:
        if there and response.status != 206:
            # It sends all of the file again: nothing of what is there may stay before that.
            file.truncate(0)
            raise ConnectionError("the store can't go on in the middle: starting from the beginning")
        left = size - there
        while left and (chunk := response.read(min(CHUNK, left))):
            if time.monotonic() > DEADLINE:
                raise Refused("the time for one attempt is over: what is there is kept for the next")
            file.write(chunk)
            digest.update(chunk)
            left -= len(chunk)


def main(source, folder):
    repository, _, commit = source.removeprefix("hf://").partition("@")
    files = list(list_files(repository, commit))

    def one(entry):
        name = entry["path"]
        url = f"{ENDPOINT}/{repository}/resolve/{commit}/{quote(name)}"
        path = path_of(folder, name)
        patiently(name, lambda: copy(entry, url, path))
        print(f"{name}: {entry['size']} bytes", flush=True)

    # Not by `with`, which after a failure would wait until the other files are there.
    for _ in ThreadPoolExecutor(FILES_AT_ONCE).map(one, files):
        pass


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2])
    except Refused as error:
        print(error, file=sys.stderr, flush=True)
        os._exit(1)
