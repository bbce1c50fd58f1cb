#include "measure.h"

#include <time.h>

#include <algorithm>

#include "base/deadline.h"
#include "call.h"

namespace weft::perf {
namespace {

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

constexpr uint64_t kTimingRepetition = 99;

}  // namespace

Row::Row(Member& member, const Flags& flags, const Case& what, Columns& columns, const Buffers& buffers, size_t bytes)
    : member_(member),
      flags_(flags),
      what_(what),
      columns_(columns),
      extent_(extent_of(what.collective, bytes / bytes_of(what.type), bytes_of(what.type), what.ranks)),
      send_base_(buffers.send.bytes() + flags.unalign * bytes_of(what.type)),
      recv_base_(buffers.recv.bytes() + flags.unalign * bytes_of(what.type)) {
  place(false);
}

RowHead Row::head() const {
  const size_t bytes = std::max(extent_.send_count, extent_.recv_count) * bytes_of(what_.type);
  return {bytes, extent_.call_count, table_name_of(what_.type),
          is_reduction(what_.collective) ? name_of(what_.op) : "none", is_rooted(what_.collective) ? what_.root : -1};
}

Status Row::warm_up() {
  for (int i = 0; i < flags_.warmup_iterations; ++i) WEFT_TRY(call_once());
  return {};
}

Expected<Measured> Row::measure(bool in_place) {
  place(in_place);
  refill(kTimingRepetition);
  WEFT_TRY(call_once());
  WEFT_TRY(member_.barrier());
  Measured measured;
  WEFT_TRY_ASSIGN(const Times own, time_iterations());
  WEFT_TRY_ASSIGN(const Times times, averaged(own));
  measured.measurement.time_us = times.wall_s * 1e6;
  measured.measurement.cpu_time_us = times.cpu_s * 1e6;
  measured.measurement.bandwidth =
      bandwidth_of(what_.collective, extent_, bytes_of(what_.type), what_.ranks, times.wall_s);
  if (!flags_.json_path.empty()) {
    WEFT_TRY_ASSIGN(measured.batches, time_batches(own.wall_s));
  }
  if (flags_.checks > 0) {
    WEFT_TRY_ASSIGN(measured.measurement.wrong, check());
  }
  return measured;
}

void Row::place(bool in_place) {
  in_place_ = in_place;
  const auto own_part = [&](size_t stride) { return static_cast<size_t>(what_.rank) * stride * bytes_of(what_.type); };
  send_ = in_place ? recv_base_ + own_part(extent_.send_stride) : send_base_;
  recv_ = recv_base_ + (in_place ? own_part(extent_.recv_stride) : 0);
}

// The receive buffer first: in place the input lies in it.
void Row::refill(uint64_t repetition) {
  const size_t elements = std::max(extent_.send_count, extent_.recv_count);
  poison(recv_base_, elements * bytes_of(what_.type) + kGuardBytes);
  columns_.shuffle(repetition);
  columns_.fill(extent_, send_);
}

Status Row::call_once() {
  const weftResult_t result = call(what_, extent_, send_, recv_, member_.communicator());
  if (result == weftSuccess) [[likely]]
    return {};
  return member_.passed(result, function_of(what_.collective));
}

Expected<Row::Times> Row::time_iterations() {
  double outside_s = 0;  // barriers that do not count
  const double cpu_start = cpu_seconds();
  const auto start = Clock::now();
  for (int i = 0; i < flags_.iterations; ++i) {
    for (int k = 0; k < flags_.calls_per_iteration; ++k) {
      WEFT_TRY(call_once());
      if (flags_.blocking == Blocking::barrier_each_call) WEFT_TRY(member_.barrier());
    }
    if (flags_.blocking != Blocking::barrier_each_iteration) continue;
    const auto before = Clock::now();
    WEFT_TRY(member_.barrier());
    outside_s += seconds_since(before);
  }
  const double calls = static_cast<double>(flags_.iterations) * flags_.calls_per_iteration;
  const double wall_s = seconds_since(start) - outside_s;
  return Times{wall_s / calls, (cpu_seconds() - cpu_start) / calls};
}

Expected<Row::Times> Row::averaged(Times own) {
  std::array<double, 2> seconds = {own.wall_s, own.cpu_s};
  constexpr weftRedOp_t kOperators[] = {weftSum, weftAvg, weftMin, weftMax};
  // Rank 0's own: only rank 0 prints, so nothing needs to be exchanged.
  if (flags_.average != Average::rank0)
    WEFT_TRY(member_.combine(seconds, kOperators[static_cast<size_t>(flags_.average)]));
  return Times{seconds[0], seconds[1]};
}

Expected<BatchTimes> Row::time_batches(double seconds_a_call) {
  std::array<double, 1> slowest = {seconds_a_call};
  WEFT_TRY(member_.combine(slowest, weftMax));  // so that all ranks agree on the number of calls
  const Batches batches = batches_for(slowest[0], flags_.batch_seconds);
  std::vector<double> us_a_call(static_cast<size_t>(batches.batches));
  WEFT_TRY(member_.barrier());
  auto last = Clock::now();
  for (double& us : us_a_call) {
    for (int i = 0; i < batches.calls_per_batch; ++i) WEFT_TRY(call_once());
    const auto now = Clock::now();
    us = std::chrono::duration<double, std::micro>(now - last).count() / batches.calls_per_batch;
    last = now;
  }
  WEFT_TRY(member_.combine(us_a_call, weftMax));
  return BatchTimes{batches, spread_of(std::move(us_a_call))};
}

Expected<int64_t> Row::check() {
  int64_t wrong = 0;
  for (int i = 0; i < flags_.checks && wrong == 0; ++i) {
    refill(kTimingRepetition + 1 + static_cast<uint64_t>(i));
    WEFT_TRY(call_once());
    WEFT_TRY_ASSIGN(wrong, member_.sum(wrong_here()));
    if (what_.collective != Collective::all_reduce || wrong != 0) continue;
    WEFT_TRY_ASSIGN(wrong, ranks_that_differ());
  }
  return wrong;
}

int64_t Row::wrong_here() const {
  const size_t bytes = bytes_of(what_.type);
  const size_t elements = in_place_ ? std::max(extent_.send_count, extent_.recv_count) : extent_.recv_count;
  int64_t wrong = columns_.wrong_received(extent_, recv_);
  wrong += bytes_not_poison(recv_base_ + elements * bytes, kGuardBytes);
  if (!in_place_ || !columns_.receives()) wrong += columns_.wrong_sent(extent_, send_);
  if (!in_place_ && !columns_.receives()) wrong += bytes_not_poison(recv_, extent_.recv_count * bytes);
  return wrong;
}

// Allowed answers may differ in their last bits, but not between ranks.
Expected<int64_t> Row::ranks_that_differ() {
  WEFT_TRY_ASSIGN(const auto sums,
                  member_.gather(fmt::format("{:x}", checksum(recv_, extent_.recv_count * bytes_of(what_.type)))));
  return std::count_if(sums.begin(), sums.end(), [&](const std::string& sum) { return sum != sums.front(); });
}

}  // namespace weft::perf
