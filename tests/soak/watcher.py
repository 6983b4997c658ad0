"""One who watches a service until SIGTERM comes: watcher.py page|metrics|preview|subscriber WHERE; prints what it met as JSON."""
import http.client
import json
import signal
import sys
import time

import zmq

going = True


def stop(*_):
    global going
    going = False


def ask(port, path):
    begun = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    connection.getresponse().read()
    connection.close()
    return time.monotonic() - begun


def main():
    signal.signal(signal.SIGTERM, stop)
    kind, where = sys.argv[1:]
    times, messages = [], 0
    if kind == "subscriber":
        socket = zmq.Context.instance().socket(zmq.SUB)
        socket.setsockopt(zmq.SUBSCRIBE, b"")
        socket.connect(where)
        while going:
            if socket.poll(200):
                socket.recv_multipart()
                messages += 1
        socket.close(0)
    elif kind == "page":
        connection = http.client.HTTPConnection("127.0.0.1", int(where), timeout=2)
        connection.request("GET", "/api/v1/events")
        events = connection.getresponse()
        asked = 0
        while going:
            events.readline()
            if time.monotonic() - asked > 0.5:
                asked = time.monotonic()
                times.append(ask(int(where), "/api/v1/status"))
    else:
        path, pause_s = {"metrics": ("/metrics", 1), "preview": ("/api/v1/preview.png?size=1024", 1)}[kind]
        while going:
            taken = ask(int(where), path)
            if kind != "preview":
                times.append(taken)  # a picture is decoded and packed for each who asks: not a page's answer
            time.sleep(pause_s)
    print(json.dumps({"times_s": times, "messages": messages}))


if __name__ == "__main__":
    main()
