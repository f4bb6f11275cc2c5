"""The API server, asked with the token of the pod's service account."""

import json
import os
import ssl
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

SERVER = os.environ.get("KUBERNETES_API", "https://kubernetes.default.svc")
ACCOUNT = Path(os.environ.get("SERVICE_ACCOUNT", "/var/run/secrets/kubernetes.io/serviceaccount"))
TIMEOUT = 20


class Refused(Exception):
    """An answer that is no success, in the server's own words."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


class Api:
    def __init__(self, namespace):
        self.tls = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
        self.core = f"/api/v1/namespaces/{namespace}"
        self.batch = f"/apis/batch/v1/namespaces/{namespace}"

    def jobs(self, selector):
        return self.request("GET", f"{self.batch}/jobs?{urlencode({'labelSelector': selector})}")["items"]

    def pods(self, selector):
        return self.request("GET", f"{self.core}/pods?{urlencode({'labelSelector': selector})}")["items"]

    def create_job(self, job):
        self.request("POST", f"{self.batch}/jobs", job)

    def patch_job(self, name, change):
        self.request("PATCH", f"{self.batch}/jobs/{name}", change)

    def patch_config_map(self, name, change):
        self.request("PATCH", f"{self.core}/configmaps/{name}", change)

    def request(self, method, path, body=None):
        # The token is replaced while the pod runs.
        headers = {"Authorization": f"Bearer {(ACCOUNT / 'token').read_text().strip()}"}
        if body is not None:
            headers["Content-Type"] = "application/merge-patch+json" if method == "PATCH" else "application/json"
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{SERVER}{path}", data=data, headers=headers, method=method)
        try:
            with urlopen(request, timeout=TIMEOUT, context=self.tls) as answer:
                return json.load(answer)
        except HTTPError as error:
            with error:
                raise Refused(error.code, f"{method} {path}: {error.code} {error.read().decode()}") from error
