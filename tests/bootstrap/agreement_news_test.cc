#include "bootstrap/agreement_news.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

AgreementNews news() {
  return {.key = {77, 3},
          .subject = Subject::shrink,
          .from = 2,
          .to = 5,
          .message = {AgreementMessage::Kind::answer, 9, {1, 4}, 3, {{1}, {1, 4}}},
          .causes = {{1, "died: its process ended"}, {4, "is silent"}}};
}

// written and read
// expect: the same
TEST(AgreementNews, round_trip) {
  const auto read = decode_agreement(encode(news()));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->key, news().key);
  EXPECT_EQ(read->subject, Subject::shrink);
  EXPECT_EQ(read->from, 2);
  EXPECT_EQ(read->to, 5);
  EXPECT_EQ(read->message.kind, AgreementMessage::Kind::answer);
  EXPECT_EQ(read->message.ballot, 9u);
  EXPECT_EQ(read->message.failed, news().message.failed);
  EXPECT_EQ(read->message.decided, 3u);
  EXPECT_EQ(read->message.decisions, news().message.decisions);
  EXPECT_EQ(read->causes, news().causes);
}

// cut at every length; a byte too many; a subject, a kind and a set that do not exist
// expect: refused
TEST(AgreementNews, nonsense) {
  const auto bytes = encode(news());
  for (size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(decode_agreement(std::span(bytes).first(length)).has_value()) << length;
  auto longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(decode_agreement(longer).has_value());
  AgreementNews wrong = news();
  wrong.subject = static_cast<Subject>(3);
  EXPECT_FALSE(decode_agreement(encode(wrong)).has_value());
  wrong = news();
  wrong.message.kind = static_cast<AgreementMessage::Kind>(4);
  EXPECT_FALSE(decode_agreement(encode(wrong)).has_value());
  wrong = news();
  wrong.message.decided = 1;  // and yet it says two of them
  EXPECT_FALSE(decode_agreement(encode(wrong)).has_value());
  wrong = news();
  wrong.message.decisions = {{}, {}, {}};  // more than are ever said
  EXPECT_FALSE(decode_agreement(encode(wrong)).has_value());
  wrong = news();
  wrong.message.failed = {4, 1};
  EXPECT_FALSE(decode_agreement(encode(wrong)).has_value());
}

}  // namespace
}  // namespace weft
