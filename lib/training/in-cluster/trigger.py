"""Starts a run of training when an alert fires: trigger.py SETTINGS_FILE

Alertmanager's webhook posts to /alerts, and again and again while an alert fires. One firing starts one run, at most:
it is known by the alert's fingerprint and start. While a run is on, of whatever origin, and for a time after its end,
none starts; an alert that still fires by then does what it could not do before. The run is made from the template of a
CronJob, which also remembers what was done.

  LISTEN_ADDRESS   where it listens; all addresses when it is not set
  PORT             the port; 8080 when it is not set
"""

import hashlib
import json
import os
import signal
import socket
import sys
import threading
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from kube import NAMESPACE, Refused, annotation, call, is_finished, patch, path_of

HANDLED = "recstack/handled-alerts"
STARTED = "recstack/last-alert-run"
# So many firings are remembered, the last ones.
REMEMBERED = 50
LARGEST_BODY = 1 << 20
ATTEMPTS = 5

ONE_AT_A_TIME = threading.Lock()


def say(text):
    print(text, flush=True)


def key_of(alert):
    """A firing, as the end of an object's name."""
    return hashlib.sha256(f"{alert['fingerprint']} {alert['startsAt']}".encode()).hexdigest()[:10]


def time_of(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def end_of(run):
    status = run.get("status", {})
    times = [status.get("completionTime")]
    times += [c["lastTransitionTime"] for c in status.get("conditions") or [] if c["type"] in ("Complete", "Failed")]
    return max((time_of(time) for time in times if time), default=None)


def last_end(cron_job, runs):
    """When a run last ended, or was started by an alert where nothing is left of it."""
    times = [end_of(run) for run in runs]
    kept = (cron_job.get("status", {}).get("lastSuccessfulTime"), annotation(cron_job, STARTED))
    times += [time_of(time) for time in kept if time]
    return max((time for time in times if time), default=None)


def runs_of(cron_job):
    jobs = call("GET", path_of("batch/v1", "jobs"))["items"]
    uid = cron_job["metadata"]["uid"]
    return [job for job in jobs if any(o["uid"] == uid for o in job["metadata"].get("ownerReferences", []))]


def run_for(alert, cron_job):
    """A Job as the CronJob's controller would make it; under a calendar it comes suspended, as that says."""
    metadata, template = cron_job["metadata"], cron_job["spec"]["jobTemplate"]
    own = template.get("metadata", {})
    cause = f"{alert['labels']['alertname']} {alert['fingerprint']} {alert['startsAt']}"
    owner = {"apiVersion": "batch/v1", "kind": "CronJob", "name": metadata["name"], "uid": metadata["uid"]}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"{metadata['name']}-{key_of(alert)}",
            "labels": own.get("labels", {}),
            "annotations": {
                **own.get("annotations", {}),
                "cronjob.kubernetes.io/instantiate": "alert",
                "recstack/alert": cause,
            },
            "ownerReferences": [{**owner, "controller": True}],
        },
        "spec": template["spec"],
    }


def remember(path, cron_job, alert, run):
    """Marks a firing as handled, and tells the CronJob's controller of the run, so that it starts none beside it."""
    for attempt in range(ATTEMPTS):
        try:
            keys = [*(annotation(cron_job, HANDLED) or "").split(), key_of(alert)][-REMEMBERED:]
            marks = {HANDLED: " ".join(keys), STARTED: run["metadata"]["creationTimestamp"]}
            cron_job = patch(path, cron_job, {"metadata": {"annotations": marks}})
            active = cron_job.get("status", {}).get("active") or []
            metadata = run["metadata"]
            reference = {
                "apiVersion": "batch/v1",
                "kind": "Job",
                "namespace": NAMESPACE,
                "name": metadata["name"],
                "uid": metadata["uid"],
            }
            if not is_finished(run) and all(other.get("uid") != metadata["uid"] for other in active):
                patch(f"{path}/status", cron_job, {"status": {"active": [*active, reference]}})
            return
        except Refused as error:
            if error.code != 409 or attempt == ATTEMPTS - 1:
                raise
            cron_job = call("GET", path)


def answer(settings, alert, now):
    """Does what a firing alert asks for, if it may, and says what came of it."""
    path = path_of("batch/v1", "cronjobs", settings["cronJob"])
    cron_job = call("GET", path)
    if key_of(alert) in (annotation(cron_job, HANDLED) or "").split():
        return "has started its run before"
    runs = runs_of(cron_job)
    name = f"{cron_job['metadata']['name']}-{key_of(alert)}"
    for run in runs:
        if run["metadata"]["name"] == name:
            # A start that was cut off before it was remembered.
            remember(path, cron_job, alert, run)
            return "has started its run before"
    for run in runs:
        if not is_finished(run):
            return f"starts no run: {run['metadata']['name']} is on"
    last = last_end(cron_job, runs)
    ready = last and last + timedelta(seconds=settings["cooldownSeconds"])
    if ready and now < ready:
        return f"starts no run before {ready.strftime('%Y-%m-%dT%H:%M:%SZ')}"
    run = call("POST", path_of("batch/v1", "jobs"), run_for(alert, cron_job))
    remember(path, cron_job, alert, run)
    return f"has started {name}"


def take(file, message):
    """What came of each alert that fires and is meant for it."""
    with open(file, encoding="utf-8") as text:
        settings = json.load(text)
    results = []
    for alert in message["alerts"]:
        name = alert["labels"]["alertname"]
        if alert["status"] != "firing" or name not in settings["alerts"]:
            continue
        with ONE_AT_A_TIME:
            results.append(f"{name} {answer(settings, alert, datetime.now(timezone.utc))}")
    return results


class Handler(BaseHTTPRequestHandler):
    # Of a caller that is silent.
    timeout = 10

    def do_GET(self):
        self.reply(200 if self.path == "/healthz" else 404, [])

    def do_POST(self):
        if self.path != "/alerts":
            return self.reply(404, [])
        try:
            length = int(self.headers.get("Content-Length", ""))
        except ValueError:
            return self.reply(411, [])
        if not 0 <= length <= LARGEST_BODY:
            return self.reply(413, [])
        try:
            results = take(sys.argv[1], json.loads(self.rfile.read(length)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return self.reply(400, [f"not a message of Alertmanager's: {error!r}"])
        except (OSError, Refused) as error:
            # Alertmanager comes again.
            return self.reply(503, [str(error)])
        return self.reply(200, results)

    def reply(self, code, lines):
        for line in lines:
            say(line)
        body = json.dumps(lines).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """What matters is said by `reply`; probes ask all the time."""


class Server(ThreadingHTTPServer):
    daemon_threads = True


def main():
    # The first process of a container is deaf to SIGTERM unless it listens.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    address, port = os.environ.get("LISTEN_ADDRESS"), int(os.environ.get("PORT", "8080"))
    if address is None and socket.has_dualstack_ipv6():
        Server.address_family = socket.AF_INET6
    server = Server((address or "", port), Handler, bind_and_activate=False)
    if server.address_family == socket.AF_INET6:
        server.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    server.server_bind()
    server.server_activate()
    server.serve_forever()


if __name__ == "__main__":
    main()
