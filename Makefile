# A thin front for newcomers: installs what is missing from Debian, then calls the CMake presets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
PREFIX ?= /usr/local
# Options for CMake, such as -DBRAGGD_TESTS=OFF.
CONFIGURE ?=
# Builds the page; a Node.js that came from elsewhere will do, and is not replaced.
NODE_PACKAGES := $(shell command -v npm >/dev/null || echo nodejs npm)
BUILD_PACKAGES := g++ cmake ninja-build pkg-config ccache libzmq3-dev cppzmq-dev libhdf5-dev libtbb-dev \
  libspdlog-dev libyaml-cpp-dev liblz4-dev libzstd-dev libcbor-dev libzip-dev libsqlite3-dev libcli11-dev libeigen3-dev nlohmann-json3-dev \
  libssl-dev libcpp-httplib-dev libpng-dev libsystemd-dev prometheus-cpp-dev libtorch-dev libopenblas0-pthread libgtest-dev libgmock-dev libbenchmark-dev \
  $(NODE_PACKAGES)
TEST_PACKAGES := git bzip2 clang clang-format clang-tidy libclang-rt-14-dev python3 python3-h5py python3-numpy python3-jsonschema graphviz \
  python3-yaml python3-zmq chromium fonts-dejavu-core prometheus systemd
PACKAGE_PACKAGES := dpkg-dev file
DEMO_PACKAGES := python3 python3-h5py python3-numpy python3-matplotlib

define install_missing
@missing=""; for p in $(1); do \
  dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
if [ -n "$$missing" ]; then echo "installing:$$missing"; $(SUDO) apt-get update -qq; \
  DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $$missing >/dev/null; fi
endef

define build
cmake --preset $(1) $(CONFIGURE) > /dev/null
cmake --build --preset $(1)
endef

.PHONY: help
help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

.PHONY: build
build: ## the optimised program, build/release/src/braggd
	$(call install_missing,$(BUILD_PACKAGES))
	$(call build,release)

.PHONY: demo
demo: ## a simulated scan streams over ZeroMQ into the daemon; ends with the result
	$(call install_missing,$(BUILD_PACKAGES) $(DEMO_PACKAGES))
	$(call build,release)
	config/demo/demo.sh build/release/src/braggd build/demo

.PHONY: test
test: test-release test-asan-ubsan test-tsan ## everything: GCC, Clang with sanitizers and fuzzers, thread sanitizer

.PHONY: test-release test-clang test-debug test-asan-ubsan test-tsan
test-release test-clang test-debug test-asan-ubsan: test-%:
	$(call install_missing,$(BUILD_PACKAGES) $(TEST_PACKAGES))
	$(call build,$*)
	ctest --preset $*

# The thread sanitizer needs a oneTBB that it can see into.
test-tsan:
	$(call install_missing,$(BUILD_PACKAGES) $(TEST_PACKAGES))
	$(call build,tsan)
	if library=$$(tests/house/build_tsan_tbb.sh build/tsan-tbb); then \
	  LD_LIBRARY_PATH=$$library TSAN_OPTIONS=suppressions=$(CURDIR)/tests/tsan.supp ctest --preset tsan; \
	else echo "LEFT OUT: Debian's source of oneTBB is not to be had, so the thread sanitizer has nothing to say"; fi

.PHONY: soak
soak: ## half an hour of scans back to back with everybody watching: does the service stay as it was?
	$(call install_missing,$(BUILD_PACKAGES) $(TEST_PACKAGES))
	$(call build,release)
	/usr/bin/python3 tests/soak/soak.py build/release/src/braggd --minutes 30 --out build/soak.json

.PHONY: bench
bench: ## the measurements
	$(call install_missing,$(BUILD_PACKAGES))
	$(call build,release)
	mkdir -p build/bench
	build/release/bench/kernels_bench --benchmark_min_time=0.2 --benchmark_out=build/bench/kernels.json
	python3 bench/compare.py build/bench/kernels.json $$(ls bench/baseline.json 2>/dev/null)
	build/release/bench/inference_bench $$(dirname models/*/manifest.json) | tee build/bench/inference.json
	python3 bench/pipeline_bench.py build/release --out build/bench/pipeline.json

.PHONY: format
format: ## clang-format over the tree
	git ls-files '*.cpp' '*.hpp' | xargs clang-format -i

.PHONY: lint
lint: ## clang-tidy over the tree, and the house's own checks
	$(call install_missing,$(BUILD_PACKAGES) $(TEST_PACKAGES))
	cmake --preset clang > /dev/null
	git ls-files 'src/*.cpp' | xargs -P 2 -n 4 clang-tidy -p build/clang --quiet
	python3 tests/house/check_includes.py .

.PHONY: references
references: build ## writes the generated reference and schema anew
	build/release/src/braggd list --markdown > config/reference.md
	build/release/src/braggd list --json-schema > config/pipeline.schema.json

.PHONY: models
models: build ## trains the shipped models anew; minutes on a GPU, hours on one core (models/README.md)
	@set -e; b=build/release/src/braggd; m=build/models; \
	narrow="--sigma-max 2.2 --peak-max 500 --lorentz-max 0.8 --winged 0 --background-min 0.05 --background-max 0.05"; set -x; \
	$$b model train braggnn-fast --out $$m/fast-1 --seed 1 --patches 60736512 --pool 1500000 $$narrow; \
	$$b model train braggnn-fast --out $$m/fast-2 --start-from $$m/fast-1 --seed 7 --patches 40000000 $$narrow; \
	$$b model train braggnn-fast --out $$m/fast-3 --start-from $$m/fast-2 --seed 9 --patches 50000000 --pool 1500000 --sigma-max 2.6 --winged 0; \
	$$b model train braggnn-fast --out $$m/fast-4 --start-from $$m/fast-3 --seed 11 --patches 90000000 --pool 2000000 --sigma-max 2.8 --peak-max 1500 --winged 0; \
	$$b model train braggnn-fast --out $$m/fast-5 --start-from $$m/fast-4 --seed 13 --patches 95000000 --pool 2000000 --winged 0; \
	$$b model train braggnn-fast --out $$m/fast-6 --start-from $$m/fast-5 --seed 17 --patches 36000000 --pool 1200000 --winged 0; \
	$$b model train braggnn-fast --out $$m/fast-7 --start-from $$m/fast-6 --seed 21 --patches 90000000 --pool 2000000; \
	$$b model train braggnn-fast --out models/braggnn-fast --start-from $$m/fast-7 --seed 23 --patches 140000000 --pool 3000000; \
	$$b model train braggnn-11 --out $$m/braggnn-11 --seed 1 --patches 24118784 --pool 1500000 --tailed 0 $$narrow; \
	$$b model train braggnn-11 --out $$m/braggnn-11-2 --start-from $$m/braggnn-11 --seed 31 --patches 12000000 --pool 2000000; \
	$$b model train braggnn-11 --out models/braggnn-11 --start-from $$m/braggnn-11-2 --seed 35 --patches 15000000 --pool 2000000; \
	$$b model train braggnn-15 --out models/braggnn-15 --seed 1 --patches 23680512 --pool 1500000 --tailed 0 $$narrow
	build/release/src/braggd model judge models/braggnn-fast models/braggnn-11 models/braggnn-15 > models/accuracy.md
	config/demo/rei_model.sh build/release/src/braggd build/models models/rei-demo

.PHONY: install
install: build ## into PREFIX (default /usr/local), below DESTDIR where that is given
	$(if $(DESTDIR),,$(SUDO)) cmake --install build/release --prefix $(PREFIX)

.PHONY: package
package: build ## a Debian package, build/release/braggd_VERSION_ARCHITECTURE.deb
	$(call install_missing,$(PACKAGE_PACKAGES))
	cd build/release && cpack

# Needs the network, root and some minutes.
.PHONY: test-package
test-package: package ## installs the package into a clean Debian, runs it there, purges it
	$(call install_missing,debootstrap)
	$(SUDO) tests/package/clean_root.sh build/release/braggd_*.deb
