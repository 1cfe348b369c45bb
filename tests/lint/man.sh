#!/bin/sh
# Do the manual pages compile, and does mandoc find nothing to warn of?
set -eu
cd "$1/daemon/man"
for page in *.scd; do
	scdoc <"$page" | mandoc -Tlint -Werror
done
