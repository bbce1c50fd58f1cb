#include "bootstrap/call_gathering.h"

#include <gtest/gtest.h>

#include "bootstrap/stuck_report.h"
#include "support/text.h"

namespace weft {
namespace {

using test::expect_text;

constexpr CommunicatorKey kHere{0xAB, 0}, kThere{0xCD, 0};

RankPlace inside(uint32_t number, uint32_t since_ms) {
  return {.latest = {number, 1}, .inside = true, .since_ms = since_ms};
}

RankPlace outside(uint32_t number, uint32_t since_ms) {
  return {.latest = {number, 1}, .since_ms = since_ms, .finished_ms = since_ms};
}

RankPlace waits_elsewhere(uint32_t number, uint32_t there, bool crossed) {
  RankPlace place = outside(number, 100);
  place.elsewhere = kThere;
  place.elsewhere_call = {there, 2};
  place.crossed = crossed;
  return place;
}

// Rank 0 asks: places of ranks 0, 1, 2; a rank without a place does not answer.
CallGathering gathered(const std::vector<std::optional<RankPlace>>& places) {
  CallGathering gathering(static_cast<int>(places.size()));
  std::vector<int> living;
  for (size_t rank = 0; rank < places.size(); ++rank) living.push_back(static_cast<int>(rank));
  gathering.note(0, *places[0], {});
  gathering.begin(living, 0, {});
  for (size_t rank = 1; rank < places.size(); ++rank) {
    if (places[rank]) gathering.note(static_cast<int>(rank), *places[rank], {});
  }
  return gathering;
}

bool always(int) {
  return true;
}

void expect_diagnosis(const CallGathering& gathering, Cause cause, uint32_t number, const std::vector<int>& culprits) {
  const Diagnosis found = gathering.diagnose(always);
  EXPECT_EQ(found.cause, cause);
  EXPECT_EQ(found.number, number);
  std::vector<int> ranks;
  for (const auto& each : found.culprits) ranks.push_back(each.rank);
  EXPECT_EQ(ranks, culprits);
}

// answers come one after the other, one twice
// expect: open until the last
TEST(CallGathering, open_until_all_have_answered) {
  CallGathering gathering(3);
  EXPECT_FALSE(gathering.open());
  gathering.begin({0, 1, 2}, 0, {});
  gathering.note(1, outside(1, 5), {});
  gathering.note(1, outside(1, 6), {});
  EXPECT_TRUE(gathering.open());
  gathering.note(2, outside(1, 5), {});
  EXPECT_FALSE(gathering.open());
  gathering.begin({0, 1}, 0, {});
  gathering.close();
  EXPECT_FALSE(gathering.open());
  EXPECT_TRUE(gathering.awaits(1));
}

// one rank has not come; it has come and is ahead; two wait in different calls
// expect: it is to blame; nobody; who has not come to the first of the two
TEST(CallGathering, not_joined) {
  expect_diagnosis(gathered({inside(7, 900), inside(7, 800), outside(6, 950)}), Cause::not_joined, 7, {2});
  expect_diagnosis(gathered({inside(7, 900), inside(7, 800), outside(9, 1)}), Cause::none, 7, {});
  expect_diagnosis(gathered({inside(9, 100), inside(7, 800), outside(6, 950)}), Cause::not_joined, 7, {2});
}

// a rank waits on another communicator, for another; for one that waits here
// expect: it has not come; a cycle, and where
TEST(CallGathering, order_cycle) {
  expect_diagnosis(gathered({inside(7, 900), waits_elsewhere(6, 3, false)}), Cause::not_joined, 7, {1});
  const auto crossed = gathered({inside(7, 900), outside(6, 5), waits_elsewhere(6, 3, true)});
  expect_diagnosis(crossed, Cause::order_cycle, 7, {1, 2});
  EXPECT_EQ(crossed.diagnose(always).culprits[1].elsewhere, kThere);
  EXPECT_EQ(crossed.diagnose(always).culprits[1].elsewhere_number, 3u);
}

// a rank does not answer, another has not come
// expect: silence tells more
TEST(CallGathering, stopped) {
  expect_diagnosis(gathered({inside(7, 900), outside(6, 5), std::nullopt}), Cause::stopped, 7, {1, 2});
  expect_diagnosis(gathered({inside(7, 900), std::nullopt, outside(6, 5)}), Cause::stopped, 7, {1, 2});
}

// the same, but it was heard of a moment ago
// expect: it is busy: it counts as where it was last
TEST(CallGathering, busy) {
  auto gathering = gathered({inside(7, 900), outside(6, 5), inside(7, 800)});
  gathering.begin({0, 1, 2}, 0, {});
  const Diagnosis found = gathering.diagnose([](int) { return false; });
  EXPECT_EQ(found.cause, Cause::not_joined);
  ASSERT_EQ(found.culprits.size(), 1u);
  EXPECT_EQ(found.culprits[0].rank, 1);
}

// all are there, one for less than half as long as the first; for more than half
// expect: it is slow, by the difference; nobody
TEST(CallGathering, slow_rank) {
  const auto late = gathered({inside(7, 900), inside(7, 800), inside(7, 200)});
  expect_diagnosis(late, Cause::slow_rank, 7, {2});
  EXPECT_EQ(late.diagnose(always).lag_ms, 700u);
  expect_diagnosis(gathered({inside(7, 900), inside(7, 800), inside(7, 500)}), Cause::none, 7, {});
}

// nobody waits any more
// expect: nothing
TEST(CallGathering, nobody_waits) {
  expect_diagnosis(gathered({outside(7, 900), outside(6, 800)}), Cause::none, 0, {});
}

// more ranks are missing than can be named
// expect: as many as fit
TEST(CallGathering, many_culprits) {
  std::vector<std::optional<RankPlace>> places(100, outside(1, 1));
  places[0] = inside(2, 50);
  EXPECT_EQ(gathered(places).diagnose(always).culprits.size(), Diagnosis::kCulpritsMax);
}

std::string report(const CallGathering& gathering, int ranks) {
  Roster roster(static_cast<size_t>(ranks));
  for (int rank = 0; rank < ranks; ++rank)
    roster[static_cast<size_t>(rank)] = {.rank = rank, .host = "node", .pid = 4710 + rank};
  CallSource source;
  source.describe = [](const CallWords& call) { return fmt::format("call #{}", call.number()); };
  const StuckReport stuck{kHere, roster, gathering, source, [](int) { return 42u; }};
  return stuck.text(gathering.diagnose(always));
}

// a rank that is nowhere, one that waits elsewhere, one that says nothing; then all there
// expect: exactly this
TEST(StuckReport, texts) {
  EXPECT_EQ(report(gathered({inside(7, 10'000), inside(7, 9000), outside(6, 10'200)}), 3),
            "STUCK call #7 on communicator 00000000000000ab (3 ranks) for 10.0 s\n"
            "  cause    rank 2 (node pid 4712) has not entered it (NOT_JOINED)\n"
            "  rank 2   node pid 4712, alive (heard of 42 ms ago), not inside weft; last finished call #6, 10.2 s ago\n"
            "  entered  0-1, all identical: call #7\n"
            "  action   waiting. WEFT_TIMEOUT=60 turns this into weftTimeout on all ranks.");
  expect_text(
      report(gathered({inside(7, 900), waits_elsewhere(6, 3, true)}), 2),
      {"cause    rank 1 (node pid 4711) waits in #3 of communicator 00000000000000cd, for a rank that waits here, in "
       "#7 of communicator 00000000000000ab: all ranks must use communicators in the same order (ORDER_CYCLE)",
       "rank 1   node pid 4711, alive (heard of 42 ms ago), inside call #3 of communicator 00000000000000cd; last "
       "finished call #6, 100 ms ago"});
  expect_text(report(gathered({inside(7, 900), std::nullopt}), 2),
              {"cause    rank 1 (node pid 4711) does not answer: stopped or cut off (STOPPED)",
               "rank 1   node pid 4711, silent: last heard of 42 ms ago"});
  expect_text(report(gathered({inside(7, 900), outside(0, 0)}), 2), {"; has called nothing on this communicator yet"});
  expect_text(report(gathered({inside(7, 900), inside(7, 100)}), 2),
              {"cause    rank 1 (node pid 4711) entered it 800 ms after the first (SLOW_RANK)",
               "rank 1   node pid 4711, alive (heard of 42 ms ago), inside call #7 for 100 ms"});
  expect_text(report(gathered({inside(7, 900), inside(7, 800)}), 2), {"cause    all ranks have entered it, alive"});
}

}  // namespace
}  // namespace weft
