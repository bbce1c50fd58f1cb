#include "bootstrap/call_comparison.h"

#include <gtest/gtest.h>

#include "bootstrap/calls_news.h"

namespace weft {
namespace {

CallWords call(uint32_t number, uint64_t what) {
  return {number | what << 32, what};
}

// ranks that called the same, one of them less
// expect: nothing to say
TEST(CallComparison, agreement) {
  CallComparison comparison(3);
  EXPECT_FALSE(comparison.note(0, {call(1, 7), call(2, 8)}).has_value());
  EXPECT_FALSE(comparison.note(2, {call(1, 7)}).has_value());
  EXPECT_FALSE(comparison.note(1, {}).has_value());
  EXPECT_FALSE(comparison.note(2, {call(2, 8), call(3, 9)}).has_value());
}

// ranks that called different things at one number, among calls that agree
// expect: that number and both ranks
TEST(CallComparison, disagreement) {
  CallComparison comparison(3);
  EXPECT_FALSE(comparison.note(0, {call(4, 1), call(5, 2), call(6, 3)}).has_value());
  EXPECT_FALSE(comparison.note(1, {call(7, 1)}).has_value());
  const auto found = comparison.note(2, {call(5, 2), call(6, 4)});
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->one, 0);
  EXPECT_EQ(found->other, 2);
  EXPECT_EQ(found->ones, call(6, 3));
  EXPECT_EQ(found->others, call(6, 4));
}

// news with calls and a question, written and read; cut at every length; too many calls
// expect: the same; refused
TEST(CallsNews, round_trip) {
  const CallsNews news{.key = {77, 1}, .from = 3, .to = 0, .question = false, .calls = {call(1, 7), call(2, 8)}};
  const auto bytes = encode(news);
  const auto read = decode_calls(bytes);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->key, news.key);
  EXPECT_EQ(read->from, 3);
  EXPECT_EQ(read->to, 0);
  EXPECT_EQ(read->calls, news.calls);
  EXPECT_TRUE(decode_calls(encode({.question = true}))->question);
  for (size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(decode_calls(std::span(bytes).first(length)).has_value()) << length;
  CallsNews long_news = news;
  long_news.calls.resize(CallComparison::kCallsMax + 1);
  EXPECT_FALSE(decode_calls(encode(long_news)).has_value());
}

}  // namespace
}  // namespace weft
