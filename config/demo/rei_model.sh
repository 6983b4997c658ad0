#!/usr/bin/env bash
# The model that the demonstration scores with, made of repeated scans of the sample without load:
# rei_model.sh BRAGGD FOLDER BUNDLE
set -euo pipefail
braggd=$(realpath "$1")
folder=$2
bundle=$3
here=$(cd "$(dirname "$0")" && pwd)
source "$here/sample.sh"

rm -rf "$folder"
mkdir -p "$folder"
for repeat in 0 1 2 3 4; do simulate_sample "$braggd" "$folder/baseline_$repeat.h5" "$repeat"; done
"$braggd" model init "$folder"/baseline_{0,1,2,3,4}.h5 --name rei-demo --store "$folder/store" -p "$here/pipeline.yaml" \
  --epochs 40 --clusters 30 --seed 1
rm -rf "$bundle"
"$braggd" model export rei-demo "$bundle" --store "$folder/store"
