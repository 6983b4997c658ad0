"""The page against the real service: starts one, then lets live.mjs drive the browser. Ends with node's exit code."""
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))
from braggd_test import COUNTING, PROGRAM, free_ports, simulate  # noqa: E402
from service_test import TOKEN, Service  # noqa: E402


def main():
    node, script = sys.argv[1], str(HERE / "live.mjs")
    with tempfile.TemporaryDirectory(prefix="braggd-web-") as folder:
        work = pathlib.Path(folder)
        endpoint = f"tcp://127.0.0.1:{free_ports(1)[0]}"
        scan, pipeline, token = work / "scan.h5", work / "pipeline.yaml", work / "token"
        simulate(scan, 120, 512, 512)
        token.touch(0o600)
        token.write_text(TOKEN + "\n")
        pipeline.write_text((COUNTING % 6).replace(
            "{type: replay}", f"{{type: stream2, connect: ['{endpoint}'], close_timeout_s: 1}}")
            + "service: {token_file: token, disk_low: 0}\n")
        service = Service(pipeline)
        try:
            send = f"{PROGRAM} send {scan} --bind {endpoint} --rate 12 --json >/dev/null"
            return subprocess.run([node, script], env={
                **os.environ, "BRAGGD_URL": f"http://127.0.0.1:{service.port}/", "BRAGGD_TOKEN": TOKEN, "BRAGGD_SEND": send,
                "BRAGGD_PIPELINE_FILE": str(pipeline)}).returncode
        finally:
            service.end()


if __name__ == "__main__":
    sys.exit(main())
