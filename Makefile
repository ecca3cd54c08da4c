# The front door. `make help` lists the targets; CMake and ninja do the work, in build/.
PREFIX ?= /usr/local
DESTDIR ?=
PCAP ?=
IFACE ?= auto
DEMO_HOST := 10.77.0.2/32,fd77::2/128
ARGS ?= $(if $(filter examples/demo.pcap,$(PCAP)),-H $(DEMO_HOST))
FUZZ_SECONDS ?= 60
SOAK_SECONDS ?= 300
BENCH_ARGS ?=
V ?=

export LC_ALL := C.UTF-8
export CLICOLOR_FORCE :=

VERBOSE := $(if $(V),-v)
NINJA := tools/build.sh $(VERBOSE)
SETUP := tools/setup.sh
CTEST := ctest --output-on-failure --no-tests=error -j 2

# configure PRESET DIRECTORY FLAGS...: runs CMake unless the directory has those flags already.
configure = @tools/configure.sh $(VERBOSE) $(1) $(2) $(3)

.DEFAULT_GOAL := help
.PHONY: build run test bench bench-quick bench-diff bench-micro bench-scale instructions bench-live soak fuzz asan tsan tsan-quick scalar portable fmt tidy docs golden \
    demo install uninstall clean help

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | sort | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'
	@echo
	@echo "  IFACE=name or PCAP=file, ARGS='...' for run; FUZZ_SECONDS=n; SOAK_SECONDS=n; BENCH_ARGS='...'; PREFIX= DESTDIR=; V=1 shows every command"

build: ## build the programs into build/bin
	@$(SETUP) build
	@tools/setup_page.sh build
	$(call configure,release,build)
	@$(NINJA) build programs

# One file or interface, whatever its name holds: the shell sees it as a variable, not as words.
run: export RUN_PCAP = $(value PCAP)
run: export RUN_IFACE = $(value IFACE)
run: build ## watch IFACE (the busiest unless given) and serve what it shows; PCAP=file: summarise a capture
ifeq ($(value PCAP),)
	@tools/run_agent.sh build/bin/pktvisord $(ARGS) "$$RUN_IFACE"
else
	@build/bin/pktvisor-pcap --format text $(ARGS) "$$RUN_PCAP"
endif

test: ## build everything and run all tests
	@$(SETUP) build test
	@tools/setup_page.sh build
	$(call configure,release,build,VISOR_TESTS)
	@$(NINJA) build
	@cd build && $(CTEST)

bench: ## generate captures once, then time the program beside tcpdump -w, itself with less to do, and the floor
	@$(SETUP) build bench
	$(call configure,release,build,VISOR_BENCH)
	@$(NINJA) build
	@python3 tools/bench.py $(BENCH_ARGS)

bench-diff: ## the same beside the ratios kept in bench/baseline.json
	@$(MAKE) --no-print-directory bench BENCH_ARGS="--diff $(BENCH_ARGS)"

bench-micro: ## time each sketch, hash, parser and table by itself
	@$(MAKE) --no-print-directory bench BENCH_ARGS="--only micro"

bench-scale: ## time merging, rendering and scraping against policies, workers, handlers, periods and list sizes
	@$(SETUP) build bench
	$(call configure,release,build,VISOR_BENCH)
	@$(NINJA) build pcapgen
	@$(NINJA) build bench_scale
	@python3 tools/bench.py --scale

instructions: ## count instructions a packet, by room; more than 5 % above bench/baseline.json fails
	@$(SETUP) build bench
	$(call configure,release,build,VISOR_BENCH)
	@$(NINJA) build programs
	@$(NINJA) build pcapgen
	@python3 tools/instructions.py $(BENCH_ARGS)

bench-live: ## time the agent on a live interface against tcpdump and a bare reader, at rising rates (root)
	@$(SETUP) build bench
	$(call configure,release,build,VISOR_BENCH)
	@$(NINJA) build
	@python3 tools/bench_live.py $(BENCH_ARGS)

soak: ## SOAK_SECONDS (300) of traffic without a name, address or port twice: memory stays flat (root)
	@$(SETUP) build test soak
	$(call configure,release,build,VISOR_TESTS)
	@$(NINJA) build programs
	@$(NINJA) build live_sender
	@python3 tests/live/life_test.py build/bin/pktvisord build/bin/live_sender attack \
	    --seconds $(SOAK_SECONDS) --frames 100000000

bench-quick: ## the same on captures a tenth as large, in seconds
	@$(MAKE) --no-print-directory bench BENCH_ARGS="--quick $(BENCH_ARGS)"

# What a sanitizer of clang names the places of a stack with.
asan fuzz: export ASAN_SYMBOLIZER_PATH = $(shell command -v llvm-symbolizer-14)

fuzz: ## run every fuzz target for FUZZ_SECONDS each
	@$(SETUP) build test clang
	$(call configure,asan,build/asan)
	@$(NINJA) build/asan fuzz/all
	@tools/fuzz.sh build/asan $(FUZZ_SECONDS)

asan: ## all tests but those that load an interface, under the address and undefined-behaviour sanitizers
	@$(SETUP) build test clang
	$(call configure,asan,build/asan)
	@$(NINJA) build/asan
	@cd build/asan && $(CTEST) -LE live

tsan: ## all tests under the thread sanitizer
	@$(SETUP) build test
	$(call configure,tsan,build/tsan)
	@$(NINJA) build/tsan
	@cd build/tsan && $(CTEST)

tsan-quick: ## those of them with several threads
	@$(SETUP) build test
	$(call configure,tsan,build/tsan)
	@$(NINJA) build/tsan programs base_test engine_test http_test print_openapi
	@cd build/tsan && $(CTEST) -R '^(base|engine|http|agent\..*|cli\.options|cli\.same_result|golden\.demo|golden\.recorded_mixed.*)$$'

scalar: build ## unit tests and program without SSE2 intrinsics: the same JSON as with them, byte for byte
	@$(SETUP) test
	$(call configure,scalar,build/scalar)
	@$(NINJA) build/scalar programs base_test sketch_test wire_test pcapgen
	@cd build/scalar && $(CTEST) -R '^(base|sketch|wire)$$'
	@for mode in dns attack; do \
	    build/scalar/bin/pcapgen $$mode build/scalar/$$mode.pcap --packets 100000 >/dev/null || exit 1; done
	@python3 tests/same_output.py build/bin/pktvisor-pcap build/scalar/bin/pktvisor-pcap tests/goldens/captures \
	    examples/demo.pcap build/scalar/dns.pcap build/scalar/attack.pcap

portable: ## the agent without what only Linux has: it builds, and captures through libpcap alone
	@$(SETUP) build
	$(call configure,scalar,build/scalar)
	@$(NINJA) build/scalar pktvisord
	@build/scalar/bin/pktvisord --check-config packaging/visor.yaml >/dev/null
	@! build/scalar/bin/pktvisord --config tests/af_packet.yaml >build/scalar/refused.log 2>&1
	@grep -q 'af_packet is not in this build' build/scalar/refused.log

fmt: ## format the sources in place
	@$(SETUP) tidy
	@tools/sources.sh | xargs clang-format-14 -i

tidy: ## check layering, sizes, links, format, and clang-tidy on changed files (ALL=1: on all)
	@$(SETUP) build test tidy
	@python3 tools/tidy.py
	@tools/sources.sh | xargs clang-format-14 --dry-run -Werror
	$(call configure,release,build,VISOR_TESTS)
	@tools/clang_tidy.sh $(if $(ALL),--all)

docs: ## write docs/ from the program's tables, and refresh what the documents quote from the program
	@$(SETUP) build test
	$(call configure,release,build,VISOR_TESTS)
	@$(NINJA) build programs
	@$(NINJA) build gen_docs
	@build/bin/gen_docs docs
	@python3 tools/docs.py

golden: ## make the goldens' captures and their truths again, with tshark
	@$(SETUP) golden
	@python3 tests/goldens/remake.py

demo: ## record examples/demo.pcap again from real daemons in network namespaces (root)
	@$(SETUP) demo golden
	@tools/make_demo_capture.sh examples/demo.pcap
	@python3 tools/tshark_truth.py examples/demo.pcap > examples/demo.truth.json

install: build ## install the programs under PREFIX (honours DESTDIR)
	@DESTDIR="$(DESTDIR)" cmake --install build --prefix "$(PREFIX)" --strip

uninstall: ## remove what the last install put there
	@test -f build/install_manifest.txt || { echo "nothing installed from here"; exit 1; }
	@sed 's|^|$(DESTDIR)|' build/install_manifest.txt | xargs -d '\n' rm -fv

clean: ## remove build/ (and with it the generated benchmark captures)
	@rm -rf build
