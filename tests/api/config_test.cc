// Configuration of communicators and of calls: deadlines, names, and structures of other versions.
#include <cstddef>
#include <limits>
#include <thread>

#include "api/failure.h"

namespace weft::test {
namespace {

constexpr size_t kDone = 1;

weftComm_t join(const weftUniqueId& id, int ranks, int rank, const weftConfig_t& config) {
  weftComm_t comm = nullptr;
  EXPECT_EQ(weftCommInitRankConfig(&comm, ranks, id, rank, &config), weftSuccess) << weftGetLastError(nullptr);
  return comm;
}

weftUniqueId draw_id() {
  weftUniqueId id{};
  EXPECT_EQ(weftGetUniqueId(&id), weftSuccess) << weftGetLastError(nullptr);
  return id;
}

weftCallConfig_t within(double seconds) {
  weftCallConfig_t config = WEFT_CALL_CONFIG_INITIALIZER;
  config.timeout = seconds;
  return config;
}

// What rank 0 gets for a call to which rank 1 does not come, and after how long.
struct Waited {
  weftResult_t result;
  int64_t ms;
};
Waited call_alone(weftComm_t comm, const weftCallConfig_t* config) {
  float value = 1;
  const int64_t before_us = now_us();
  const weftResult_t result = weftAllReduceConfig(&value, &value, 1, weftFloat32, weftSum, comm, nullptr, config);
  return {result, ms_since(before_us)};
}

// a communicator whose configuration gives each call 300 ms, and a call that gives itself 50
// expect: timeouts after these times on the rank that waits, and then on the other one too; the text has the limit
class Deadlines : public ::testing::TestWithParam<double> {};
INSTANTIATE_TEST_SUITE_P(OfCallSeconds, Deadlines, ::testing::Values(-1, 0.05));
TEST_P(Deadlines, end_a_wait) {
  const weftUniqueId id = draw_id();
  run_threads(2, [&](int rank) {
    weftConfig_t config = WEFT_CONFIG_INITIALIZER;
    config.timeout = 0.3;
    weftComm_t comm = join(id, 2, rank, config);
    expect_sum(comm, 2);
    const double seconds = GetParam() < 0 ? 0.3 : GetParam();
    if (rank == 0) {
      const weftCallConfig_t of_call = within(GetParam());
      const Waited waited = call_alone(comm, &of_call);
      EXPECT_EQ(waited.result, weftTimeout) << weftGetLastError(comm);
      EXPECT_GE(waited.ms, static_cast<int64_t>(seconds * 1000) - 1);
      EXPECT_LT(waited.ms, static_cast<int64_t>(seconds * 1000) + kAtOnceMs);
      expect_text(weftGetLastError(comm), {"all_reduce #2", seconds == 0.3 ? "limit of 0.3 s" : "limit of 0.05 s"});
      shared_word(kDone).store(1);
    } else {
      await_word(kDone, 1);
      EXPECT_EQ(sum_one(comm), weftTimeout);
      expect_text(weftGetLastError(comm), {"rank 0"});
    }
    expect_destroyed_at_once(comm);
  });
}

// a call that has no limit on a communicator that has one
// expect: it waits for the other rank, which comes after the communicator's limit
TEST(Deadline, may_be_lifted_for_a_call) {
  const weftUniqueId id = draw_id();
  run_threads(2, [&](int rank) {
    weftConfig_t config = WEFT_CONFIG_INITIALIZER;
    config.timeout = 0.1;
    weftComm_t comm = join(id, 2, rank, config);
    expect_sum(comm, 2);
    if (rank == 1) {
      await_word(kDone, 1);
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    } else {
      shared_word(kDone).store(1);
    }
    const weftCallConfig_t of_call = within(0);
    EXPECT_EQ(call_alone(comm, &of_call).result, weftSuccess) << weftGetLastError(comm);
    EXPECT_EQ(call_alone(comm, nullptr).result, weftSuccess) << weftGetLastError(comm);
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

// a communicator with a name fails
// expect: its last error begins with the name
TEST(Config, names_a_communicator) {
  const weftUniqueId id = draw_id();
  weftConfig_t config = WEFT_CONFIG_INITIALIZER;
  config.name = "dp0";
  weftComm_t comm = join(id, 1, 0, config);
  EXPECT_EQ(weftCommRevoke(comm), weftSuccess);
  EXPECT_EQ(sum_one(comm), weftAborted);
  EXPECT_EQ(std::string(weftGetLastError(comm)).rfind("\"dp0\": rank 0 called weftCommRevoke", 0), 0u)
      << weftGetLastError(comm);
  EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
}

// each collective with a configuration, and with none
// expect: results as without
TEST(CallConfig, of_every_collective) {
  const weftUniqueId id = draw_id();
  run_threads(2, [&](int rank) {
    const weftConfig_t config = WEFT_CONFIG_INITIALIZER;
    weftComm_t comm = join(id, 2, rank, config);
    const weftCallConfig_t ten_seconds = within(10);
    for (const weftCallConfig_t* of_call : {&ten_seconds, static_cast<const weftCallConfig_t*>(nullptr)}) {
      const int32_t in[2] = {rank + 1, 10 * (rank + 1)};
      int32_t out[2] = {};
      const auto expect = [&](weftResult_t result, int32_t first, int32_t second) {
        EXPECT_EQ(result, weftSuccess) << weftGetLastError(nullptr);
        EXPECT_EQ(out[0], first);
        EXPECT_EQ(out[1], second);
        out[0] = out[1] = 0;
      };
      expect(weftAllReduceConfig(in, out, 2, weftInt32, weftSum, comm, nullptr, of_call), 3, 30);
      expect(weftReduceScatterConfig(in, out, 1, weftInt32, weftSum, comm, nullptr, of_call), rank == 0 ? 3 : 30, 0);
      expect(weftAllGatherConfig(in, out, 1, weftInt32, comm, nullptr, of_call), 1, 2);
      expect(weftBroadcastConfig(in, out, 2, weftInt32, 1, comm, nullptr, of_call), 2, 20);
      const weftResult_t reduced = weftReduceConfig(in, out, 2, weftInt32, weftMax, 0, comm, nullptr, of_call);
      expect(reduced, rank == 0 ? 2 : 0, rank == 0 ? 20 : 0);
    }
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

// structures that are none, out of range, or of another version
// expect: an error that names function, field, value and fix, or, where the version explains it, success
TEST(Config, is_checked) {
  const weftUniqueId id = draw_id();
  const auto join_with = [](const weftUniqueId& with, auto change) {
    struct {
      weftConfig_t config = WEFT_CONFIG_INITIALIZER;
      char more[16] = {};
    } given;
    change(given.config);
    weftComm_t comm = nullptr;
    const weftResult_t result = weftCommInitRankConfig(&comm, 1, with, 0, &given.config);
    const std::string text = result == weftSuccess ? "" : weftGetLastError(nullptr);
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
    return text;
  };
  const auto refused = [&](auto change, std::initializer_list<std::string_view> words) {
    expect_text(join_with(id, change), words);
  };
  refused([](weftConfig_t& it) { it.magic = 0; }, {"weftCommInitRankConfig", "magic 0x0", "WEFT_CONFIG_INITIALIZER"});
  refused([](weftConfig_t& it) { it.size = 4; }, {"size 4", "weftConfig_t"});
  refused([](weftConfig_t& it) { it.size += 16; }, {"size 56", "WEFT_CONFIG_INITIALIZER"});
  refused([](weftConfig_t& it) { it.timeout = -2; }, {"config.timeout is -2", "from 0 to 1000000"});
  refused([](weftConfig_t& it) { it.timeout = std::numeric_limits<double>::quiet_NaN(); }, {"config.timeout is nan"});
  refused([](weftConfig_t& it) { it.init_timeout = 1e9; }, {"config.init_timeout is 1000000000"});
  refused([](weftConfig_t& it) { it.init_timeout = 0; }, {"config.init_timeout is 0"});
  const std::string long_name(64, 'x');
  refused([&](weftConfig_t& it) { it.name = long_name.c_str(); }, {"config.name", "63 bytes"});
  const auto older = [](weftConfig_t& it) {
    it.size = offsetof(weftConfig_t, timeout);
    it.timeout = -77;  // Beyond its end.
  };
  EXPECT_EQ(join_with(id, older), "");
  const auto newer = [](weftConfig_t& it) {
    it.size += 16;
    it.version = WEFT_VERSION_CODE + 1;
  };
  EXPECT_EQ(join_with(draw_id(), newer), "");
}

}  // namespace
}  // namespace weft::test
