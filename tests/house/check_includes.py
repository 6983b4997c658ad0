#!/usr/bin/env python3
"""The arrows of the design, read off the #include lines.

Usage: check_includes.py PROJECT_ROOT. Prints each include that points against an arrow, or a third-party header
outside its quarantine; exits 1 if there is any.
"""
import pathlib
import re
import sys

# Folder -> folders whose headers it may include (its own always).
BOTTOM = {"core"}
FORMATS = BOTTOM | {"kernels"}
STAGES = FORMATS | {"formats", "wire", "sockets", "simulation", "inference", "learning"}
MAY_INCLUDE = {
    "core": set(),
    "kernels": BOTTOM,
    "wire": FORMATS,
    "sockets": BOTTOM,
    "formats": FORMATS,
    "simulation": FORMATS,
    "inference": FORMATS,
    # Networks learn from simulated patches and are written as what inference reads; weights of others come in HDF5.
    "learning": FORMATS | {"formats", "simulation", "inference"},
    "stages": STAGES,
    "sources": STAGES,
    "sinks": STAGES,
    "pipeline": STAGES | {"stages", "sources", "sinks"},
    "service": STAGES | {"stages", "sources", "sinks", "pipeline"},
    "cli": STAGES | {"stages", "sources", "sinks", "pipeline", "service"},
    ".": {"core", "cli", "service", "pipeline"},
}
QUARANTINE = {
    r"tbb/": {"pipeline"},
    r"hdf5\.h|H5": {"formats", "sinks"},
    r"zmq": {"sockets", "sources", "sinks"},
    r"yaml-cpp/": {"pipeline"},
    r"cbor\.h": {"wire"},
    r"zip\.h": {"formats", "inference"},  # model archives are looked through before LibTorch opens them
    r"lz4|zstd": {"kernels"},
    r"Eigen/": {"kernels", "learning"},
    r"CLI/": {"cli"},
    r"sqlite3": {"learning"},
    r"torch/|ATen/|c10/": {"inference", "learning"},
    r"spdlog/spdlog\.h": {"formats", "sockets", "sources", "sinks", "pipeline", "service", "cli", "."},
}


def problems_of(path: pathlib.Path, folder: str):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        own = re.match(r'#include "([^"]+)"', line)
        if own:
            target = own.group(1).split("/")[0]
            if "/" not in own.group(1):
                yield number, f'"{own.group(1)}" has no folder'
            elif target != folder and target not in MAY_INCLUDE[folder]:
                yield number, f"{folder} may not include {own.group(1)}"
        third = re.match(r"#include <([^>]+)>", line)
        if third:
            for pattern, folders in QUARANTINE.items():
                if re.match(pattern, third.group(1)) and folder not in folders:
                    yield number, f"<{third.group(1)}> belongs in {sorted(folders)} only"


def main() -> int:
    source = pathlib.Path(sys.argv[1]) / "src"
    found = 0
    files = sorted(p for p in source.rglob("*") if p.suffix in {".cpp", ".hpp"})
    for path in files:
        folder = str(path.relative_to(source).parent).split("/")[0]
        if folder not in MAY_INCLUDE:
            print(f"{path}: folder {folder} is not in the design")
            found += 1
            continue
        for number, text in problems_of(path, folder):
            print(f"{path}:{number}: {text}")
            found += 1
    print(f"{len(files)} files read, {found} includes against the arrows")
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main())
