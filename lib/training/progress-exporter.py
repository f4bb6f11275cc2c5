"""Serves the progress of a training run: of a file that the program writes, to Prometheus and to whoever asks.

Arguments: the file, the port, and where the last word goes when the run is over.
"""

import json
import math
import os
import signal
import socket
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler

FILE, PORT, TERMINATION_LOG = sys.argv[1], int(sys.argv[2]), sys.argv[3]

# A kubelet reads no more of the last word.
# https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/
TERMINATION_BYTES = 4096

# Bytes of the file that are read: it is written by a program that may be wrong.
FILE_BYTES = 65536

SERIES = [
    ("step", "training_step", "gauge", "Steps done."),
    ("steps", "training_steps", "gauge", "Steps of the whole run."),
    ("loss", "training_loss", "gauge", "Loss of the last step."),
    ("samples", "training_samples_total", "counter", "Samples trained on."),
    ("checkpoint", "training_checkpoint_timestamp_seconds", "gauge", "Time of the last checkpoint."),
]


def number(value):
    """Also what Python's own json writes for NaN and infinities, which others refuse; a bool is an int here."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        float(value)
    except OverflowError:
        return None
    return value


def read():
    """What the file says, as far as it is understood, and when it was written; None without a step."""
    try:
        with open(FILE, "rb") as file:
            written = os.fstat(file.fileno()).st_mtime
            found = json.loads(file.read(FILE_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    progress = {key: number(found.get(key)) for key, *_ in SERIES}
    progress = {key: value for key, value in progress.items() if value is not None}
    if not math.isfinite(progress.get("step", math.nan)):
        return None
    metrics = found.get("metrics")
    if isinstance(metrics, dict):
        progress["metrics"] = {name: value for name, value in metrics.items() if number(value) is not None}
    return progress, written


def text(value):
    """A number as Prometheus reads it."""
    if math.isfinite(value):
        return repr(float(value))
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def quoted(name):
    # A lone surrogate, which JSON can write, is no UTF-8.
    name = name.encode("utf-8", "replace").decode("utf-8")
    return '"' + name.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"') + '"'


def exposition(progress, written):
    """https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format"""
    lines = []

    def family(name, kind, meaning, samples):
        lines.extend([f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"])
        lines.extend(f"{name}{labels} {text(value)}" for labels, value in samples)

    for key, name, kind, meaning in SERIES:
        if key in progress:
            family(name, kind, meaning, [("", progress[key])])
    family("training_progress_timestamp_seconds", "gauge", "Time at which the run last told of itself.", [("", written)])
    # Two names may be the same one once they are text that Prometheus takes; it refuses a series that is there twice.
    metrics = {f"{{name={quoted(name)}}}": value for name, value in progress.get("metrics", {}).items()}
    if metrics:
        family("training_metric", "gauge", "Figures of quality.", metrics.items())
    return "".join(line + "\n" for line in lines)


def strict(progress):
    """JSON that every parser reads: what is no finite number is null."""
    plain = {key: finite(value) for key, value in progress.items() if key != "metrics"}
    if "metrics" in progress:
        plain["metrics"] = {name: finite(value) for name, value in progress["metrics"].items()}
    return json.dumps(plain, separators=(",", ":"), allow_nan=False)


def finite(value):
    return value if math.isfinite(value) else None


def last_word(progress):
    """All that fits: a JSON that is cut off is none. The first metrics stay."""
    progress = {**progress, "metrics": dict(progress.get("metrics", {}))}
    while len(strict(progress)) > TERMINATION_BYTES and progress["metrics"]:
        progress["metrics"].popitem()
    if not progress["metrics"]:
        del progress["metrics"]
    return strict(progress)


class Handler(BaseHTTPRequestHandler):
    # A client that says nothing holds a thread for no longer.
    timeout = 10

    def do_GET(self):
        found = read()
        path = self.path.partition("?")[0]
        if path == "/metrics":
            body = "" if found is None else exposition(*found)
            self.answer(200, "text/plain; version=0.0.4; charset=utf-8", body)
        elif path == "/progress" and found is not None:
            self.answer(200, "application/json", strict(found[0]))
        else:
            self.answer(404, "text/plain; charset=utf-8", "nothing here yet\n")

    def answer(self, status, kind, body):
        data = body.encode("utf-8")
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        """A line for each scrape would be all that the log holds."""


class Server(socketserver.ThreadingTCPServer):
    """Not http.server's own, which first asks the DNS for the name of this machine."""

    allow_reuse_address = True
    daemon_threads = True
    address_family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET

    def server_bind(self):
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()

    def handle_error(self, *_):
        """Clients go away."""


def main():
    # The first process of a container has no default for signals: whoever doesn't ask for them is never told.
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    server = Server(("", PORT), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    signal.sigwait(ends)
    found = read()
    if found is not None:
        with open(TERMINATION_LOG, "w", encoding="utf-8") as log:
            log.write(last_word(found[0]))


main()
