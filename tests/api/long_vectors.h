// Vectors too long for the slow reference: inputs whose reductions are known in closed form, checked everywhere.
#pragma once

#include <gtest/gtest.h>
#include <weft/weft.h>

#include <cstdint>
#include <vector>

#include "api/team.h"

namespace weft::test {

// Element `index` of what a rank gives; the sum over few ranks is exact in float32 and wraps in uint8 as it should.
template <typename T>
T given(int rank, size_t index) {
  return static_cast<T>((index % 251) + static_cast<size_t>(rank) * 3);
}
template <typename T>
T sum_of(int ranks, size_t index) {
  T sum = 0;
  for (int rank = 0; rank < ranks; ++rank) sum = static_cast<T>(sum + given<T>(rank, index));
  return sum;
}

template <typename T>
std::vector<T> given_by(int rank, size_t count) {
  std::vector<T> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = given<T>(rank, i);
  return values;
}

// expected(i) must be got[i] for every i; the first difference fails the test.
template <typename T, typename Expected>
void expect_all(const std::vector<T>& got, Expected expected, const char* what) {
  for (size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], expected(i)) << what << " at " << i << " of " << got.size();
}

// All five collectives with `count` elements a rank.
template <typename T>
void run_long_vectors(Team& team, size_t count, weftDataType_t type, bool only_whole_vectors = false) {
  const int n = team.ranks(), root = n - 1;
  const auto blocks = static_cast<size_t>(n);
  const auto results = team.run([&](int rank) -> weftResult_t {
    weftComm_t comm = team.comm(rank);
    std::vector<T> mine = given_by<T>(rank, count), got(count);
    if (weftResult_t r = weftBroadcast(mine.data(), got.data(), count, type, root, comm, nullptr)) return r;
    expect_all(
        got, [&](size_t i) { return given<T>(root, i); }, "broadcast");
    if (weftResult_t r = weftAllReduce(mine.data(), got.data(), count, type, weftSum, comm, nullptr)) return r;
    expect_all(
        got, [&](size_t i) { return sum_of<T>(n, i); }, "all_reduce");
    if (only_whole_vectors) return weftSuccess;
    if (weftResult_t r = weftReduce(mine.data(), got.data(), count, type, weftSum, root, comm, nullptr)) return r;
    if (rank == root)
      expect_all(
          got, [&](size_t i) { return sum_of<T>(n, i); }, "reduce");
    std::vector<T> all(count * blocks);
    if (weftResult_t r = weftAllGather(mine.data(), all.data(), count, type, comm, nullptr)) return r;
    expect_all(
        all, [&](size_t i) { return given<T>(static_cast<int>(i / count), i % count); }, "all_gather");
    const std::vector<T> wide = given_by<T>(rank, count * blocks);
    if (weftResult_t r = weftReduceScatter(wide.data(), got.data(), count, type, weftSum, comm, nullptr)) return r;
    const size_t first = static_cast<size_t>(rank) * count;
    expect_all(
        got, [&](size_t i) { return sum_of<T>(n, first + i); }, "reduce_scatter");
    return weftSuccess;
  });
  for (const weftResult_t result : results) EXPECT_EQ(result, weftSuccess) << weftGetLastError(team.comm(0));
}

}  // namespace weft::test
