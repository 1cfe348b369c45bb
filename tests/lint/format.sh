#!/bin/sh
# Are all sources as clang-format 14 writes them?
set -eu
cd "$1"
find daemon include tests -name '*.[ch]' -print0 | xargs -0 clang-format --dry-run --Werror
