#include "schedule/verify.h"

#include <gtest/gtest.h>

#include <bit>

#include "collectives/settings.h"
#include "schedule/builder.h"
#include "schedule/text.h"

namespace weft::test {
namespace {

using std::string_view;

constexpr Setting kPlain = {.block_bytes = 16, .pass_bytes = 16, .slot_bytes = 16, .credits = 2, .in_place = false};

// Two ranks that each hand the other their vector: the smallest all_reduce, as text, so that tests can spoil it.
constexpr string_view kPair = R"(rank 0
schedule chunks 1 scratch 0 credits 1
lane
  port 0 rank 1 stream 0
  move input[0] -> send 0
lane
  port 0 rank 1 stream 0
  move input[0] + recv 0 -> output[0] | post, after slot lane 0 step 0
rank 1
schedule chunks 1 scratch 0 credits 1
lane
  port 0 rank 0 stream 0
  move input[0] -> send 0
lane
  port 0 rank 0 stream 0
  move recv 0 + input[0] -> output[0] | post, after slot lane 0 step 0
)";

// Replaces the first place where `from` stands, at or behind `behind`.
std::string spoilt(string_view from, string_view to, string_view behind = "") {
  std::string text(kPair);
  const size_t at = text.find(from, text.find(behind));
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

Verdict verdict_of(string_view text, Setting setting = kPlain, Collective collective = Collective::all_reduce) {
  const auto schedules = parse_schedules(text);
  EXPECT_TRUE(schedules.has_value()) << schedules.error().text();
  return verify(*schedules, contract_of(collective, static_cast<int>(schedules->size()), 0), setting);
}

void expect_flaw(const Verdict& verdict, Flaw flaw, string_view words) {
  EXPECT_EQ(static_cast<int>(verdict.flaw), static_cast<int>(flaw)) << verdict.text;
  EXPECT_NE(verdict.text.find(words), std::string::npos) << verdict.text;
}

// the pair as it should be
// expect: accepted, with its facts
TEST(Verify, accepts_what_is_right) {
  const Verdict verdict = verdict_of(kPair);
  EXPECT_EQ(verdict.text, "");
  EXPECT_TRUE(verdict.facts.canonical_rounded && verdict.facts.keeps_rank_order && verdict.facts.same_at_all_positions);
  EXPECT_EQ(verdict.facts.sent_bytes, 16u);
  EXPECT_EQ(verdict.facts.moves, 2u);
}

// a contribution left out
// expect: a value flaw that names who is missing
TEST(Verify, missing_contribution) {
  expect_flaw(verdict_of(spoilt("input[0] + recv 0 -> output[0] | post, ", "recv 0 -> output[0] | ")), Flaw::value,
              "rank 0 output element 0 of block 0: holds the data of ranks 1, but 0 1 are due");
}

// the last map left out, and applied to a part
// expect: value flaws
TEST(Verify, last_map_exactly_once) {
  expect_flaw(verdict_of(spoilt("post, ", "")), Flaw::value, "was not mapped");
  expect_flaw(verdict_of(spoilt("input[0] -> send 0", "input[0] -> send 0 | post")), Flaw::value,
              "rank 0 lane 0 step 0 pass 0: applies the operator's last map to an incomplete sum");
}

// a value mapped, then mapped again; a copy that is mapped
// expect: value flaws
TEST(Verify, last_map_of_one_rank) {
  constexpr string_view twice = R"(rank 0
schedule chunks 1 scratch 0 credits 1
lane
  move input[0] -> output[0] | post
  move output[0] -> output[0] | post
)";
  expect_flaw(verdict_of(twice), Flaw::value, "step 1 pass 0: applies the operator's last map twice");
  constexpr string_view copy =
      "rank 0\nschedule chunks 1 scratch 0 credits 1\nlane\n  move input[0] -> output[0] | post\n";
  expect_flaw(verdict_of(copy, kPlain, Collective::broadcast), Flaw::value, "last map to a copy");
}

// a rank's data added twice
// expect: a value flaw at the step that does it
TEST(Verify, added_twice) {
  constexpr string_view echo = R"(rank 0
schedule chunks 1 scratch 0 credits 1
lane
  port 0 rank 1 stream 0
  port 1 rank 1 stream 0
  move input[0] -> send 0
  move input[0] + recv 1 -> output[0]
rank 1
schedule chunks 1 scratch 0 credits 1
lane
  port 0 rank 0 stream 0
  port 1 rank 0 stream 0
  move recv 0 -> output[0], send 1
)";
  expect_flaw(verdict_of(echo), Flaw::value, "rank 0 lane 0 step 1 pass 0: adds the data of a rank twice");
}

// the wait of the second lane left out: harmless for separate buffers, not in place
// expect: accepted; a race that names both steps
TEST(Verify, race_in_place) {
  const std::string text = spoilt(", after slot lane 0 step 0", "");
  Setting setting = kPlain;
  EXPECT_EQ(verdict_of(text, setting).text, "");
  setting.in_place = true;
  expect_flaw(verdict_of(text, setting), Flaw::race,
              "rank 0 lane 1 step 0 pass 0: writes output 0, which rank 0 lane 0 step 0 pass 0 reads, and nothing "
              "orders the two");
}

// a slot-wise wait for the first slot of a step whose second slot writes what is read
// expect: a race, although the abstract run happens to go the right way; none if one slot holds both chunks
TEST(Verify, race_with_the_next_slot) {
  constexpr string_view text = R"(rank 0
schedule chunks 2 scratch 2 credits 1
lane
  move input[0] -> scratch[0] | count 2
lane
  move scratch[1] -> output[1] | after slot lane 0 step 0
  move scratch[0] -> output[0]
)";
  Setting setting = kPlain;
  setting.block_bytes = 32;
  expect_flaw(verdict_of(text, setting, Collective::broadcast), Flaw::race,
              "rank 0 lane 1 step 0 pass 0: reads scratch 1, which rank 0 lane 0 step 0 pass 0 writes");
  setting.slot_bytes = 32;
  EXPECT_EQ(verdict_of(text, setting, Collective::broadcast).text, "");
}

// ranks that sum in different orders
// expect: a value flaw
TEST(Verify, different_bits_on_ranks) {
  const CatalogRow& row = *find_algorithm(Collective::all_reduce, "one_shot");
  std::vector<Schedule> schedules = generate_all(row, 3);
  schedules[2].steps[1].source_at = 0;
  const Verdict verdict = verify(schedules, contract_of(row.collective, 3, 0), kPlain);
  expect_flaw(verdict, Flaw::value, "ranks 0 and 2 summed element 0 of block 0 in different orders");
}

// two ranks that both wait for the other first
// expect: a stall that names what is waited for
TEST(Verify, stall) {
  constexpr string_view text = R"(rank 0
schedule chunks 1 scratch 0 credits 1
lane
  port 0 rank 1 stream 0
  port 1 rank 1 stream 0
  move input[0] + recv 0 -> output[0] | post
  move input[0] -> send 1
rank 1
schedule chunks 1 scratch 0 credits 1
lane
  port 0 rank 0 stream 0
  port 1 rank 0 stream 0
  move input[0] + recv 0 -> output[0] | post
  move input[0] -> send 1
)";
  expect_flaw(verdict_of(text), Flaw::stall,
              "2 lanes stall with 2 slots per connection: rank 0 lane 0 step 0 pass 0 waits for a slot from rank 1");
}

// a ring with too few credits
// expect: a stall; the least credits are slots per step and one
TEST(Verify, least_credits_of_a_ring) {
  const CatalogRow& row = *find_algorithm(Collective::all_reduce, "ring");
  const std::vector<Schedule> schedules = generate_all(row, 4);
  const Contract contract = contract_of(row.collective, 4, 0);
  for (const uint32_t slots : {1u, 2u, 3u, 5u}) {
    EXPECT_EQ(least_credits(schedules, contract, setting_of(4, slots, 1, 2, 0, true, 1), 9), slots + 1);
  }
  EXPECT_EQ(least_credits(schedules, contract, setting_of(4, 5, 1, 1, 0, true, 1), 3), 4u) << "not within the limit";
}

// a slot that nobody takes
// expect: left over
TEST(Verify, leftover) {
  const std::string text =
      spoilt("  move input[0] -> send 0\n", "  move input[0] -> send 0\n  move input[0] -> send 0\n");
  expect_flaw(verdict_of(text), Flaw::leftover, "rank 0 sends rank 1 1 slots on stream 0 that it never takes");
}

// chunks that only happen to be of equal length
// expect: an extent flaw
TEST(Verify, extents_must_agree_for_all_lengths) {
  constexpr string_view text = R"(rank 0
schedule chunks 2 scratch 0 credits 1
lane
  move input[0] -> output[1]
  move input[1] -> output[0]
)";
  Setting setting = kPlain;
  setting.block_bytes = 32;
  expect_flaw(verdict_of(text, setting, Collective::broadcast), Flaw::extent, "can differ in length");
}

// memory that a rank does not have: the output of a rank that is not the root, a block of others
// expect: value flaws
TEST(Verify, foreign_memory) {
  const CatalogRow& row = *find_algorithm(Collective::reduce, "chain");
  std::vector<Schedule> schedules = generate_all(row, 3);
  schedules[1].steps[0].target = {Buffer::output, 0, 0, 0};
  expect_flaw(verify(schedules, contract_of(row.collective, 3, 0), kPlain), Flaw::value,
              "rank 1 lane 0 step 0 pass 0: uses output 0, which this rank does not have");
}

// output that is read before it is written
// expect: a value flaw
TEST(Verify, reads_nothing) {
  constexpr string_view text =
      "rank 0\nschedule chunks 1 scratch 0 credits 1\nlane\n  move output[0] -> output[0] | post\n";
  expect_flaw(verdict_of(text), Flaw::value, "reads output 0, where nothing was written");
}

// broken form in one rank
// expect: a form flaw that names rank, lane and step
TEST(Verify, form) {
  expect_flaw(verdict_of(spoilt("recv 0 + input[0] -> output[0]", "recv 1 + input[0] -> output[0]")), Flaw::form,
              "rank 1 lane 1 step 0: recv ports 1 to 1, but the lane has 1");
}

// Bruck's all_gather: sets that grow from round to round and wrap around.
Schedule bruck_all_gather(int ranks, int rank) {
  Builder build(rank, ranks, static_cast<uint32_t>(ranks));
  LaneBuilder& give = build.lane();
  LaneBuilder& take = build.lane();
  Moved have = take.move({.source = input(rank), .target = output(rank)});
  for (int distance = 1; distance < ranks; distance *= 2) {
    const auto count = static_cast<uint32_t>(std::min(distance, ranks - distance));
    give.move({.source = output(rank),
               .send = give.to((rank - distance + ranks) % ranks),
               .count = count,
               .wait = after(have)});
    have = take.move({.target = output(rank + distance), .recv = take.from((rank + distance) % ranks), .count = count});
  }
  return build.finish(1);
}

// The parallel aggregated trees, near first: strided sets, partial sums in scratch, which the next pass uses again.
Schedule trees_reduce_scatter(int ranks, int rank, bool waits_for_last_pass) {
  const auto n = static_cast<uint32_t>(ranks);
  const auto rounds = static_cast<uint32_t>(std::bit_width(n - 1));
  Builder build(rank, ranks, n, n);
  LaneBuilder& give = build.lane();
  LaneBuilder& take = build.lane();
  Move copy = {.source = input(0), .target = scratch(0), .count = n};
  if (waits_for_last_pass && rounds > 0) copy.wait = after_last_pass({0, rounds - 1});
  Moved have = take.move(copy);
  for (int distance = 1; distance < ranks; distance *= 2) {
    const auto count = static_cast<uint32_t>((ranks - 1 - distance) / (2 * distance) + 1);
    const Ports to = give.to((rank + distance) % ranks), from = take.from((rank - distance + ranks) % ranks);
    const Move set = {.count = count, .run = 1, .gap = 2 * distance};
    Move send = set, fold = set;
    send.source = scratch(rank + distance);
    send.send = to;
    send.wait = after(have);
    fold.source = fold.target = scratch(rank);
    fold.recv = from;
    give.move(send);
    have = take.move(fold);
  }
  take.move({.source = scratch(rank), .target = output(rank), .flags = kPostOp});
  return build.finish(1);
}

// sets of several chunks in one payload, any number of ranks
// expect: accepted with slots that hold several chunks and chunks that end within a slot
TEST(Verify, sets_of_chunks) {
  for (int ranks = 1; ranks <= 17; ++ranks) {
    std::vector<Schedule> gather, scatter;
    for (int rank = 0; rank < ranks; ++rank) {
      gather.push_back(bruck_all_gather(ranks, rank));
      scatter.push_back(trees_reduce_scatter(ranks, rank, true));
    }
    for (const bool in_place : {false, true}) {
      for (const uint32_t slot_elements : {1u, 2u, 3u, 7u, 64u}) {
        for (const uint32_t passes : {1u, 2u, 3u}) {
          Setting setting = setting_of(1, 3, slot_elements, passes, 0, in_place, 64);
          EXPECT_EQ(verify(gather, contract_of(Collective::all_gather, ranks, 0), setting).text, "") << ranks;
          EXPECT_EQ(verify(scatter, contract_of(Collective::reduce_scatter, ranks, 0), setting).text, "") << ranks;
        }
      }
    }
  }
}

// scratch used again by the next pass without a wait for its last reader
// expect: right with one pass, a race with two
TEST(Verify, scratch_of_the_next_pass) {
  std::vector<Schedule> schedules;
  for (int rank = 0; rank < 5; ++rank) schedules.push_back(trees_reduce_scatter(5, rank, false));
  const Contract contract = contract_of(Collective::reduce_scatter, 5, 0);
  EXPECT_EQ(verify(schedules, contract, setting_of(1, 1, 1, 1, 0, false, 16)).text, "");
  expect_flaw(verify(schedules, contract, setting_of(1, 1, 1, 2, 0, false, 16)), Flaw::race, "scratch");
}

// pairwise folds in the one-shot form
// expect: the balanced tree apart from its roundings
TEST(Verify, pairwise_is_canonical) {
  const CatalogRow& row = *find_algorithm(Collective::all_reduce, "one_shot");
  std::vector<Schedule> schedules = generate_all(row, 7);
  for (Schedule& schedule : schedules) schedule.steps[1].flags |= kPairwise;
  const Facts facts = verify(schedules, contract_of(row.collective, 7, 0), kPlain).facts;
  EXPECT_TRUE(facts.canonical);
  EXPECT_FALSE(facts.canonical_rounded);
}

// two algorithms with the same order of sums, and one with another
// expect: equal and different expressions
TEST(Verify, expressions) {
  const auto expression = [](string_view name) {
    const CatalogRow& row = *find_algorithm(Collective::all_reduce, name);
    const std::vector<Schedule> schedules = generate_all(row, 4);
    const Setting setting = setting_of(schedules[0].chunks, 4 / schedules[0].chunks, 1, 1, 0, false, 9);
    return verify(schedules, contract_of(row.collective, 4, 0), setting).facts.expression;
  };
  EXPECT_EQ(expression("one_shot"), expression("two_shot"));
  EXPECT_NE(expression("one_shot"), expression("doubling"));
}

}  // namespace
}  // namespace weft::test
