#!/usr/bin/env bash
# A simulated scan streams over ZeroMQ into the daemon: demo.sh BRAGGD FOLDER
set -euo pipefail
braggd=$(realpath "$1")
folder=$2
here=$(cd "$(dirname "$0")" && pwd)
port=${BRAGGD_DEMO_PORT:-31001}

rm -rf "$folder"
mkdir -p "$folder"
echo "== 1. a polycrystal is turned in front of a detector"
"$braggd" simulate "$folder/demo.h5" --set frames=180 --set rows=1024 --set cols=1024

echo "== 2. the daemon waits; an edge node sends the scan over ZeroMQ"
"$braggd" run "$here/pipeline.yaml" --set "source.connect=tcp://127.0.0.1:$port" \
  --set "sinks.nexus_file.directory=$folder/results" > "$folder/report.txt" &
daemon=$!
trap 'kill "$daemon" 2>/dev/null || true' EXIT
"$braggd" --log-level warn send "$folder/demo.h5" --bind "tcp://127.0.0.1:$port"
wait "$daemon"
trap - EXIT

echo "== 3. what was found"
cat "$folder/report.txt"
"$braggd" inspect "$folder/results/demo.h5"
cat > "$folder/plot.py" <<PLOT
import h5py
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt

with h5py.File("$folder/results/demo.h5") as f:
    peaks = f["entry/peaks"]
    plt.scatter(peaks["col"][:], peaks["row"][:], c=peaks["omega_deg"][:], s=2)
plt.gca().set_aspect("equal")
plt.gca().invert_yaxis()
plt.xlabel("column (px)")
plt.ylabel("row (px)")
plt.colorbar(label="omega (deg)")
plt.savefig("$folder/peaks.png", dpi=150)
PLOT
echo "== 4. plot it: python3 $folder/plot.py writes $folder/peaks.png"
cat "$folder/plot.py"
echo
echo "The result is $folder/results/demo.h5; $(sed -n 's/^ *\([0-9]* peaks.*frames\/s\).*/\1/p' "$folder/report.txt")"
