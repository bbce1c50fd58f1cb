#include "bootstrap/calls_news.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

using Kind = CallsNews::Kind;

RankPlace some_place() {
  return {.latest = {5 | uint64_t{9} << 32, 100},
          .inside = true,
          .since_ms = 12,
          .finished_ms = 34,
          .elsewhere = {88, 2},
          .elsewhere_call = {3, 4},
          .crossed = true};
}

void expect_whole(const CallsNews& news) {
  const auto bytes = encode(news);
  const auto read = decode_calls(bytes);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->key, news.key);
  EXPECT_EQ(read->from, news.from);
  EXPECT_EQ(read->to, news.to);
  EXPECT_EQ(read->kind, news.kind);
  EXPECT_EQ(read->number, news.number);
  EXPECT_EQ(read->place, news.place);
  EXPECT_EQ(read->calls, news.calls);
  EXPECT_EQ(read->diagnosis, news.diagnosis);
  for (size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(decode_calls(std::span(bytes).first(length)).has_value()) << length;
}

// news of every kind, written and read; cut at every length
// expect: the same; refused
TEST(CallsNews, round_trip) {
  for (const Kind kind : {Kind::told, Kind::waiting, Kind::stuck})
    expect_whole({{77, 1}, 3, 0, kind, 5, some_place(), {{1, 7}, {2, 8}}, {}});
  expect_whole({{77, 1}, 0, 3, Kind::question, 5, {}, {}, {}});
  const Diagnosis diagnosis{Cause::order_cycle, 5, 7, {{1, {88, 2}, 3}, {2, {}, 0}}};
  expect_whole({{77, 1}, 0, 3, Kind::diagnosis, 5, {}, {}, diagnosis});
}

// too many calls, too many culprits, a cause that there is not
// expect: refused
TEST(CallsNews, beyond_limits) {
  CallsNews calls{{77, 1}, 3, 0, Kind::told, 5, some_place(), {}, {}};
  calls.calls.resize(CallComparison::kCallsMax + 1);
  EXPECT_FALSE(decode_calls(encode(calls)).has_value());
  CallsNews diagnosis{{77, 1}, 3, 0, Kind::diagnosis, 5, {}, {}, {}};
  diagnosis.diagnosis.culprits.resize(Diagnosis::kCulpritsMax + 1);
  EXPECT_FALSE(decode_calls(encode(diagnosis)).has_value());
  diagnosis.diagnosis = {.cause = static_cast<Cause>(kCauseCount)};
  EXPECT_FALSE(decode_calls(encode(diagnosis)).has_value());
}

}  // namespace
}  // namespace weft
