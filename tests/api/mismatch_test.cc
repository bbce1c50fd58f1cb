// Ranks that disagree about a call: who sees it, what is said, and how fast the others learn.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ostream>
#include <span>

#include "api/failure.h"
#include "base/random.h"

namespace weft::test {
namespace {

constexpr size_t kEnd = 1;            // shared word
constexpr int64_t kLearnedMs = 5000;  // for the last rank after the first; a second on a machine that is not busy
constexpr size_t kElements = 60000;

using Call = weftResult_t (*)(weftComm_t comm, const float* in, float* out);

// A call, and how errors describe it without its number.
struct Variant {
  std::string before, after;  // "all_reduce" and "float32 sum count=100" around " #2 "
  Call call;

  std::string text(int number) const { return before + " #" + std::to_string(number) + " " + after; }
};

struct Disagreement {
  const char* field;
  Variant common, odd;
  friend void PrintTo(const Disagreement& one, std::ostream* stream) { *stream << one.field; }
};

const Variant kSum = {"all_reduce", "float32 sum count=100", [](weftComm_t comm, const float* in, float* out) {
                        return weftAllReduce(in, out, 100, weftFloat32, weftSum, comm, nullptr);
                      }};

// The further calls of a rank which could not see the difference in the first.
const Variant kNext = {"all_reduce", "float32 sum count=1", [](weftComm_t comm, const float* in, float* out) {
                         return weftAllReduce(in, out, 1, weftFloat32, weftSum, comm, nullptr);
                       }};

const std::vector<Disagreement> kDisagreements = {
    {"count",
     kSum,
     {"all_reduce", "float32 sum count=101",
      [](weftComm_t comm, const float* in, float* out) {
        return weftAllReduce(in, out, 101, weftFloat32, weftSum, comm, nullptr);
      }}},
    {"count_across_size_classes",
     kSum,
     {"all_reduce", "float32 sum count=60000",
      [](weftComm_t comm, const float* in, float* out) {
        return weftAllReduce(in, out, 60000, weftFloat32, weftSum, comm, nullptr);
      }}},
    {"datatype",
     kSum,
     {"all_reduce", "int32 sum count=100",
      [](weftComm_t comm, const float* in, float* out) {
        return weftAllReduce(in, out, 100, weftInt32, weftSum, comm, nullptr);
      }}},
    {"operator",
     kSum,
     {"all_reduce", "float32 max count=100",
      [](weftComm_t comm, const float* in, float* out) {
        return weftAllReduce(in, out, 100, weftFloat32, weftMax, comm, nullptr);
      }}},
    {"collective",
     kSum,
     {"all_gather", "float32 count=100",
      [](weftComm_t comm, const float* in, float* out) {
        return weftAllGather(in, out, 100, weftFloat32, comm, nullptr);
      }}},
    {"root_of_broadcast",
     {"broadcast", "float32 count=100 root=0",
      [](weftComm_t comm, const float* in, float* out) {
        return weftBroadcast(in, out, 100, weftFloat32, 0, comm, nullptr);
      }},
     {"broadcast", "float32 count=100 root=1",
      [](weftComm_t comm, const float* in, float* out) {
        return weftBroadcast(in, out, 100, weftFloat32, 1, comm, nullptr);
      }}},
    {"root_of_reduce",
     {"reduce", "float32 sum count=100 root=0",
      [](weftComm_t comm, const float* in, float* out) {
        return weftReduce(in, out, 100, weftFloat32, weftSum, 0, comm, nullptr);
      }},
     {"reduce", "float32 sum count=100 root=1",
      [](weftComm_t comm, const float* in, float* out) {
        return weftReduce(in, out, 100, weftFloat32, weftSum, 1, comm, nullptr);
      }}},
};

// The text must hold what two ranks called, and neither may be said to have called what it did not.
void expect_both_calls(const std::string& text, const Disagreement& one, int odd_rank) {
  int ranks[2] = {-1, -1};
  char said[2][200] = {};
  const size_t begin = std::min(text.find("MISMATCH"), text.size());
  ASSERT_EQ(std::sscanf(text.c_str() + begin, "MISMATCH: rank %d called %199[^;]; rank %d called %199[^;]; they differ",
                        &ranks[0], said[0], &ranks[1], said[1]),
            4)
      << text;
  EXPECT_NE(ranks[0], ranks[1]) << text;
  EXPECT_STRNE(said[0], said[1]) << text;
  for (const int i : {0, 1}) {
    const Variant& second = ranks[i] == odd_rank ? one.odd : one.common;
    EXPECT_TRUE(said[i] == second.text(2) || said[i] == kNext.text(3) || said[i] == kNext.text(4))
        << said[i] << ", not " << second.text(2) << ": " << text;
  }
}

// Makes the second call of this rank, and more if it could not see the difference: those must be right as long as they
// succeed. The time of the error.
int64_t fail_at_us(weftComm_t comm, const Variant& mine, int ranks) {
  const std::vector<float> in(kElements, 1);
  std::vector<float> out(kElements);
  weftResult_t result = mine.call(comm, in.data(), out.data());
  while (result == weftSuccess) {
    result = kNext.call(comm, in.data(), out.data());
    EXPECT_TRUE(result != weftSuccess || out[0] == static_cast<float>(ranks)) << out[0];
  }
  const int64_t at_us = now_us();
  EXPECT_EQ(result, weftMismatch) << weftGetLastError(comm);
  return at_us;
}

// Microseconds from the first rank's error to the last's.
int64_t expect_mismatch(int ranks, int odd_rank, const Disagreement& one) {
  SCOPED_TRACE(fmt::format("{} on rank {} of {}", one.field, odd_rank, ranks));
  SharedId id;
  Shared<std::array<int64_t, 4>> failed_at_us;
  const auto body = [&](int rank) {
    weftComm_t comm = id.join(ranks, rank);
    expect_sum(comm, ranks);
    (*failed_at_us)[static_cast<size_t>(rank)] = fail_at_us(comm, rank == odd_rank ? one.odd : one.common, ranks);
    expect_both_calls(weftGetLastError(comm), one, odd_rank);
    meet(kEnd, ranks);  // A rank that is gone would be another reason to fail.
    expect_destroyed_at_once(comm);
  };
  run_processes(ranks, body, {.limit = std::chrono::seconds(20)});
  const auto all = std::span(*failed_at_us).first(static_cast<size_t>(ranks));
  const auto [first, last] = std::minmax_element(all.begin(), all.end());
  EXPECT_LT((*last - *first) / 1000, kLearnedMs);
  return *last - *first;
}

class MismatchIn : public ::testing::TestWithParam<Disagreement> {};
INSTANTIATE_TEST_SUITE_P(Field, MismatchIn, ::testing::ValuesIn(kDisagreements),
                         [](const auto& one) { return std::string(one.param.field); });

// one rank, whichever, of 2 and of 4 makes another call than the others; with some roots nothing is ever sent
// expect: weftMismatch on all, with both calls and their numbers, soon after the first
TEST_P(MismatchIn, on_any_rank) {
  int64_t slowest_us = 0;
  for (const int ranks : {2, 4}) {
    for (int odd = 0; odd < ranks; ++odd) {
      slowest_us = std::max(slowest_us, expect_mismatch(ranks, odd, GetParam()));
    }
  }
  std::printf("the last rank fails at most %ld us after the first\n", static_cast<long>(slowest_us));
}

// Rank 0 makes a call of no elements where rank 1 moves data, then `more` of no elements, then one that moves data.
void expect_found_ahead(int more, std::initializer_list<std::string_view> words, int64_t within_ms) {
  constexpr size_t kFailed = 2;  // shared word
  SharedId id;
  run_processes(2, [&](int rank) {
    weftComm_t comm = id.join(2, rank);
    expect_sum(comm, 2);
    const int64_t before_us = now_us();
    if (rank == 0) {
      for (int i = 0; i <= more; ++i) {
        const weftResult_t result = weftAllReduce(nullptr, nullptr, 0, weftFloat32, weftSum, comm, nullptr);
        ASSERT_TRUE(result == weftSuccess || result == weftMismatch) << weftGetLastError(comm);
      }
      if (within_ms != 0) await_word(kFailed, 1);
    }
    EXPECT_EQ(sum_one(comm), weftMismatch);
    if (rank == 1 && within_ms != 0) {
      EXPECT_LT(ms_since(before_us), within_ms);
    }
    shared_word(kFailed).store(1);
    expect_text(weftGetLastError(comm), words);
    meet(kEnd, 2);
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

// rank 0 calls with no elements where rank 1 moves data, and does not come again; or is far ahead with more such calls
// expect: weftMismatch soon, the first difference named
TEST(Mismatch, of_no_elements) {
  for (const int more : {0, 20, 900}) {
    SCOPED_TRACE(more);
    expect_found_ahead(more, {"#2 float32 sum count=0", "#2 float32 sum count=1", "differ in count"}, 300);
  }
}

// rank 0 comes when rank 1 has waited for half a second and compares calls seldom; it calls with no elements and does
// not come again expect: weftMismatch on rank 1 soon after
TEST(Mismatch, of_no_elements_late) {
  constexpr size_t kArrivedUs = 2, kFailed = 3;  // shared words
  SharedId id;
  run_processes(2, [&](int rank) {
    weftComm_t comm = id.join(2, rank);
    expect_sum(comm, 2);
    if (rank == 0) {
      usleep(500'000);
      shared_word(kArrivedUs).store(static_cast<uint64_t>(now_us()));
      EXPECT_EQ(weftAllReduce(nullptr, nullptr, 0, weftFloat32, weftSum, comm, nullptr), weftSuccess);
      await_word(kFailed, 1);
    }
    EXPECT_EQ(sum_one(comm), weftMismatch);
    if (rank == 1) {
      EXPECT_LT(ms_since(static_cast<int64_t>(shared_word(kArrivedUs).load())), 300);
    }
    shared_word(kFailed).store(1);
    expect_text(weftGetLastError(comm), {"#2 float32 sum count=0", "#2 float32 sum count=1", "differ in count"});
    meet(kEnd, 2);
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

// the same, so far ahead that the first of these calls is remembered no more
// expect: weftMismatch as soon as it moves data
TEST(Mismatch, beyond_the_recorder) {
  expect_found_ahead(3000, {"all_reduce #3003 float32", "all_reduce #2 float32", "differ in operation number"}, 0);
}

// every rank makes the same calls, each late by up to 15 ms, so that the others compare calls while they wait
// expect: all succeed
TEST(Mismatch, none_where_ranks_are_late) {
  SharedId id;
  run_processes(4, [&](int rank) {
    weftComm_t comm = id.join(4, rank);
    Random late(static_cast<uint64_t>(rank)), which(0);
    std::vector<float> in(100, 1), out(400);
    for (int i = 0; i < 100; ++i) {
      usleep(static_cast<useconds_t>(late.below(15'000)));
      const auto root = static_cast<int>(which.below(4));
      const weftResult_t result =
          which.below(2) == 0
              ? weftBroadcast(in.data(), out.data(), 1 + which.below(100), weftFloat32, root, comm, nullptr)
              : weftReduce(in.data(), out.data(), 1 + which.below(100), weftFloat32, weftSum, root, comm, nullptr);
      ASSERT_EQ(result, weftSuccess) << weftGetLastError(comm);
    }
    EXPECT_EQ(weftCommDestroy(comm), weftSuccess);
  });
}

}  // namespace
}  // namespace weft::test
