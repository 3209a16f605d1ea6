"""The practice Azure for Microsoft's clients: a process of its own, and a transport that dials it instead of the cloud.

The clients keep the addresses of the real services. The transport sends each request to the practice Azure with the real
service's name in the Host header, so that links in answers, audiences of tokens and everything else stay as they are.
"""

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import requests
from azure.core.pipeline.transport import RequestsTransport

ROOT = Path(__file__).resolve().parents[2]


class Transport(RequestsTransport):
    """Sends every request to one origin, with the name it was meant for in the Host header."""

    def __init__(self, origin):
        super().__init__(read_timeout=30, use_env_settings=False)
        self.origin = urlsplit(origin)

    def send(self, request, **options):
        url = urlsplit(request.url)
        if url.netloc != self.origin.netloc:
            request.headers["Host"] = url.netloc
            request.url = urlunsplit((self.origin.scheme, self.origin.netloc, url.path, url.query, ""))
        return super().send(request, **options)


class Practice:
    """A practice Azure that listens at `url`; without one, a process that is started and stopped here."""

    def __init__(self, url=None):
        self.process = None
        if url is None:
            url = self.start()
        self.url = url.rstrip("/")
        self.starter = self.ask("GET", "starter")
        # a check asks more often than the quota of Resource Graph allows
        self.ask("POST", "quota", {"enabled": False})

    def start(self):
        target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        program = os.environ.get("CONTINUOUS_EXPORT_BIN", target / "debug" / "continuous-export")
        ready = Path(tempfile.mkdtemp()) / "ready"
        command = [program, "practice", "--addr", "127.0.0.1:0", "--rate", "0", "--ready-file", ready]
        self.process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(300):
            if ready.exists() and ready.read_text().strip():
                return json.loads(ready.read_text())["practice"]
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.stop()
        raise SystemExit(f"no  {program} does not start")

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()

    def ask(self, method, path, body=None):
        """A request to `/_practice`."""
        answer = requests.request(method, f"{self.url}/_practice/{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def transport(self):
        return Transport(self.url)


class Failed(Exception):
    """What a check found wrong."""


def need(condition, message):
    if not condition:
        raise Failed(message)
