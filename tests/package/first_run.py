"""Runs the shipped service in a root directory as systemd would: its user, its directories, a socket for notifications.

first_run.py ROOT, in a network namespace of its own. Ends with 0 where the service became ready, answered, took a scan and
ended at SIGTERM.
"""
import fcntl
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.request

root = pathlib.Path(sys.argv[1])
PAGE = "http://127.0.0.1:8430"
NOTIFY = "/run/braggd/notify"


def loopback_up():
    with socket.socket() as s:
        fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 0x41))  # SIOCSIFFLAGS: up and running


def as_braggd(*command, **more):
    return subprocess.Popen(["chroot", "--userspec=braggd:braggd", str(root), "env", "-i", "PATH=/usr/bin:/bin",
                             f"NOTIFY_SOCKET={NOTIFY}", "STATE_DIRECTORY=/var/lib/braggd/stream", *command], **more)


def listen(notifications, wanted, seconds):
    """What the service says to its manager until `wanted`."""
    heard = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            heard.append(notifications.recv(4096).decode())
        except TimeoutError:
            continue
        if wanted in heard[-1].splitlines():
            return heard
    sys.exit(f"the service never said {wanted}, but {heard}")


def get(path):
    with urllib.request.urlopen(PAGE + path, timeout=10) as answer:
        return answer.read().decode()


def wait_for(what, condition, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.2)
    sys.exit(f"it never came to that: {what}")


loopback_up()
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifications:
    inside = root / NOTIFY[1:]
    notifications.bind(str(inside))
    inside.chmod(0o666)
    notifications.settimeout(0.5)
    service = as_braggd("braggd", "run", "/etc/braggd/stream.yaml", "--no-report")
    try:
        listen(notifications, "READY=1", 60)
        status = json.loads(get("/api/v1/status"))
        print("READY=1; status:", {key: status[key] for key in ("state", "health", "ready")}, flush=True)
        assert status["state"] == "idle" and status["ready"], status
        assert "braggd_build_info" in get("/metrics")
        assert "<html" in get("/").lower(), "the page is not in this build"
        sender = as_braggd("braggd", "send", "--set", "frames=40", "--set", "rows=256", "--set", "cols=256", "--set",
                           "distance_m=0.17", "--scan-id", "first", "--bind", "tcp://127.0.0.1:31001",
                           stdout=subprocess.DEVNULL)
        assert sender.wait(60) == 0, "the sender failed"
        scan = wait_for("a scan in the history", lambda: json.loads(get("/api/v1/scans"))["scans"])[0]
        print("scan:", {key: scan[key] for key in ("scan_id", "exit_status", "outputs")}, flush=True)
        assert scan["exit_status"] == "complete", scan
        token = root / "var/lib/braggd/stream/http.token"
        assert token.stat().st_mode & 0o777 == 0o600, oct(token.stat().st_mode)
        service.send_signal(signal.SIGTERM)
        listen(notifications, "STOPPING=1", 60)
        code = service.wait(60)
        print("SIGTERM: STOPPING=1, exit code", code, flush=True)
        assert code == 0, code
    finally:
        if service.poll() is None:
            service.kill()
            service.wait()
