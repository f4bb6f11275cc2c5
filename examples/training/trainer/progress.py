"""How far a run is, in the file that recstack's sidecar serves to Prometheus."""

import json
import os
import time

EVERY_SECONDS = 1


class Progress:
    def __init__(self, path):
        self.path = path
        self.written = 0.0

    def tell(self, now=False, **progress):
        """At most once a second, unless it must be known now."""
        if self.path is None or not (now or time.monotonic() - self.written >= EVERY_SECONDS):
            return
        temporary = f"{self.path}.new"
        with open(temporary, "w") as file:
            json.dump(progress, file)
        os.replace(temporary, self.path)
        self.written = time.monotonic()
