# The simulated sample of the demonstration: sourced by demo.sh and by `make models`.
# simulate_sample BRAGGD FILE REPEAT [KEY=VALUE ...]
simulate_sample() {
  local braggd=$1 file=$2 repeat=$3
  shift 3
  local settings=(frames=180 omega_step_deg=0.5 rows=1024 cols=1024 pixel_um=400 grains=60 mosaic_deg=0.1)
  local words=()
  for setting in "${settings[@]}" "repeat=$repeat" "$@"; do words+=(--set "$setting"); done
  "$braggd" --log-level warn simulate "$file" "${words[@]}" > /dev/null
}
