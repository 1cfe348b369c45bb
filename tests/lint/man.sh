#!/bin/sh
# Do the manual pages compile, and does mandoc find nothing to warn of? (The empty paragraphs are
# scdoc's own.)
set -eu
cd "$1/daemon/man"
for source in *.scd; do
	page=$(scdoc <"$source") || { echo "$source: scdoc cannot read it"; exit 1; }
	found=$(printf '%s\n' "$page" | mandoc -Tlint -Wwarning | grep -v 'skipping paragraph macro') || true
	[ -z "$found" ] || { printf '%s:\n%s\n' "$source" "$found"; exit 1; }
done
