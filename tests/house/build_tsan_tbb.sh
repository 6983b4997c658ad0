#!/usr/bin/env bash
# Builds Debian's oneTBB with the thread sanitizer into a folder: build_tsan_tbb.sh FOLDER
# The packaged library is not instrumented: the sanitizer cannot see how it hands tasks from thread to thread and would
# report every hand-over as a race. Prints the folder of the library; ends with 3 where the source is not to be had.
set -euo pipefail
mkdir -p "$1"
cd "$1"
find_library() { find "$PWD" -name 'libtbb.so.12' -printf '%h\n' 2>/dev/null | head -n 1; }

if [ -z "$(find_library)" ]; then
  mkdir -p lists/partial parts
  apt=(apt-get -qq -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$PWD/parts" -o "Dir::State::Lists=$PWD/lists")
  sed 's/^Types: deb$/Types: deb-src/' /etc/apt/sources.list.d/debian.sources > parts/source.sources
  { "${apt[@]}" update && "${apt[@]}" source --download-only onetbb; } > download.log 2>&1 || exit 3
  tar xf onetbb_*.orig.tar.*
  cmake -S oneTBB-* -B built -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DTBB_SANITIZE=thread -DTBB_TEST=OFF \
    -DTBB_STRICT=OFF -DTBBMALLOC_BUILD=OFF -DTBBMALLOC_PROXY_BUILD=OFF > build.log 2>&1
  ninja -C built >> build.log 2>&1
fi
find_library
