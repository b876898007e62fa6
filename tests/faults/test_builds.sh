#!/usr/bin/env bash
# test_builds.sh SOURCE_DIR BUILD_DIR: three simulated days say the same bytes in a build by gcc
# and in one by clang. The other build is made here (one target, in BUILD_DIR/other_compiler).
set -euo pipefail
source=$1 build=$2 other=$2/other_compiler target=faults_test_determinism

mine=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")
case $("$mine" --version) in
*clang*) cc=gcc cxx=g++ ;;
*) cc=clang cxx=clang++ ;;
esac
for tool in $cc $cxx; do
  command -v $tool >/dev/null || { echo "skipped: no $tool here"; exit 77; }
done
launch=()
if command -v ccache >/dev/null; then
  launch=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi
cmake -S "$source" -B "$other" -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_C_COMPILER=$cc -DCMAKE_CXX_COMPILER=$cxx "${launch[@]}" >/dev/null
nice cmake --build "$other" --target $target >"$other/build.log" 2>&1 || { tail -20 "$other/build.log"; exit 1; }

here=$("$build/tests/$target" digest)
there=$("$other/tests/$target" digest)
echo "$mine: $here"
echo "$cc: $there"
[ "$here" = "$there" ]
