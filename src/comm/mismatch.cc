#include "comm/mismatch.h"

#include "base/dtype.h"
#include "collectives/collective.h"

namespace weft {
namespace {

template <size_t N>
std::string_view word(const std::array<std::string_view, N>& words, unsigned index) {
  return index < N ? words[index] : "unknown";
}

// "weftCommSplit: " before the steps that are no collectives of the user's own.
std::string_view function_of(const CallSignature& call) {
  constexpr std::array<std::string_view, 4> kFunctions = {
      "", "weftCommSplit: ", "weftCommGrow: ", "weftAllReduceSurvivors: "};
  return kFunctions[call.call_class & 3];
}

std::string difference(const CallSignature& a, const CallSignature& b) {
  if (a.sequence != b.sequence) return "operation number (the ranks have made different numbers of calls)";
  if (a.collective != b.collective || a.call_class != b.call_class) return "collective";
  if (a.type != b.type) return "datatype";
  if (a.op != b.op) return "operator";
  if (a.root != b.root) return "root";
  if (a.count != b.count) return "count";
  return "options";
}

}  // namespace

std::string describe(const CallSignature& call) {
  const auto collective = static_cast<Collective>(call.collective);
  std::string text = fmt::format("{}{} #{} {}", function_of(call), word(kCollectiveNames, call.collective),
                                 call.sequence, word(kDataTypeNames, call.type));
  if (is_reduction(collective)) text += fmt::format(" {}", word(kOperatorNames, call.op));
  text += fmt::format(" count={}", call.count);
  if (is_rooted(collective)) text += fmt::format(" root={}", call.root);
  return text;
}

std::string describe_refusal(const Refused& refused, const CallSignature& mine, int rank) {
  const CallSignature theirs = unpack(refused.fingerprint);
  if (pack(mine) == refused.fingerprint) {
    return fmt::format("rank {} sent {} bytes where {} are due in {}: its memory is corrupt or its layout differs",
                       refused.peer, refused.bytes, refused.bytes_due, describe(mine));
  }
  return describe_disagreement(mine, rank, theirs, static_cast<int>(refused.peer));
}

std::string describe_disagreement(const CallSignature& one, int ones_rank, const CallSignature& other,
                                  int others_rank) {
  return fmt::format(
      "MISMATCH: rank {} called {}; rank {} called {}; they differ in {}. The output of this call is "
      "undefined; every rank must make the same calls in the same order",
      ones_rank, describe(one), others_rank, describe(other), difference(one, other));
}

}  // namespace weft
