"""A running service: its HTTP interface, held against its own description; its events; its notifications."""
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

import jsonschema

from braggd_test import COUNTING, PROGRAM, SLOW, BraggdTest, braggd, free_ports

TOKEN = "a-token-for-tests-only"


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


class Service:
    """`braggd run` with HTTP on a free port of loopback."""

    def __init__(self, pipeline, *settings, env=None, preexec_fn=None):
        sets = [word for s in ("service.http=0", *settings) for word in ("--set", s)]
        self.process = subprocess.Popen([PROGRAM, "run", str(pipeline), "--json", *sets], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env={**os.environ, **(env or {})},
                                        preexec_fn=preexec_fn)
        self.log, self.reports = [], []
        self.readers = [threading.Thread(target=self.read, args=pipe, daemon=True)
                        for pipe in ((self.process.stderr, self.log), (self.process.stdout, self.reports))]
        for reader in self.readers:
            reader.start()
        self.port = int(self.wait_for_log(r"the page is at http://127\.0\.0\.1:(\d+)/")[1])
        self.schema = None

    @staticmethod
    def read(pipe, lines):
        lines.extend(iter(pipe.readline, ""))

    def wait_for_log(self, pattern, timeout=30):
        deadline = time.monotonic() + timeout * SLOW
        while time.monotonic() < deadline:
            for line in list(self.log):
                if found := re.search(pattern, line):
                    return found
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"the log never said {pattern}\n{''.join(self.log)}")

    def call(self, method, path, body=None, token=None, headers=None, timeout=30):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout * SLOW)
        try:
            given = dict(headers or {})
            if token:
                given["Authorization"] = f"Bearer {token}"
            connection.request(method, path, body, given)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def post(self, path, body=None, token=TOKEN, **more):
        return self.call("POST", path, body, token, **more)

    def status(self):
        return self.get("/api/v1/status").json

    def wait_for(self, condition, timeout=30):
        deadline = time.monotonic() + timeout * SLOW
        while time.monotonic() < deadline:
            status = self.status()
            if condition(status):
                return status
            time.sleep(0.05)
        raise AssertionError(f"it never came to that: {json.dumps(status)[:3000]}\n{''.join(self.log)}")

    def alarm(self, status, name):
        return next((a for a in status["alarms"] if a["id"] == name), None)

    def check(self, path, method, answer):
        """Holds an answer against the description; `path` as there."""
        self.schema = self.schema or self.get("/api/v1/openapi.json").json
        responses = self.schema["paths"][path][method.lower()]["responses"]
        assert str(answer.status) in responses, f"{method} {path} gave {answer.status}, which is not described"
        described = responses[str(answer.status)]["content"]
        kind = answer.headers["Content-Type"].split(";")[0]
        assert kind in described, f"{method} {path} gave {kind}, described are {list(described)}"
        schema = described[kind].get("schema")
        if kind.endswith("json"):
            resolver = jsonschema.RefResolver.from_schema(self.schema)
            jsonschema.Draft202012Validator(schema, resolver=resolver).validate(answer.json)
        return answer

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for reader, pipe in zip(self.readers, (self.process.stderr, self.process.stdout)):
            reader.join()
            pipe.close()

    def end(self, number=signal.SIGTERM, timeout=60):
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.process.wait(timeout * SLOW)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the service did not end\n{''.join(self.log)}") from None
        self.close()
        return self.process.returncode


class ServiceTest(BraggdTest):
    """Starts services that end with the test."""

    def setUp(self):
        super().setUp()
        self.endpoint = f"tcp://127.0.0.1:{free_ports(1)[0]}"

    def stream_pipeline(self, extra="", threshold=5, **source):
        options = {"connect": f"['{self.endpoint}']", "close_timeout_s": 1, "idle_timeout_s": 5, **source}
        text = (COUNTING % threshold).replace(
            "{type: replay}", "{type: stream2, %s}" % ", ".join(f"{k}: {v}" for k, v in options.items()))
        token = self.work / "token"
        if not token.exists():
            token.touch(0o600)
            token.write_text(TOKEN + "\n")
        return self.pipeline(text + f"service: {{token_file: token, disk_low: 0}}\n" + extra)

    def service(self, pipeline, *settings, **more):
        service = Service(pipeline, *settings, **more)
        self.addCleanup(service.close)
        return service

    def send(self, scan, *options, wait=True):
        command = [PROGRAM, "send", str(scan), "--bind", self.endpoint, "--json", *map(str, options)]
        sender = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(sender.stderr.close)
        self.addCleanup(sender.wait)
        self.addCleanup(sender.kill)
        if wait:
            _, err = sender.communicate(timeout=120 * SLOW)
            self.assertEqual(sender.returncode, 0, err)
        return sender


class Notifications:
    """Where a service manager would listen (sd_notify)."""

    def __init__(self, path):
        self.path = str(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(0.2)
        self.heard = []  # (time, text)

    def close(self):
        self.socket.close()

    def listen(self, seconds, until=None):
        deadline = time.monotonic() + seconds * SLOW
        while time.monotonic() < deadline and not (until and until()):
            try:
                self.heard.append((time.monotonic(), self.socket.recv(4096).decode()))
            except TimeoutError:
                pass
        return [text for _, text in self.heard]
