"""Holds up the fewest replicas of an autoscaler while a calendar of peaks says so: peaks.py SETTINGS_FILE

At each look it reckons from the calendar how many must be the fewest now, the most of the events that are on or what is
ordinary, and changes the autoscaler only where it has another number. So a run that is missed is made good by the next
one, and what somebody has applied meanwhile is mended.

  FOR_SECONDS     how long it goes on looking; 270 when it is not set
  EVERY_SECONDS   the pause between two looks; 15 when it is not set
"""

import json
import os
import signal
import sys
import time
from datetime import datetime, timezone
from urllib.parse import urlencode

from hours import is_on
from kube import Refused, call, patch, path_of

FOR_SECONDS = float(os.environ.get("FOR_SECONDS", "270"))
EVERY_SECONDS = float(os.environ.get("EVERY_SECONDS", "15"))
# By this name the API server remembers who has changed a field.
MANAGER = "recstack-peaks"


def say(text):
    print(text, flush=True)


def fewest_at(settings, instant):
    """How many replicas must be the fewest at an instant, and the names of the events that say so."""
    on = [event for event in settings["events"] if is_on(event, settings["timeZone"], instant)]
    fewest = max([settings["ordinary"], *(event["replicas"] for event in on)])
    return fewest, [event["name"] for event in on if event["replicas"] == fewest]


def look(file, now):
    """Sees to it that the autoscaler has the right minimum, and gives what it is."""
    with open(file, encoding="utf-8") as text:
        settings = json.load(text)
    path = path_of(settings["api"], settings["resource"], settings["name"])
    seen = call("GET", path)
    wanted, names = fewest_at(settings, now)
    # The API server takes no minimum above the maximum, which somebody may have lowered.
    fewest = min(wanted, seen["spec"][settings["maximum"]])
    before = seen["spec"].get(settings["minimum"])
    to_change = f"{path}?{urlencode({'fieldManager': MANAGER})}"
    if before != fewest:
        seen = patch(to_change, seen, {"spec": {settings["minimum"]: fewest}})
        short = "" if fewest == wanted else f", not {wanted}: its maximum is in the way"
        say(f"{settings['name']}: from {before} to {fewest} for {', '.join(names) or 'ordinary days'}{short}")
    # Whoever owns a field is in the way of others who apply it, for ever: Pulumi would fail with a conflict.
    fields = seen["metadata"].get("managedFields", [])
    others = [entry for entry in fields if entry["manager"] != MANAGER]
    if len(others) < len(fields):
        patch(to_change, seen, {"metadata": {"managedFields": others}})
    return fewest


def main(file):
    # The first process of a container is deaf to SIGTERM unless it listens.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    end = time.monotonic() + FOR_SECONDS
    while True:
        try:
            result = f"the minimum is {look(file, datetime.now(timezone.utc))}"
        except (OSError, Refused) as error:
            result = error
            # Where somebody has changed it in between, the next look sees how it is now.
            if not (isinstance(error, Refused) and error.code == 409):
                say(f"{error}: trying again in {EVERY_SECONDS:g} s")
        if time.monotonic() + EVERY_SECONDS > end:
            break
        time.sleep(EVERY_SECONDS)
    # A Job that has failed is seen, by alerts too.
    sys.exit(str(result) if isinstance(result, Exception) else say(result))


if __name__ == "__main__":
    main(sys.argv[1])
