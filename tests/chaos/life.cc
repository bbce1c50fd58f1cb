#include "chaos/life.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <numeric>

#include "api/failure.h"
#include "chaos/agreed.h"
#include "chaos/flight_watch.h"
#include "chaos/wishes.h"

namespace weft::test {
namespace {

constexpr int kOverEvery = 8;  // operations: how often ranks ask each other whether the end has come

// Readies the process of a rank, and says what it holds before it joins. Warnings are for replays.
Holdings prepare(const Job& job, int rank) {
  if (job.has_victim(rank) && job.victims_end) arm(job.fault);
  if (job.victims_end && wishes().jobs != 1) setenv("WEFT_DEBUG", "error", 1);
  await_word(kWatching, 1);
  setenv("WEFT_TRACE_SOCKET", inbox_name(rank_pid(job.ranks)).c_str(), 1);
  return Holdings::now();
}

}  // namespace

Life::Life(const Job& job, int rank, SharedId& id, Account& account)
    : job_(job),
      rank_(rank),
      mine_(account.ranks[static_cast<size_t>(rank)]),
      before_(prepare(job, rank)),
      comm_(id.join(job.ranks, rank)),
      members_(static_cast<size_t>(job.ranks)) {
  std::iota(members_.begin(), members_.end(), 0);
  expect_sum(comm_, job.ranks);
  called_ = 1;
  shared_word(kJoined).fetch_add(1);
}

void Life::live() {
  while (!finished_) {
    const weftResult_t result = run_stream();
    if (finished_) break;
    hear(result);
    if (!finished_) shrink();
  }
  end();
}

void Life::end() {
  look_back();
  if (comm_ != nullptr) expect_destroyed_at_once(comm_);
  EXPECT_EQ(Holdings::left_since(before_), "");
}

// The result of the call that failed.
weftResult_t Life::run_stream() {
  mine_.stage = Stage::working;
  if (level_ > 0) {
    const weftResult_t result = work_first();
    failed_us_ = now_us();
    if (finished_ || result != weftSuccess) return result;
  }
  look_back();
  if (finished_) return weftSuccess;
  int place = -1;
  EXPECT_EQ(weftCommUserRank(comm_, &place), weftSuccess);
  const Load load = level_ > 0 && is_last() ? job_.load_after : Load::heavy;
  stream_.emplace(comm_, static_cast<int>(members_.size()), place, job_.seed + static_cast<uint64_t>(level_), load);
  return run_to_the_end(*stream_);
}

// At the latest stream, which ended with a failure: only now, because it takes longer than going on.
void Life::look_back() {
  if (stream_) stream_->expect_untouched();
  finished_ = finished_ || (stream_ && !stream_->right());
  stream_.reset();
}

weftResult_t Life::run_to_the_end(Stream& stream) {
  for (int passed = 0;; ++passed) {
    if (told_to_exit()) std::exit(0);
    ++called_;
    weftResult_t result = stream.run_next();
    failed_us_ = now_us();
    if (!stream.right()) give_up("the stream went wrong");
    bool over = is_last() && !job_.until_over && passed + 1 >= job_.operations;
    if (result == weftSuccess && is_last() && job_.until_over && passed % kOverEvery == 0) {
      result = ask_whether_over(over);
      failed_us_ = now_us();
    }
    finished_ = finished_ || over;
    if (result != weftSuccess || finished_) return result;
  }
}

// All stop at the same operation: when one of them has seen that the end has come.
weftResult_t Life::ask_whether_over(bool& over) {
  const auto mine = static_cast<int32_t>(shared_word(kOver).load());
  int32_t all = 0;
  ++called_;
  const weftResult_t result = weftAllReduce(&mine, &all, 1, weftInt32, weftMax, comm_, nullptr);
  over = result == weftSuccess && all != 0;
  return result;
}

// Named and explained: what a survivor can find out about the failure, at once and later.
void Life::hear(weftResult_t result) {
  mine_.stage = Stage::told;
  if (mine_.told_us == 0) mine_.told_us = failed_us_;
  EXPECT_EQ(result, weftRemoteError) << weftGetLastError(comm_);
  if (is_last()) return give_up("a communicator of survivors only has failed");
  Account::Told& told = mine_.told[static_cast<size_t>(level_)];
  told.failed = failed_ranks();
  hear_text(told);
  const int64_t before_us = now_us();
  EXPECT_EQ(sum_one(comm_), weftRemoteError) << "the error sticks";
  EXPECT_LT(ms_since(before_us), kAtOnceMs);
}

Ranks Life::failed_ranks() {
  weftFailure_t failure{};
  std::vector<int> ranks(kRanksMost);
  EXPECT_EQ(weftCommGetFailure(comm_, &failure, ranks.data(), kRanksMost), weftSuccess);
  EXPECT_EQ(failure.verdict, job_.verdict);
  EXPECT_EQ(failure.result, weftRemoteError);
  // A call that finds the communicator stopped is not begun.
  EXPECT_TRUE(failure.operation == called_ || failure.operation + 1 == called_)
      << "operation " << failure.operation << " after " << called_ << " calls";
  ranks.resize(static_cast<size_t>(std::clamp(failure.failed_count, 0, kRanksMost)));
  return original(ranks);
}

// The text names each victim, its process, and what became of it.
void Life::hear_text(Account::Told& told) {
  const std::string text = weftGetLastError(comm_);
  const auto agreed = agreed_ranks(text);
  told.agreed = agreed.has_value();
  if (!agreed) return expect_text(text, {"rank ", job_.cause, "the survivors have not agreed yet"});
  told.named = original(*agreed);
  for (const int rank : *agreed) {
    if (rank < 0 || rank >= static_cast<int>(members_.size())) continue;
    const std::string pid = std::to_string(rank_pid(members_[static_cast<size_t>(rank)]));
    expect_text(text, {"rank " + std::to_string(rank) + " (", "pid " + pid + ")", job_.cause});
  }
}

Ranks Life::original(const std::vector<int>& ranks) const {
  Ranks bits = 0;
  for (const int rank : ranks) {
    const bool known = rank >= 0 && rank < static_cast<int>(members_.size());
    EXPECT_TRUE(known) << "rank " << rank << " of " << members_.size();
    if (known) bits |= bit(members_[static_cast<size_t>(rank)]);
  }
  return bits;
}

// Leaves out whoever has died; no list is given.
void Life::shrink() {
  mine_.stage = Stage::shrinking;
  weftComm_t smaller = nullptr;
  EXPECT_EQ(weftCommShrink(comm_, &smaller), weftSuccess) << weftGetLastError(nullptr);
  if (smaller != nullptr) leave_out(smaller);
  expect_destroyed_at_once(comm_);
  comm_ = smaller;
  if (smaller == nullptr || ++level_ == kLevels) return give_up("no smaller communicator");
  mine_.level = level_;
  called_ = 0;
}

// Who is in the smaller communicator follows from how many are, and from what is known of the failed: the old one may
// know of one more by now, who died after the decision and fails the new one.
void Life::leave_out(weftComm_t smaller) {
  int count = 0;
  EXPECT_EQ(weftCommCount(smaller, &count), weftSuccess);
  const Account::Told& told = mine_.told[static_cast<size_t>(level_)];
  for (const Ranks lost : {failed_ranks(), told.failed, told.named}) {
    if (static_cast<int>(members_.size()) - std::popcount(lost) != count) continue;
    std::erase_if(members_, [&](int member) { return (bit(member) & lost) != 0; });
    return;
  }
  give_up("a smaller communicator of none knows whom");
}

// The communicator says itself who is in it.
weftResult_t Life::work_first() {
  int count = 0;
  EXPECT_EQ(weftCommCount(comm_, &count), weftSuccess);
  const float in = 1;
  float out = 0;
  called_ = 1;
  weftResult_t result = weftAllReduce(&in, &out, 1, weftFloat32, weftSum, comm_, nullptr);
  if (result == weftSuccess && out != static_cast<float>(count)) give_up("a wrong sum after the shrink");
  if (result != weftSuccess) return result;
  const int64_t worked_us = now_us();
  std::vector<int32_t> found(static_cast<size_t>(count));
  ++called_;
  result = weftAllGather(&rank_, found.data(), 1, weftInt32, comm_, nullptr);
  if (result != weftSuccess) return result;
  if (!std::ranges::equal(found, members_)) give_up("the wrong ranks are in it");
  if (!is_last()) return result;
  mine_.recovered_us = worked_us;
  for (const int member : members_) mine_.alive |= bit(member);
  return result;
}

void Life::give_up(const char* why) {
  ADD_FAILURE() << why << ": " << weftGetLastError(comm_);
  finished_ = true;
}

// What the others sent before they gave this rank up is there, so the call that it was in may still succeed.
void Life::live_expelled() {
  const weftResult_t result = run_stream();
  EXPECT_EQ(result, weftRemoteError) << weftGetLastError(comm_);
  expect_text(weftGetLastError(comm_), {"the other ranks treat rank " + std::to_string(rank_)});
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(sum_one(comm_), weftRemoteError);
  shared_word(kExpelled).store(1);
  end();
}

}  // namespace weft::test
