"""Keeps training off the cluster while a calendar says that it is closed: gate.py CALENDAR_FILE

Looks at every run of the calendar again and again, so that it makes good at its next look what it has missed, and
changes only what is not as it should be:

  closed   a run that is not suspended is suspended, and marked as held; where running ones may finish, only one that
           began while it was closed; a queue is held
  open     what is marked as held goes on, and loses the mark; what others have suspended stays so

  EVERY_SECONDS   the pause between two looks; 10 when it is not set
"""

import json
import os
import signal
import sys
import time
from datetime import datetime, timezone

from hours import events_at
from kube import Refused, annotation, call, is_finished, patch, path_of

EVERY_SECONDS = float(os.environ.get("EVERY_SECONDS", "10"))
CALENDAR = "recstack/calendar"
HELD = "recstack/held"
# When a run last came past the gate.
RELEASED = "recstack/released"


def say(text):
    print(text, flush=True)


def tend_run(calendar, kind, run, now, closed):
    name = run["metadata"]["name"]
    path = path_of(kind["api"], kind["resource"], name)
    suspended = run["spec"].get("suspend", False)
    if "deletionTimestamp" in run["metadata"] or is_finished(run):
        return
    if closed and not suspended:
        began = annotation(run, RELEASED) or run["metadata"]["creationTimestamp"]
        began_closed = events_at(calendar, datetime.fromisoformat(began.replace("Z", "+00:00")))
        if calendar["running"] == "finish" and not began_closed:
            return
        annotations = {HELD: calendar["name"], RELEASED: None}
        patch(path, run, {"metadata": {"annotations": annotations}, "spec": {"suspend": True}})
        say(f"closed for {', '.join(closed)}: {name} is held")
    # Also one that somebody let go on by hand: whoever suspends it again means it.
    elif not closed and annotation(run, HELD) == calendar["name"]:
        annotations = {HELD: None, RELEASED: now.strftime("%Y-%m-%dT%H:%M:%SZ")}
        patch(path, run, {"metadata": {"annotations": annotations}, "spec": {"suspend": False}})
        say(f"open: {name} goes on")


def tend_queue(calendar, name, closed):
    path = path_of("kueue.x-k8s.io/v1beta1", "localqueues", name)
    queue = call("GET", path)
    policy = queue["spec"].get("stopPolicy", "None")
    held = annotation(queue, HELD) == calendar["name"]
    wanted = "HoldAndDrain" if calendar["running"] == "stop" else "Hold"
    if closed and (policy == "None" or (held and policy != wanted)):
        patch(path, queue, {"metadata": {"annotations": {HELD: calendar["name"]}}, "spec": {"stopPolicy": wanted}})
        say(f"closed for {', '.join(closed)}: the queue {name} is held")
    elif not closed and held:
        patch(path, queue, {"metadata": {"annotations": {HELD: None}}, "spec": {"stopPolicy": "None"}})
        say(f"open: the queue {name} goes on")


def tried(what, attempt):
    """What an attempt gives, or None: one that fails keeps no other from its turn."""
    try:
        return attempt()
    except (OSError, Refused) as error:
        # Where somebody has changed it in between, the next look sees how it is now.
        if not (isinstance(error, Refused) and error.code == 409):
            say(f"{what}: {error}: trying again in {EVERY_SECONDS:g} s")
        return None


def look(file, now):
    with open(file, encoding="utf-8") as text:
        calendar = json.load(text)
    closed = events_at(calendar, now)
    for kind in calendar["runs"]:
        resource = kind["resource"]
        path = path_of(kind["api"], resource, labelSelector=f"{CALENDAR}={calendar['name']}")
        for run in tried(resource, lambda: call("GET", path)["items"]) or []:
            what = f"{resource}/{run['metadata']['name']}"
            tried(what, lambda: tend_run(calendar, kind, run, now, closed))
    for name in calendar["queues"]:
        tried(f"localqueues/{name}", lambda: tend_queue(calendar, name, closed))


def main(file):
    # The first process of a container is deaf to SIGTERM unless it listens.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        look(file, datetime.now(timezone.utc))
        time.sleep(EVERY_SECONDS)


if __name__ == "__main__":
    main(sys.argv[1])
