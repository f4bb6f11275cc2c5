"""One round of a coordinator, one_round.py FOLDER, against an API server that answers from stdin and tells what it was asked."""

import json
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])

from api import Refused  # noqa: E402
from coordinator import Coordinator  # noqa: E402


class Api:
    def __init__(self, jobs, pods, refuses):
        self.asked = []
        self.jobs = lambda _selector: jobs
        self.pods = lambda _selector: pods
        self.refuses = refuses

    def create_job(self, job):
        self.asked.append(job["metadata"]["name"])
        if self.refuses:
            raise Refused(self.refuses, "no")

    def patch_job(self, name, change):
        self.asked.append([name, change])

    def patch_config_map(self, _name, _change):
        pass


given = json.load(sys.stdin)
api = Api(given["jobs"], given["pods"], given.get("refuses"))
Coordinator(given["sweep"], given["trial"], api, "own").round()
print(json.dumps(api.asked), file=sys.stderr)
