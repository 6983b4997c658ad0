"""Frames in shared memory: sent by braggd, and by a program that knows only what README says of them."""
import mmap
import pathlib
import struct
import subprocess
import time
import unittest

import zmq

from braggd_test import COUNTING, PROGRAM, SLOW, BraggdTest, Daemon, braggd, simulate


class Pool:
    """A file of slots as in README, Shared memory."""

    def __init__(self, directory, slots, slot_bytes):
        self.name, self.slots, self.slot_bytes, self.first = "edge-1.pool", slots, slot_bytes, 4096
        self.path = pathlib.Path(directory) / self.name
        with open(self.path, "w+b") as file:
            file.truncate(self.first + slots * slot_bytes)
            self.memory = mmap.mmap(file.fileno(), 0)
        self.memory[:32] = struct.pack("<8sIIQQ", b"BRGPOOL1", slots, 0, slot_bytes, self.first)

    def state(self, slot):
        return self.memory[64 + 4 * slot]

    def put(self, message):
        while True:
            free = [slot for slot in range(self.slots) if self.state(slot) == 0]
            if free:
                break
            time.sleep(0.001)
        at = self.first + free[0] * self.slot_bytes
        self.memory[at:at + len(message)] = message
        self.memory[64 + 4 * free[0]] = 1
        return struct.pack("<8sIIQ", b"BRGPOOL1", free[0], len(self.name), len(message)) + self.name.encode()


class SharedMemory(BraggdTest):
    def setUp(self):
        super().setUp()
        self.scan = self.work / "scan.h5"
        simulate(self.scan, 60, 256, 256)
        self.shared = self.work / "shared"
        self.shared.mkdir()
        self.endpoint = f"ipc://{self.work}/edge"

    def daemon(self, results, shared=True):
        text = (COUNTING % 5).replace("{type: replay}", "{type: stream2, connect: ['%s'], scans: 1, close_timeout_s: 1%s}" % (
            self.endpoint, ", shared_memory: shared" if shared else "")).replace("directory: results", f"directory: {results}")
        return Daemon(self.pipeline(text, f"{results}.yaml"))

    def expected(self):
        braggd("replay", self.scan, "-p", self.pipeline(COUNTING % 5, "replay.yaml"), "-o", self.work / "replayed")
        return next((self.work / "replayed").glob("*.h5"))

    def test_what_braggd_sends_so_gives_the_results_of_a_replay(self):
        daemon = self.daemon("sent")
        braggd("send", self.scan, "--bind", self.endpoint, "--shared-memory", self.shared)
        report = daemon.reports(expect=0)[0]
        self.assertEqual(report["exit_status"], "complete")
        self.same_results(report["outputs"][0], self.expected())
        self.assertEqual(list(self.shared.iterdir()), [], "the sender leaves nothing behind")

    def forwarded(self, daemon):
        """Every message of a scan goes through a pool of three slots that this test makes."""
        context = zmq.Context()
        self.addCleanup(context.destroy, linger=0)
        push = context.socket(zmq.PUSH)
        push.bind(self.endpoint)
        pull = context.socket(zmq.PULL)
        pull.rcvtimeo = int(20000 * SLOW)
        port = pull.bind_to_random_port("tcp://127.0.0.1")
        sender = subprocess.Popen([PROGRAM, "send", str(self.scan), "--connect", f"tcp://127.0.0.1:{port}"],
                                  stdout=subprocess.DEVNULL)
        pool = Pool(self.shared, 3, 1 << 20)
        for _ in range(62):
            push.send(pool.put(pull.recv()))
        self.assertEqual(sender.wait(30 * SLOW), 0)
        reports = daemon.reports()
        return reports, pool

    def test_another_program_may_do_the_same(self):
        reports, pool = self.forwarded(self.daemon("forwarded"))
        self.assertEqual(reports[0]["exit_status"], "complete")
        self.same_results(reports[0]["outputs"][0], self.expected())
        self.assertEqual([pool.state(slot) for slot in range(3)], [0, 0, 0])

    def test_a_receiver_that_was_not_told_of_it_says_what_to_set(self):
        daemon = self.daemon("refused", shared=False)
        context = zmq.Context()
        self.addCleanup(context.destroy, linger=0)
        push = context.socket(zmq.PUSH)
        push.bind(self.endpoint)
        push.send(Pool(self.shared, 1, 4096).put(b"anything"))
        time.sleep(1 * SLOW)
        daemon.signal()
        daemon.reports()
        self.assertIn("source.shared_memory names no directory", daemon.log)
        self.assertEqual(daemon.strays["unreadable"], 1)


if __name__ == "__main__":
    unittest.main()
