// Communicators that take in new ranks, for example in place of those that died.
#include <signal.h>
#include <unistd.h>

#include "api/failure.h"

namespace weft::test {
namespace {

constexpr size_t kDrawn = 1, kReady = 2;

// What ranks that grow and ranks that come share: the id, by a way outside weft.
class Admission {
 public:
  const weftUniqueId* draw(weftComm_t comm) {
    EXPECT_EQ(weftCommGetUniqueId(comm, &*id_), weftSuccess) << weftGetLastError(nullptr);
    shared_word(kDrawn).fetch_add(1);
    return &*id_;
  }
  const weftUniqueId* await(uint64_t drawn = 1) {
    await_word(kDrawn, drawn);
    return &*id_;
  }

 private:
  Shared<weftUniqueId> id_;
};

class GrowOf : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Ranks, GrowOf, ::testing::Bool(),
                         [](const auto& one) { return one.param ? "processes" : "threads"; });

// two ranks take in two more
// expect: a communicator of four that works, beside the old one
TEST_P(GrowOf, healthy_ranks) {
  SharedId id;
  Admission admission;
  run_ranks(GetParam(), 4, [&](int rank) {
    weftComm_t comm = rank < 2 ? id.join(2, rank) : nullptr, grown = nullptr;
    const weftUniqueId* pass = rank == 1 ? admission.draw(comm) : rank >= 2 ? admission.await() : nullptr;
    EXPECT_EQ(weftCommGrow(comm, 4, pass, rank < 2 ? -1 : rank, &grown, nullptr), weftSuccess)
        << weftGetLastError(nullptr);
    for (int i = 0; i < 100; ++i) expect_sum(grown, 4);
    if (rank < 2) {
      expect_sum(comm, 2);
    }
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
    EXPECT_EQ(weftCommDestroy(grown), weftSuccess);
  });
}

// one of three dies; the others shrink and take in a replacement
// expect: three ranks that work again
TEST(Grow, admits_a_replacement) {
  SharedId id;
  Admission admission;
  run_processes(
      4,
      [&](int rank) {
        weftComm_t comm = nullptr, smaller = nullptr, grown = nullptr;
        if (rank < 3) {
          comm = id.join(3, rank);
          expect_sum(comm, 3);
          if (rank == 1) kill(getpid(), SIGKILL);
          EXPECT_EQ(sum_one(comm), weftRemoteError);
          EXPECT_EQ(weftCommShrink(comm, &smaller), weftSuccess);
          EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
        }
        const weftUniqueId* pass = rank == 0 ? admission.draw(smaller) : rank == 3 ? admission.await() : nullptr;
        EXPECT_EQ(weftCommGrow(smaller, 3, pass, rank == 3 ? 2 : -1, &grown, nullptr), weftSuccess)
            << weftGetLastError(nullptr);
        for (int i = 0; i < 100; ++i) expect_sum(grown, 3);
        EXPECT_EQ(weftCommDestroy(smaller), weftSuccess);
        EXPECT_EQ(weftCommDestroy(grown), weftSuccess);
      },
      {.killed = {1}});
}

// while three ranks grow, a second one dies: an old one that draws no id, or a new one; then they try again
// expect: errors for all that wait, none of them late; shrunk and with another id they grow after all
class GrowAndDie : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Victim, GrowAndDie, ::testing::Values(2, 3));
TEST_P(GrowAndDie, then_grows_again) {
  SharedId id;
  Admission admission;
  const int victim = GetParam();
  run_processes(5,
                [&](int rank) {
                  const bool old = rank < 3;
                  weftComm_t comm = old ? id.join(3, rank) : nullptr, grown = nullptr;
                  if (old) {
                    expect_sum(comm, 3);
                  }
                  const weftUniqueId* pass = rank == 0 ? admission.draw(comm) : old ? nullptr : admission.await();
                  if (rank == victim) {
                    await_word(kReady, 3);
                    usleep(20'000);  // The others wait for this one by now.
                    kill(getpid(), SIGKILL);
                  }
                  if (rank != 4) {  // It comes later, as another replacement.
                    shared_word(kReady).fetch_add(1);
                    const int64_t before_us = now_us();
                    weftConfig_t config = WEFT_CONFIG_INITIALIZER;
                    config.init_timeout = 2;
                    EXPECT_NE(weftCommGrow(comm, 5, pass, old ? -1 : rank, &grown, &config), weftSuccess);
                    // A new rank that dies before it came is unknown to all: only time tells.
                    EXPECT_LT(ms_since(before_us), victim == 3 ? 4'000 : kAtOnceMs) << weftGetLastError(nullptr);
                    EXPECT_EQ(grown, nullptr);
                  }
                  weftComm_t again = comm;
                  if (old && victim == 2) {
                    while (sum_one(comm) == weftSuccess) continue;
                    EXPECT_EQ(weftCommShrink(comm, &again), weftSuccess) << weftGetLastError(nullptr);
                  }
                  if (rank == 0) admission.draw(again);
                  const int old_ranks = victim == 2 ? 2 : 3, ranks = old_ranks + (victim == 2 ? 2 : 1);
                  const int place = rank == 4 ? ranks - 1 : ranks - 2;
                  EXPECT_EQ(weftCommGrow(again, ranks, rank == 0 || !old ? admission.await(2) : nullptr,
                                         old ? -1 : place, &grown, nullptr),
                            weftSuccess)
                      << weftGetLastError(nullptr);
                  for (int i = 0; i < 100; ++i) expect_sum(grown, ranks);
                },
                {.killed = {victim}, .limit = std::chrono::seconds(60)});
}

// a new rank does not come
// expect: not joined within init_timeout, naming it, on every rank; the old communicator works
TEST(Grow, waits_no_longer_than_allowed) {
  SharedId id;
  Admission admission;
  run_threads(2, [&](int rank) {
    weftComm_t comm = id.join(2, rank), grown = nullptr;
    weftConfig_t config = WEFT_CONFIG_INITIALIZER;
    config.init_timeout = 0.3;
    const weftUniqueId* pass = rank == 1 ? admission.draw(comm) : nullptr;
    const int64_t before_us = now_us();
    EXPECT_EQ(weftCommGrow(comm, 3, pass, -1, &grown, &config), weftNotJoined) << weftGetLastError(nullptr);
    expect_text(weftGetLastError(nullptr), {"rank 2"});
    EXPECT_LT(ms_since(before_us), 300 + 2 * kAtOnceMs);
    EXPECT_EQ(grown, nullptr);
    expect_sum(comm, 2);
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

// wrong or contradicting arguments
// expect: errors on all ranks that name them; the communicator goes on
TEST(Grow, refuses_wrong_arguments) {
  SharedId id;
  Admission admission;
  run_threads(2, [&](int rank) {
    weftComm_t comm = id.join(2, rank), grown = nullptr;
    const auto refused = [&](int ranks, const weftUniqueId* pass, int place,
                             std::initializer_list<std::string_view> words) {
      EXPECT_EQ(weftCommGrow(comm, ranks, pass, place, &grown, nullptr), weftInvalidArgument);
      expect_text(weftGetLastError(nullptr), words);
    };
    refused(2, nullptr, -1, {"weftCommGrow", "nranks is 2"});
    refused(3, nullptr, 0, {"weftCommGrow", "rank is 0", "pass -1"});
    refused(3, nullptr, -1, {"weftCommGrow", "0 ranks passed an id"});
    refused(3 + rank, nullptr, -1, {"weftCommGrow", "nranks is 3 on rank 0 and 4 on rank 1"});
    const weftUniqueId* pass = rank == 0 ? admission.draw(comm) : admission.await();
    refused(3, pass, -1, {"weftCommGrow", "2 ranks passed an id"});
    EXPECT_EQ(weftCommGrow(nullptr, 3, nullptr, 2, &grown, nullptr), weftInvalidArgument);
    expect_text(weftGetLastError(nullptr), {"weftCommGrow", "both NULL"});
    EXPECT_EQ(weftCommGrow(nullptr, 3, pass, 3, &grown, nullptr), weftInvalidArgument);
    expect_text(weftGetLastError(nullptr), {"weftCommGrow", "rank is 3"});
    EXPECT_EQ(weftCommGrow(comm, 3, pass, -1, nullptr, nullptr), weftInvalidArgument);
    expect_text(weftGetLastError(nullptr), {"weftCommGrow", "newcomm is NULL"});
    EXPECT_EQ(weftCommGetUniqueId(comm, nullptr), weftInvalidArgument);
    expect_text(weftGetLastError(nullptr), {"weftCommGetUniqueId", "id is NULL"});
    EXPECT_EQ(grown, nullptr);
    expect_sum(comm, 2);
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

}  // namespace
}  // namespace weft::test
