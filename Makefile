# The few commands a visitor needs; scripts/check holds what CI runs.
BUILD := build/release

.PHONY: all perf check check-long chaos simulation fuzz format docs clean

all:
	scripts/deps build
	cmake --preset release
	cmake --build --preset release

# The whole way from a fresh clone to numbers of this machine.
perf:
	scripts/deps build
	cmake --preset release
	cmake --build --preset release --target tools/weft perf/all_reduce_perf
	$(BUILD)/tools/weft run -n 4 $(BUILD)/perf/all_reduce_perf -b 8 -e 64M -f 2

check:
	scripts/check

# The fault contract at full size: 1,000 single deaths, 200 double ones, the other ends, and a table; a machine with
# other work misses the limits. JOBS=n SEED=n CASE=filter replays what a failure names.
chaos:
	cmake --preset release
	cmake --build --preset release --target test_chaos
	WEFT_CHAOS_JOBS=$(or $(JOBS),1000) WEFT_CHAOS_SEED=$(or $(SEED),1) WEFT_CHAOS_OPERATIONS=$(or $(OPERATIONS),1000) \
	  WEFT_CHAOS_LIMITS=1 $(BUILD)/tests/test_chaos --gtest_filter='$(or $(CASE),*)'

# Simulated jobs of the seeds FROM to TO - 1, 100,000 unless given; a seed that fails is replayed with a trace.
simulation:
	cmake --preset release
	cmake --build --preset release --target test_simulation
	WEFT_SIMULATION_SEEDS=$(or $(FROM),0)-$(or $(TO),100000) $(BUILD)/tests/test_simulation

check-long:
	scripts/check --long

# One part: check-format, check-release, check-install, check-asan, check-tsan, check-clang, check-fuzz.
check-%:
	scripts/check $*

# Each fuzzer for 60 seconds; `make fuzz SECONDS=600` for longer.
fuzz:
	scripts/deps
	scripts/fuzz --seconds $(or $(SECONDS),60)

format:
	git ls-files -z '*.cc' '*.h' '*.c' | xargs -0 clang-format -i

# Writes the pages that are generated from the sources.
docs:
	cmake --preset release
	cmake --build --preset release --target docs

clean:
	rm -rf build
