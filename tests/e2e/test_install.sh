#!/usr/bin/env bash
# test_install: an installed carewatch stands on its own: the binary, its configuration and
# unit in a prefix, and a plugin built with nothing but the installed headers.
#
#   tests/e2e/test_install.sh SOURCE_DIR BUILD_DIR
set -euo pipefail
source_dir=$1 build=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
umask 022
fail() { echo "FAILED: $*"; exit 1; }
wants() { # TEXT FILE
  grep -qF -- "$1" "$2" || { cat "$2"; fail "wanted: $1"; }
}

prefix=$dir/prefix
cmake --install "$build" --prefix "$prefix" >"$dir/install.log" || { cat "$dir/install.log"; exit 1; }
bin=$prefix/bin/carewatch
for file in bin/carewatch etc/carewatch/carewatch.conf lib/systemd/system/carewatch.service \
  include/carewatch/plugin.h include/carewatch/event.h include/carewatch/str.h \
  lib/carewatch/plugins/decode_json.so share/carewatch/conf/demo.conf \
  share/carewatch/systemd/mosquitto.service.d/carewatch.conf; do
  [ -f "$prefix/$file" ] || fail "$file is not installed"
done
wants "ExecStart=$bin serve -c $prefix/etc/carewatch/carewatch.conf" \
  "$prefix/lib/systemd/system/carewatch.service"
"$bin" --version | grep -q '^carewatch [0-9]' || fail "no version"
"$bin" check -c "$prefix/etc/carewatch/carewatch.conf" || fail "the installed configuration"

# An operator's configuration survives an update.
echo '# mine' >"$prefix/etc/carewatch/carewatch.conf"
cmake --install "$build" --prefix "$prefix" >/dev/null
wants '# mine' "$prefix/etc/carewatch/carewatch.conf"

# A plugin of one's own.
mkdir "$dir/own" "$dir/plugins"
(cd "$dir/own" && make -s -f "$source_dir/tests/plugin_example/Makefile" PREFIX="$prefix")
cp "$dir/own/detect_constant.so" "$dir/plugins/"
cat >"$dir/own.conf" <<END
plugins: { dir = "$dir/plugins"; load = [ "detect_constant" ]; };
rules = ( { name = "mat-constant"; detector = "constant"; metric = "hr"; repeats = 30; } );
END
"$bin" check -c "$dir/own.conf" || fail "the plugin was not taken"
"$bin" config -c "$dir/own.conf" -o json >"$dir/own.json"
wants '"detector":"constant"' "$dir/own.json"
wants '"repeats":30' "$dir/own.json"
sed -i 's/repeats = 30/repeat = 30/' "$dir/own.conf"
"$bin" check -c "$dir/own.conf" 2>"$dir/err" && fail "a mistake in its options was taken"
wants "own.conf:2: unknown option rules.mat-constant.repeat, did you mean repeats?" "$dir/err"

# One for another ABI is refused by name.
rm "$dir/own/detect_constant.so"
(cd "$dir/own" && make -s -f "$source_dir/tests/plugin_example/Makefile" PREFIX="$prefix" \
  CFLAGS=-DEXAMPLE_ABI=7)
cp "$dir/own/detect_constant.so" "$dir/plugins/old_stuck.so"
sed -i 's/"detect_constant"/"old_stuck"/' "$dir/own.conf"
"$bin" check -c "$dir/own.conf" 2>"$dir/err" && fail "another ABI was taken"
wants "$dir/plugins/old_stuck.so is built for plugin ABI 7, this daemon has" "$dir/err"

# What is too open is refused too.
chmod 666 "$dir/plugins/old_stuck.so"
"$bin" check -c "$dir/own.conf" 2>"$dir/err" && fail "a plugin others can write was taken"
wants "can be written by group or others" "$dir/err"
echo "ok"
