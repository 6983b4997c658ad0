"""The HTTP interface against its own description, and against those who mean no good."""
import http.client
import json
import pathlib
import random
import re
import socket
import struct
import threading
import time
import unittest
import zlib

from braggd_test import SLOW, braggd, limited_time, simulate
from service_test import TOKEN, ServiceTest

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def png_pixels(data):
    """Rows x columns x 3 of a PNG with a palette of 256 colours, read by the standard's own words."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    place, packed = 8, b""
    while place < len(data):
        length, kind = struct.unpack(">I4s", data[place:place + 8])
        body = data[place + 8:place + 8 + length]
        if kind == b"IHDR":
            cols, rows, depth, colour = struct.unpack(">IIBB", body[:10])
            assert (depth, colour) == (8, 3)
        if kind == b"PLTE":
            palette = body
        if kind == b"IDAT":
            packed += body
        place += 12 + length
    raw, stride, lines, before = zlib.decompress(packed), cols, [], bytes(cols)
    for row in range(rows):
        method, line = raw[row * (stride + 1)], bytearray(raw[row * (stride + 1) + 1:(row + 1) * (stride + 1)])
        for i in range(stride):
            a, b, c = (line[i - 1] if i else 0), before[i], (before[i - 1] if i else 0)
            p = a + b - c
            paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            line[i] = (line[i] + (0, a, b, (a + b) // 2, paeth)[method]) & 255
        lines.append(b"".join(palette[3 * i:3 * i + 3] for i in line))
        before = line
    return lines


class Described(ServiceTest):
    def test_every_call_that_is_described_answers_as_it_is_described(self):
        scan = self.work / "scan.h5"
        simulate(scan, 40, 128, 128)
        store = self.work / "store"
        braggd("model", "import", SOURCE / "models/braggnn-fast", "--store", store, expect=None)
        service = self.service(self.stream_pipeline(), f"service.model_store={store}")
        service.wait_for(lambda s: s["ready"])
        paths = service.get("/api/v1/openapi.json").json["paths"]
        called = set()

        def call(method, path, *fill, body=None, query="", expect=None, **more):
            real = re.sub(r"\{\w+\}", lambda _: fill[0], path) + query
            token = None if method == "GET" or path.endswith("validate") else TOKEN
            answer = service.check(path, method, service.call(method, real, body, more.get("token", token)))
            if expect is not None:
                self.assertEqual(answer.status, expect, answer.body)
            called.add((path, method.lower()))
            return answer

        self.assertEqual(call("GET", "/api/v1/preview.png").status, 404)
        call("GET", "/api/v1/profile")
        sender = self.send(scan, "--rate", 30, wait=False)
        service.wait_for(lambda s: s["state"] == "running" and s["scan"]["finished"] > 5)
        call("GET", "/api/v1/status", expect=200)
        call("GET", "/metrics", expect=200)
        call("POST", "/api/v1/abort", expect=202)
        sender.kill()
        service.wait_for(lambda s: s["scans_finished"] == 1)
        call("POST", "/api/v1/abort", expect=409)
        self.send(scan, "--scan-id", "second one")
        service.wait_for(lambda s: s["scans_finished"] == 2)
        record = call("GET", "/api/v1/scans/{scan_id}", "second%20one", expect=200).json
        self.assertEqual(record["ledger"]["written"], 40)
        self.assertEqual(call("GET", "/api/v1/scans", query="?limit=1").json["scans"], [record])
        call("GET", "/api/v1/scans", query="?limit=0", expect=400)
        call("GET", "/api/v1/scans/{scan_id}", "nobody", expect=404)
        profile = call("GET", "/api/v1/profile", expect=200).json
        self.assertEqual(len(profile["points"]), 40)
        self.assertAlmostEqual(sum(p["peaks"] for p in profile["points"]), record["peaks"])
        self.assertEqual(call("GET", "/api/v1/preview.png", expect=200).body[:4], b"\x89PNG")
        call("GET", "/api/v1/preview.png", query="?size=1", expect=400)
        call("POST", "/api/v1/stop", expect=202)
        service.wait_for(lambda s: not s["ready"])
        call("POST", "/api/v1/stop", expect=409)
        call("POST", "/api/v1/start", expect=202)
        call("POST", "/api/v1/start", expect=409)
        call("GET", "/api/v1/alarms", expect=200)
        call("POST", "/api/v1/alarms/{alarm_id}/clear", "nothing", expect=404)
        text = call("GET", "/api/v1/pipeline", expect=200).json["text"]
        call("POST", "/api/v1/pipeline/validate", body=text, expect=200)
        wrong = call("POST", "/api/v1/pipeline/validate", body=text.replace("at_least", "at_leest"), expect=422).json
        self.assertEqual(wrong["problems"][0]["line"], 4)
        call("POST", "/api/v1/pipeline/validate", body="x" * (2 << 20), expect=413)
        call("POST", "/api/v1/pipeline/reload", expect=202)
        call("POST", "/api/v1/pipeline/rollback", expect=409)
        models = call("GET", "/api/v1/models", expect=200).json["models"]
        if models:
            call("POST", "/api/v1/models/{model_id}/promote", models[0]["model_id"], expect=200)
            self.assertEqual(call("GET", "/api/v1/models").json["models"][0]["state"], "active")
        call("POST", "/api/v1/models/{model_id}/promote", "nobody", expect=404)
        call("GET", "/api/v1/openapi.json", expect=200)
        self.assertIn(b"<html", call("GET", "/", expect=200).body)
        called.add(("/api/v1/events", "get"))  # by the test of events
        self.assertEqual(called, {(path, method) for path, methods in paths.items() for method in methods})

    def test_no_change_without_the_token_and_none_from_another_site(self):
        service = self.service(self.stream_pipeline())
        service.wait_for(lambda s: s["ready"])
        for path, methods in service.get("/api/v1/openapi.json").json["paths"].items():
            if "security" not in methods.get("post", {}):
                continue
            real = re.sub(r"\{\w+\}", "x", path)
            self.assertEqual(service.post(real, token=None).status, 401, path)
            self.assertEqual(service.post(real, token="a-token-for-tests-onlx").status, 403, path)
            self.assertEqual(service.post(real, headers={"Origin": "http://elsewhere"}).status, 403, path)
            self.assertEqual(service.post(real, headers={"Sec-Fetch-Site": "cross-site"}).status, 403, path)
        self.assertTrue(service.status()["ready"])
        self.assertEqual(service.post("/api/v1/stop", headers={"Origin": f"http://127.0.0.1:{service.port}"}).status, 202)

    def test_a_token_that_others_may_read_is_refused_and_one_that_is_not_there_is_made(self):
        pipeline = self.stream_pipeline()
        (self.work / "token").chmod(0o644)
        refused = braggd("run", pipeline, "--set", "service.http=0", expect=78)
        self.assertIn("chmod 600", refused.stderr)
        (self.work / "token").unlink()
        service = self.service(pipeline)
        token = (self.work / "token").read_text().strip()
        self.assertEqual(len(token), 48)
        self.assertEqual((self.work / "token").stat().st_mode & 0o777, 0o600)
        self.assertEqual(service.post("/api/v1/abort", token=token).status, 409)

    def test_the_preview_shows_the_frame_small_and_peaks_as_circles(self):
        scan = self.work / "scan.h5"
        simulate(scan, 20, 300, 200)
        service = self.service(self.stream_pipeline())
        service.wait_for(lambda s: s["ready"])
        self.send(scan)
        service.wait_for(lambda s: s["scans_finished"] == 1)
        plain = service.get("/api/v1/preview.png?size=100&peaks=0")
        self.assertGreater(int(plain.headers["X-Braggd-Peaks"]), 0)
        lines = png_pixels(plain.body)
        self.assertEqual((len(lines), len(lines[0])), (100, 67 * 3))
        colours = {line[i:i + 3] for line in lines for i in range(0, len(line), 3)}
        self.assertGreater(len(colours), 20)
        no_value = bytes((96, 96, 112))
        self.assertTrue(all(len(set(colour)) == 1 or colour == no_value for colour in colours))
        drawn = png_pixels(service.get("/api/v1/preview.png?size=100").body)
        self.assertTrue(any(bytes((255, 150, 40)) == line[i:i + 3] for line in drawn for i in range(0, len(line), 3)))

    def test_events_tell_of_the_status_at_once_and_of_each_scan(self):
        scan = self.work / "scan.h5"
        simulate(scan, 20, 128, 128)
        service = self.service(self.stream_pipeline())
        service.wait_for(lambda s: s["ready"])
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30 * SLOW)
        connection.request("GET", "/api/v1/events")
        response = connection.getresponse()
        self.assertEqual(response.headers["Content-Type"], "text/event-stream")

        def next_event():
            event, data = None, None
            while (line := response.readline().decode().rstrip("\n")) or event is None:
                if line.startswith("event: "):
                    event = line[7:]
                elif line.startswith("data: "):
                    data = json.loads(line[6:])
            return event, data

        self.assertEqual(next_event()[0], "status")
        self.send(scan)
        kinds = []
        while "scan" not in kinds:
            event, data = next_event()
            kinds.append(event)
        self.assertEqual(data["exit_status"], "complete")
        connection.close()


class Hostile(ServiceTest):
    def setUp(self):
        super().setUp()
        self.service_ = self.service(self.stream_pipeline())
        self.service_.wait_for(lambda s: s["ready"])

    def raw(self, data, patience=10):
        with socket.create_connection(("127.0.0.1", self.service_.port), timeout=patience * SLOW) as s:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            answer = b""
            try:
                while chunk := s.recv(65536):
                    answer += chunk
            except (TimeoutError, ConnectionError):
                pass
            return answer

    def test_wrong_calls_get_a_reason(self):
        service = self.service_
        for method, path in (("GET", "/api/v1/nothing"), ("GET", "/../etc/passwd"), ("GET", "/web/../../etc/passwd"),
                             ("GET", "/web/%2e%2e/%2e%2e/etc/passwd"), ("DELETE", "/api/v1/scans"), ("PUT", "/api/v1/status"),
                             ("POST", "/api/v1/status"), ("GET", "/api/v1/stop"), ("GET", "/api/v1/scans?limit=-1"),
                             ("GET", "/api/v1/preview.png?size=99999999999999999999"), ("GET", "/api/v1/preview.png?peaks=yes"),
                             ("PATCH", "/"), ("GET", "/api/v1/scans/%00%ff%2e%2e%2f")):
            with self.subTest(f"{method} {path}"):
                answer = service.call(method, path)
                self.assertIn(answer.status, range(400, 500))
                self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
                self.assertGreater(len(answer.json["detail"]), 10)

    def test_headers_keep_the_page_to_itself(self):
        headers = self.service_.get("/").headers
        self.assertIn("default-src 'self'", headers["Content-Security-Policy"])
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        self.assertIn("no-store", self.service_.get("/api/v1/status").headers["Cache-Control"])

    def test_bytes_that_are_no_request_crash_nothing(self):
        seeds = [b"GET /api/v1/status HTTP/1.1\r\nHost: x\r\n\r\n",
                 b"POST /api/v1/pipeline/validate HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\nversion: 1\nsource: {}",
                 b"POST /api/v1/pipeline/validate HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab\ncd\r\n0\r\n\r\n",
                 b"GET /api/v1/scans?limit=3&a=b HTTP/1.1\r\nHost: x\r\nRange: bytes=0-3,5-\r\nAccept-Encoding: gzip, br\r\n\r\n",
                 b"POST /api/v1/alarms/x/clear HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer y\r\nContent-Type: multipart/form-data; "
                 b"boundary=q\r\nContent-Length: 60\r\n\r\n--q\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--q--\r\n"]
        random.seed(5)
        count = 300 if SLOW == 1 else 60
        tasks = []
        for _ in range(count):
            data = bytearray(random.choice(seeds))
            for _ in range(random.randint(1, 8)):
                what, at = random.random(), random.randrange(len(data) + 1)
                if what < 0.4:
                    data[at:at + 1] = bytes([random.randrange(256)])
                elif what < 0.6:
                    del data[at:at + random.randint(1, 20)]
                elif what < 0.8:
                    data[at:at] = data[max(0, at - 30):at] * random.randint(1, 40)
                else:
                    data[at:at] = random.choice([b"\r\n", b"\0", b"%00", b"\xff" * 9000, b"-1", b"99999999999999999999", b"/../"])
            tasks.append(bytes(data))

        def work():
            while tasks:
                self.raw(tasks.pop(), patience=0.5)

        workers = [threading.Thread(target=work) for _ in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.assertIsNone(self.service_.process.poll(), "".join(self.service_.log))
        self.assertTrue(self.service_.status()["ready"])

    def test_deep_yaml_is_refused_and_not_followed(self):
        for body in ("[" * 100000, "{a: " * 50000, "- " * 100000, "&a [*a]", "a: &a [x,x]\nb: &b [*a,*a]\nversion: *b"):
            with self.subTest(body[:8]):
                answer = self.service_.post("/api/v1/pipeline/validate", body, token=None)
                self.assertEqual(answer.status, 422)
        self.assertTrue(self.service_.status()["ready"])

    def test_slow_and_many_clients_do_not_shut_others_out(self):
        slow = [socket.create_connection(("127.0.0.1", self.service_.port)) for _ in range(20)]
        for s in slow:
            s.sendall(b"GET /api/v1/sta")  # and never the rest
        with limited_time(3):
            self.assertTrue(self.service_.status()["ready"])
        listeners = []
        for _ in range(20):
            connection = http.client.HTTPConnection("127.0.0.1", self.service_.port, timeout=30 * SLOW)
            connection.request("GET", "/api/v1/events")
            listeners.append((connection, connection.getresponse()))
        self.assertEqual([r.status for _, r in listeners], [200] * 20)
        time.sleep(0.2)
        self.assertEqual(self.service_.get("/api/v1/events").status, 503)
        self.assertTrue(self.service_.status()["ready"])
        for s in slow:
            s.close()
        for connection, _ in listeners:
            connection.close()


if __name__ == "__main__":
    unittest.main()
