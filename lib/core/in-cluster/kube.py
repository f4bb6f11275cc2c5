"""The few calls of the Kubernetes API that the scripts beside this one make, with the identity of their pod.

  KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT   the API server, as every pod is told
  SERVICE_ACCOUNT_FOLDER                             where the token and the certificate are, when not in the usual place
  NAMESPACE                                          the namespace that all calls are about

The standard library only: it runs in a bare Python image.
"""

import json
import os
import ssl
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

HOST = os.environ["KUBERNETES_SERVICE_HOST"]
API = f"https://{f'[{HOST}]' if ':' in HOST else HOST}:{os.environ['KUBERNETES_SERVICE_PORT']}"
FOLDER = os.environ.get("SERVICE_ACCOUNT_FOLDER", "/var/run/secrets/kubernetes.io/serviceaccount")
NAMESPACE = os.environ["NAMESPACE"]
CONTEXT = ssl.create_default_context(cafile=os.path.join(FOLDER, "ca.crt"))
TIMEOUT_SECONDS = 20


class Refused(Exception):
    """What the API server did not do, with its code and reason."""

    def __init__(self, code, text):
        super().__init__(f"the API server answers {code}: {text}")
        self.code = code


def call(method, path, body=None, content_type="application/json"):
    # The token is renewed while the pod lives.
    with open(os.path.join(FOLDER, "token"), encoding="utf-8") as file:
        token = file.read().strip()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": content_type, "User-Agent": "recstack"}
    data = None if body is None else json.dumps(body).encode()
    request = Request(API + path, data=data, method=method, headers=headers)
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS, context=CONTEXT) as response:
            return json.load(response)
    except HTTPError as error:
        with error:
            text = error.read().decode(errors="replace")
        try:
            text = json.loads(text)["message"]
        except (ValueError, KeyError, TypeError):
            pass
        raise Refused(error.code, text) from error


def path_of(api, resource, name=None, **query):
    """The path of a resource: path_of("batch/v1", "jobs", "dlrm")."""
    root = f"/apis/{api}" if "/" in api else f"/api/{api}"
    path = f"{root}/namespaces/{NAMESPACE}/{resource}" + ("" if name is None else f"/{name}")
    return f"{path}?{urlencode(query)}" if query else path


def patch(path, seen, change):
    """Changes an object, unless somebody else has since it was seen: then it is refused with 409."""
    metadata = {**change.get("metadata", {}), "resourceVersion": seen["metadata"]["resourceVersion"]}
    return call("PATCH", path, {**change, "metadata": metadata}, "application/merge-patch+json")


def annotation(thing, key):
    return thing["metadata"].get("annotations", {}).get(key)


def is_finished(run):
    """Whether a Job, a JobSet or another kind of run has come to its end."""
    status = run.get("status", {})
    ends = ("Complete", "Completed", "Failed", "SuccessCriteriaMet", "FailureTarget")
    conditions = status.get("conditions") or []
    if any(condition["type"] in ends and condition["status"] == "True" for condition in conditions):
        return True
    # That of a RayJob.
    return status.get("jobDeploymentStatus") in ("Complete", "Failed")
