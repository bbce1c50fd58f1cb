#!/usr/bin/env bash
# launch.sh LAUNCHER WEFT PROGRAM: runs PROGRAM (all_reduce_perf) as four ranks under one launcher.
# It must end well, and say once that no element was wrong: ranks that did not find each other would each say it.
set -uo pipefail
launcher=$1 weft=$2 program=("$3" -b 8 -e 256K -f 8 -n 5 -w 1)

# What torch.distributed's launchers set; the port is one that they use for themselves, so it need not be free.
with_rank_variables() {
  local rank pids=() failed=0
  export WORLD_SIZE=4 MASTER_ADDR=127.0.0.1 MASTER_PORT=$((20000 + RANDOM % 10000))
  for rank in 0 1 2 3; do
    RANK=$rank "$@" &
    pids+=($!)
  done
  for rank in 0 1 2 3; do wait "${pids[rank]}" || failed=1; done
  return $failed
}

under_torchrun() {
  export TORCHELASTIC_RUN_ID=$$-$RANDOM TORCHELASTIC_RESTART_COUNT=0 GROUP_RANK=0 LOCAL_WORLD_SIZE=4
  with_rank_variables bash -c 'LOCAL_RANK=$RANK exec "$@"' bash "$@"
}

run() {
  case $launcher in
    weft_run) "$weft" run -n 4 "${program[@]}" ;;
    openmpi) mpirun.openmpi --allow-run-as-root --oversubscribe -n 4 "${program[@]}" ;;
    mpich) mpiexec.mpich -n 4 "${program[@]}" ;;
    torchrun) under_torchrun "${program[@]}" ;;
    rank_variables) with_rank_variables "${program[@]}" ;;
    *) echo "launch.sh: no launcher is named \"$launcher\"" >&2; return 2 ;;
  esac
}

output=$(run 2>&1 </dev/null)
status=$?
echo "$output"
said=$(grep -c 'Out of bounds values : 0 OK' <<<"$output")
[[ $status == 0 && $said == 1 ]] && exit 0
echo "launch.sh: $launcher ended with status $status; the verdict of 0 wrong values was printed $said times, not once"
exit 1
