"""Keys and addresses: who has the right ones is served, the others are told why not."""
import os
import pathlib
import signal
import stat
import time
import unittest

import zmq

from braggd_test import COUNTING, SLOW, BraggdTest, Daemon, braggd, free_ports, simulate


class Keys(BraggdTest):
    def setUp(self):
        super().setUp()
        self.scan = self.work / "scan.h5"
        simulate(self.scan, 5, 64, 64)
        for name in ("receiver", "edge", "stranger"):
            braggd("keys", name, "--out", self.work / "keys")

    def key(self, name):
        return str(self.work / "keys" / name)

    def read_keys(self, name):
        lines = pathlib.Path(self.key(name)).read_text().splitlines()
        return dict(line.split() for line in lines if not line.startswith("# "))

    def daemon(self, source, *settings):
        text = (COUNTING % 4).replace("{type: replay}", "{type: stream2, scans: 1, %s}" % source)
        return Daemon(self.pipeline(text), *settings)

    def send(self, *arguments, wait=2):
        return braggd("send", self.scan, "--wait", wait * SLOW, *arguments, expect=None, timeout=60)

    def end(self, daemon):
        daemon.signal(signal.SIGTERM)
        daemon.reports()
        return daemon.log

    def test_key_files_are_private_and_never_overwritten(self):
        key = self.work / "keys/edge.key"
        self.assertEqual(stat.S_IMODE(key.stat().st_mode), 0o600)
        before = key.read_bytes()
        self.assertIn("never overwritten", braggd("keys", "edge", "--out", self.work / "keys", expect=74).stderr)
        self.assertEqual(key.read_bytes(), before)
        for name in ("../edge", "a/b", "", ".hidden"):
            braggd("keys", name, "--out", self.work / "keys", expect=64)

    def test_a_scan_goes_through_where_each_side_has_the_others_key(self):
        port = free_ports(1)[0]
        receiver = [f"source.key_file={self.key('receiver.key')}"]
        sender = ["--key-file", self.key("edge.key")]
        for binds in ("receiver", "sender"):
            with self.subTest(binds):
                if binds == "receiver":
                    daemon = self.daemon(f"bind: 'tcp://127.0.0.1:{port}'", *receiver,
                                         f"source.allow={self.key('edge.pub')}")
                    more = ["--connect", f"tcp://127.0.0.1:{port}", "--server-key-file", self.key("receiver.pub")]
                else:
                    daemon = self.daemon(f"connect: 'tcp://127.0.0.1:{port}'", *receiver,
                                         f"source.server_key_file={self.key('edge.pub')}")
                    more = ["--bind", f"tcp://127.0.0.1:{port}", "--allow", self.key("receiver.pub")]
                answer = self.send(*sender, *more, wait=20)
                self.assertEqual(answer.returncode, 0, answer.stderr)
                self.assertEqual(daemon.reports(expect=0)[0]["ledger"]["written"], 5)

    def test_a_sender_without_the_right_key_is_told_why_nobody_takes_its_scan(self):
        port = free_ports(1)[0]
        endpoint = f"tcp://127.0.0.1:{port}"
        daemon = self.daemon(f"bind: '{endpoint}'", f"source.key_file={self.key('receiver.key')}",
                             f"source.allow=[{self.key('edge.pub')}]")
        cases = {
            "lets neither this key nor this address in": ["--key-file", self.key("stranger.key"), "--server-key-file",
                                                          self.key("receiver.pub")],
            "one side uses? keys and the other": [],
            "another key than this side knows": ["--key-file", self.key("edge.key"), "--server-key-file",
                                             self.key("stranger.pub")],
        }
        for words, arguments in cases.items():
            with self.subTest(words):
                answer = self.send("--connect", endpoint, *arguments)
                self.assertEqual(answer.returncode, 74)
                self.assertIn("no receiver", answer.stderr)
                self.assertRegex(answer.stderr, words)
        log = self.end(daemon)
        self.assertIn("its key is not in allow", log)
        self.assertRegex(log, r"[0-9]+ connections were refused")
        lines = [line for line in log.splitlines() if "refused" in line or "has failed" in line]
        self.assertLess(len(lines), 40, "not limited to one a second")

    def test_a_sender_that_binds_says_that_it_refused_all_that_came(self):
        port = free_ports(1)[0]
        daemon = self.daemon(f"connect: 'tcp://127.0.0.1:{port}'", f"source.key_file={self.key('stranger.key')}",
                             f"source.server_key_file={self.key('edge.pub')}")
        answer = self.send("--bind", f"tcp://127.0.0.1:{port}", "--key-file", self.key("edge.key"), "--allow",
                           self.key("receiver.pub"))
        self.assertEqual(answer.returncode, 74)
        self.assertIn("among those that may connect", answer.stderr)
        self.assertIn("see its allow", self.end(daemon))

    def test_addresses_are_looked_at_without_keys_too(self):
        port = free_ports(1)[0]
        endpoint = f"tcp://127.0.0.1:{port}"
        daemon = self.daemon(f"bind: '{endpoint}', allow_addresses: [10.0.0.0/8]")
        answer = self.send("--connect", endpoint)
        self.assertEqual(answer.returncode, 74)
        self.assertIn("its address is not in allow_addresses", self.end(daemon))
        daemon = self.daemon(f"bind: '{endpoint}', allow_addresses: [10.0.0.0/8, 127.0.0.1]")
        self.assertEqual(self.send("--connect", endpoint, wait=20).returncode, 0)
        daemon.reports(expect=0)

    def test_live_results_go_to_those_who_have_a_key(self):
        live, port = free_ports(2)
        endpoint = f"tcp://127.0.0.1:{live}"
        text = (COUNTING % 4).replace("{type: replay}", "{type: stream2, connect: 'tcp://127.0.0.1:%d', scans: 1}"
                                      % port) + "  - {type: publish, bind: '%s', key_file: %s, allow: [%s]}\n" % (
            endpoint, self.key("receiver.key"), self.key("edge.pub"))
        daemon = Daemon(self.pipeline(text))
        context = zmq.Context()
        self.addCleanup(context.destroy, 0)

        def subscriber(name):
            keys = self.read_keys(name + ".key")
            served = self.read_keys("receiver.pub")
            socket = context.socket(zmq.SUB)
            socket.curve_publickey, socket.curve_secretkey = keys["public"].encode(), keys["secret"].encode()
            socket.curve_serverkey = served["public"].encode()
            socket.setsockopt(zmq.RECONNECT_IVL, 50)
            socket.subscribe(b"")
            socket.connect(endpoint)
            return socket
        known, stranger = subscriber("edge"), subscriber("stranger")
        time.sleep(1.5 * SLOW)
        self.assertEqual(self.send("--bind", f"tcp://127.0.0.1:{port}", wait=20).returncode, 0)
        daemon.reports(expect=0)
        heard = 0
        while known.poll(500):
            heard += known.recv_multipart()[0].startswith(b'{"type":"frame"')
        self.assertEqual(heard, 5)
        self.assertFalse(stranger.poll(100))
        known.close(0)
        stranger.close(0)
        self.assertIn("sink=publish", daemon.log)
        self.assertIn("its key is not in allow", daemon.log)

    def test_what_cannot_work_is_found_by_validate(self):
        os.chmod(self.key("edge.key"), 0o644)
        cases = {
            "bind: 'tcp://127.0.0.1:5', key_file: %s" % self.key("edge.key"): "chmod 600",
            "bind: 'tcp://127.0.0.1:5', allow: [%s]" % self.key("edge.pub"): "source.key_file",
            "connect: 'tcp://127.0.0.1:5', key_file: %s" % self.key("receiver.key"): "source.server_key_file",
            "bind: 'tcp://127.0.0.1:5', allow_addresses: [10.0.0.0/99]": "10.0.0.0/99",
            "bind: 'tcp://127.0.0.1:5', key_file: %s, allow: [absent.pub]" % self.key("receiver.key"): "absent.pub",
            "bind: 'tcp://127.0.0.1:5', key_file: %s" % self.key("receiver.pub"): "is no key file",
        }
        for source, words in cases.items():
            with self.subTest(source):
                path = self.pipeline((COUNTING % 4).replace("{type: replay}", "{type: stream2, %s}" % source))
                if "receiver.pub" in source:
                    os.chmod(self.key("receiver.pub"), 0o600)
                self.assertIn(words, braggd("validate", path, expect=78).stderr)

    def test_a_key_that_anybody_may_use_is_said(self):
        port = free_ports(1)[0]
        daemon = self.daemon(f"bind: 'tcp://127.0.0.1:{port}'", f"source.key_file={self.key('receiver.key')}")
        answer = self.send("--connect", f"tcp://127.0.0.1:{port}", "--key-file", self.key("stranger.key"),
                           "--server-key-file", self.key("receiver.pub"), wait=20)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        daemon.reports(expect=0)
        self.assertIn("any key may connect", daemon.log)


if __name__ == "__main__":
    unittest.main()
