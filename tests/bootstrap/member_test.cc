#include "bootstrap/member.h"

#include <gtest/gtest.h>

#include "bootstrap/rendezvous.h"

namespace weft {
namespace {

Member example() {
  Member member;
  member.rank = 3;
  member.process.bytes = {1, 2, 3};
  member.host = "node-a";
  member.pid = 4711;
  member.host_identity = 0xfedcba9876543210;
  member.control_name = "weft-control-1";
  member.control_tcp = TcpAddress{4, 1234, {10, 0, 0, 1}};
  member.payload = {std::byte{9}, std::byte{0}, std::byte{8}};
  return member;
}

// ranks alone, in a row, none
// expect: ranges
TEST(Member, rank_ranges) {
  EXPECT_EQ(rank_ranges(std::vector<int>{0, 3, 4, 5}), "0, 3-5");
  EXPECT_EQ(rank_ranges(std::vector<int>{1, 2, 7}), "1-2, 7");
  EXPECT_EQ(rank_ranges(std::vector<int>{4}), "4");
  EXPECT_EQ(rank_ranges(std::vector<int>{}), "");
}

// a member and its name in messages
// expect: all that a person needs to find it
TEST(Member, describe) {
  EXPECT_EQ(describe(example()), "rank 3 (node-a pid 4711)");
}

// a join message written and read
// expect: the same
TEST(Member, round_trip) {
  const auto read = decode_join(encode(JoinMessage{5000, "WEFT_SLOTS=4", example()}));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->patience_ms, 5000u);
  EXPECT_EQ(read->plan_text, "WEFT_SLOTS=4");
  const Member& member = read->self;
  EXPECT_EQ(describe(member), describe(example()));
  EXPECT_EQ(member.process, example().process);
  EXPECT_EQ(member.host_identity, example().host_identity);
  EXPECT_EQ(member.control_name, example().control_name);
  EXPECT_EQ(member.control_tcp, example().control_tcp);
  EXPECT_EQ(member.payload, example().payload);
}

// a join message and a roster cut at every length, and with a byte too many
// expect: refused
TEST(Member, cut_short) {
  auto joining = encode(JoinMessage{5000, "WEFT_SLOTS=4", example()});
  Member first = example();
  first.rank = 0;
  RosterMessage message;
  message.roster.push_back(first);
  auto roster = encode(message);
  ASSERT_TRUE(decode_roster(roster).has_value());
  for (size_t length = 0; length < joining.size(); ++length)
    EXPECT_FALSE(decode_join(std::span(joining).first(length)));
  for (size_t length = 0; length < roster.size(); ++length)
    EXPECT_FALSE(decode_roster(std::span(roster).first(length)));
  joining.push_back(std::byte{0});
  roster.push_back(std::byte{0});
  EXPECT_FALSE(decode_join(joining));
  EXPECT_FALSE(decode_roster(roster));
}

// a roster whose members stand in the wrong order
// expect: refused
TEST(Member, roster_order) {
  RosterMessage message;
  message.roster = {example()};
  EXPECT_FALSE(decode_roster(encode(message)).has_value());
}

// a code that does not exist
// expect: a remote error
TEST(Member, unknown_code) {
  EXPECT_EQ(code_of(0), Code::remote_error);
  EXPECT_EQ(code_of(99), Code::remote_error);
  EXPECT_EQ(code_of(105), Code::not_joined);
}

}  // namespace
}  // namespace weft
