#include "api/mismatch_cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace weft::test {
namespace {

constexpr std::array<size_t, 3> kSizes = {8, size_t{64} << 10, size_t{16} << 20};

Call common_call(const MismatchCase& one) {
  const size_t blocks = is_blocked(one.row->collective) ? static_cast<size_t>(one.ranks) : 1;
  return {.collective = one.row->collective, .count = std::max<size_t>(2, one.bytes / sizeof(float) / blocks)};
}

Call partner_call() {
  return {.collective = Collective::all_reduce, .count = 3, .type = weftInt32, .op = weftMax};
}

// For the deviations of one field.
Call deviating_call(const MismatchCase& one) {
  Call call = common_call(one);
  switch (one.deviation) {
    case Deviation::collective:
      call.collective = static_cast<Collective>((static_cast<int>(call.collective) + 1) % kCollectiveCount);
      break;
    case Deviation::count_more:
      ++call.count;
      break;
    case Deviation::count_less:
      --call.count;
      break;
    case Deviation::count_zero:
      call.count = 0;
      break;
    case Deviation::type:
      call.type = weftInt32;
      break;
    case Deviation::op:
      call.op = weftMax;
      break;
    case Deviation::root:
      call.root = one.ranks - 1;
      break;
    default:
      break;
  }
  return call;
}

bool applies(Deviation deviation, Collective collective) {
  if (deviation == Deviation::op) return is_reduction(collective);
  return deviation != Deviation::root || is_rooted(collective);
}

std::vector<MismatchCase> every_case() {
  std::vector<MismatchCase> cases;
  for (const CatalogRow& row : catalog()) {
    for (size_t deviation = 0; deviation < kDeviationNames.size(); ++deviation) {
      if (!applies(static_cast<Deviation>(deviation), row.collective)) continue;
      for (const size_t bytes : kSizes) {
        for (const int ranks : {2, 5}) {
          for (int place = 0; place < 3; ++place) {
            if (ranks == 2 && place == 1) continue;  // the last one
            cases.push_back({&row, static_cast<Deviation>(deviation), bytes, place, ranks});
          }
        }
      }
    }
  }
  return cases;
}

using Value = std::pair<int, size_t>;  // a field and what it is
std::array<Value, 5> values_of(const MismatchCase& one) {
  return {Value{0, static_cast<size_t>(one.row - catalog().data())}, Value{1, static_cast<size_t>(one.deviation)},
          Value{2, one.bytes}, Value{3, static_cast<size_t>(one.place)}, Value{4, static_cast<size_t>(one.ranks)}};
}

// Keeps a case if it brings two values together that no kept one does; `least` of them at a time, first the many.
std::vector<MismatchCase> pairwise(const std::vector<MismatchCase>& all) {
  std::vector<MismatchCase> kept;
  std::set<std::pair<Value, Value>> covered;
  for (size_t least = 10; least > 0; --least) {
    for (const MismatchCase& one : all) {
      const auto values = values_of(one);
      std::vector<std::pair<Value, Value>> fresh;
      for (size_t a = 0; a < values.size(); ++a) {
        for (size_t b = a + 1; b < values.size(); ++b) {
          if (!covered.contains({values[a], values[b]})) fresh.emplace_back(values[a], values[b]);
        }
      }
      if (fresh.size() < least) continue;
      covered.insert(fresh.begin(), fresh.end());
      kept.push_back(one);
    }
  }
  return kept;
}

}  // namespace

weftResult_t Call::make(weftComm_t comm, const void* in, void* out) const {
  switch (collective) {
    case Collective::all_reduce:
      return weftAllReduce(in, out, count, type, op, comm, nullptr);
    case Collective::reduce_scatter:
      return weftReduceScatter(in, out, count, type, op, comm, nullptr);
    case Collective::all_gather:
      return weftAllGather(in, out, count, type, comm, nullptr);
    case Collective::broadcast:
      return weftBroadcast(in, out, count, type, root, comm, nullptr);
    case Collective::reduce:
      return weftReduce(in, out, count, type, op, root, comm, nullptr);
  }
  return weftInternalError;
}

bool MismatchCase::late() const {
  return (static_cast<size_t>(deviation) + static_cast<size_t>(place) + bytes) % 3 == 0;
}

std::string MismatchCase::text() const {
  return fmt::format("{} {}, {} bytes, {} ranks, {} of rank {}{}", name_of(row->collective), row->name, bytes, ranks,
                     kDeviationNames[static_cast<size_t>(deviation)], deviant(), late() ? ", late" : "");
}

Call last_call() {
  return {.collective = Collective::all_reduce, .count = 1, .type = weftInt64, .op = weftMin};
}

std::vector<Call> calls_of(const MismatchCase& one, int rank) {
  const Call common = common_call(one), partner = partner_call();
  const bool deviates = rank == one.deviant();
  switch (one.deviation) {
    case Deviation::swapped:
      return deviates ? std::vector{partner, common} : std::vector{common, partner};
    case Deviation::extra:
      return deviates ? std::vector{common, common, last_call()} : std::vector{common, last_call()};
    case Deviation::missing:
      return deviates ? std::vector{common, last_call()} : std::vector{common, common, last_call()};
    default:
      return {deviates ? deviating_call(one) : common};
  }
}

size_t first_difference(const MismatchCase& one) {
  const auto odd = calls_of(one, one.deviant()), others = calls_of(one, (one.deviant() + 1) % one.ranks);
  const auto end = odd.begin() + static_cast<std::ptrdiff_t>(std::min(odd.size(), others.size()));
  return static_cast<size_t>(std::mismatch(odd.begin(), end, others.begin()).first - odd.begin());
}

std::string differing_field(const MismatchCase& one) {
  const size_t at = first_difference(one);
  const Call odd = calls_of(one, one.deviant())[at], others = calls_of(one, (one.deviant() + 1) % one.ranks)[at];
  if (odd.collective != others.collective) return "collective";
  if (odd.type != others.type) return "datatype";
  if (odd.op != others.op) return "operator";
  return odd.root != others.root ? "root" : "count";
}

std::vector<MismatchCase> mismatch_cases(bool all) {
  return all ? every_case() : pairwise(every_case());
}

}  // namespace weft::test
