# shellcheck shell=bash
# common.sh - what the scripts share; sourced from the top folder of the repository.

say() { printf '==> %s\n' "$*"; }

# How many jobs at a time: the processors, and at least 1 GB of memory for each.
jobs() {
  local cpus memory
  cpus=$(nproc)
  memory=$(awk '/MemAvailable/ { print int($2 / 1000000) }' /proc/meminfo)
  [ "$memory" -ge 1 ] || memory=1
  if [ "$cpus" -lt "$memory" ]; then echo "$cpus"; else echo "$memory"; fi
}

# configure PRESET BINARY_DIR [-DX=Y...]: quiet, unless it fails.
configure() {
  local preset=$1 dir=$2
  shift 2
  local cache=()
  if command -v ccache >/dev/null; then
    cache=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  fi
  # Some five hundred programs are linked, most of them tests: lld needs a quarter of the time.
  if command -v ld.lld >/dev/null; then
    cache+=(-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld -DCMAKE_MODULE_LINKER_FLAGS=-fuse-ld=lld)
  fi
  cmake --preset "$preset" -B "$dir" "${cache[@]}" "$@" >"$dir.configure.log" 2>&1 || {
    tail -20 "$dir.configure.log" >&2
    return 1
  }
  rm -f "$dir.configure.log"
}

# compile BINARY_DIR [TARGET...]: progress as ninja shows it on a terminal, else some lines.
compile() {
  local dir=$1
  shift
  if [ -t 1 ]; then
    ninja -C "$dir" -j "$(jobs)" "$@"
  else
    NINJA_STATUS='[%f/%t] ' ninja -C "$dir" -j "$(jobs)" "$@" |
      awk '!/^\[[0-9]+\/[0-9]+\] / { print; fflush(); next }
           { n++; split($1, part, /[^0-9]+/); if (n % 25 == 1 || part[2] == part[3]) { print; fflush() } }'
  fi
}
