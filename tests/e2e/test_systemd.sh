#!/usr/bin/env bash
# test_systemd: the units are valid, and the daemon's is as closed as it says (<= 1.5).
#
#   tests/e2e/test_systemd.sh SOURCE_DIR BUILD_DIR
set -euo pipefail
source_dir=$1
command -v systemd-analyze >/dev/null || {
  echo "skipped: no systemd-analyze here"
  exit 77
}
systemd-analyze security --offline=true --threshold=15 --no-pager \
  "$source_dir/systemd/carewatch.service" >/dev/null

# Everything but the program itself must be known to systemd.
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
sed 's#/usr/bin/carewatch#/bin/true#' "$source_dir/systemd/carewatch.service" \
  >"$dir/carewatch.service"
systemd-analyze verify --man=no "$dir/carewatch.service" 2>"$dir/err" || true
if grep -q 'carewatch.service' "$dir/err"; then
  cat "$dir/err"
  exit 1
fi
