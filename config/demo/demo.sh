#!/usr/bin/env bash
# A sample is loaded step by step; each scan streams over ZeroMQ into the daemon, which says when plasticity begins:
# demo.sh BRAGGD FOLDER
set -euo pipefail
braggd=$(realpath "$1")
folder=$2
here=$(cd "$(dirname "$0")" && pwd)
port=${BRAGGD_DEMO_PORT:-31001}
source "$here/sample.sh"

# Load in MPa, lattice parameter under it (elastic: 70 GPa), steps of plastic deformation.
loads=(0 80 160 200 220 240)
lattices=(4.0495 4.0541 4.0588 4.0611 4.0611 4.0611)
plastic=(0 0 0 1 2 3)

rm -rf "$folder"
mkdir -p "$folder"
echo "== 1. a polycrystal is turned in front of a detector, under ${#loads[@]} loads; it yields between 160 and 200 MPa"
for i in "${!loads[@]}"; do
  simulate_sample "$braggd" "$folder/load_${loads[$i]}_MPa.h5" "$((100 + i))" "load_step=${plastic[$i]}" \
    "lattice_parameter_angstrom=${lattices[$i]}"
done

echo "== 2. the daemon waits; an edge node sends scan after scan over ZeroMQ"
"$braggd" run "$here/pipeline.yaml" --set "source.connect=tcp://127.0.0.1:$port" --set "source.scans=${#loads[@]}" \
  --set "sinks.nexus_file.directory=$folder/results" > "$folder/report.txt" &
daemon=$!
trap 'kill "$daemon" 2>/dev/null || true' EXIT
for load in "${loads[@]}"; do
  "$braggd" --log-level warn send "$folder/load_${load}_MPa.h5" --bind "tcp://127.0.0.1:$port"
done
wait "$daemon"
trap - EXIT

echo "== 3. what was found: the rare event indicator (REI), the share of spots that resemble nothing at no load"
cat "$folder/report.txt"
awk '/^scan /  { scan = $2; sub(":", "", scan) }
     /^  REI / { printf "%-14s REI %.3f ", scan, $2; for (i = 0; i < 100 * $2; ++i) printf "#"; print ""
                 if (!said && / changed since frame /) { said = scan " at frame " $NF } }
     END       { print said ? "Plasticity was noticed in " said "." : "No scan has changed." }' "$folder/report.txt"
"$braggd" inspect "$folder/results/load_200_MPa.h5"
cat > "$folder/plot.py" <<PLOT
import h5py
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt

figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5))
for load in ($(IFS=,; echo "${loads[*]}")):
    with h5py.File(f"$folder/results/load_{load}_MPa.h5") as f:
        anomaly = f["entry/anomaly"]
        left.errorbar(load, anomaly["rei"][()], anomaly["rei_error"][()], fmt="o",
                      color="C3" if anomaly["decision"].asstr()[()] == "changed" else "C0")
        if load == 200:
            peaks = f["entry/peaks"]
            dots = right.scatter(peaks["col"][:], peaks["row"][:], c=peaks["anomaly_confidence"][:], s=2)
left.set(xlabel="load (MPa)", ylabel="rare event indicator")
right.set(xlabel="column (px)", ylabel="row (px)", title="200 MPa", aspect="equal")
right.invert_yaxis()
figure.colorbar(dots, label="confidence")
figure.savefig("$folder/rei.png", dpi=150)
PLOT
echo "== 4. plot it: python3 $folder/plot.py writes $folder/rei.png"
cat "$folder/plot.py"
