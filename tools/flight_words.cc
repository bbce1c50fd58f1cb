#include "tools/flight_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/dtype.h"
#include "collectives/collective.h"
#include "comm/mismatch.h"
#include "fifo/fingerprint.h"
#include "weft/weft.h"

namespace weft::tools {
namespace {

CallSignature signature_of(const FlightOperation& operation) {
  return unpack(Fingerprint{operation.low, operation.high});
}

std::string size_text(uint64_t bytes) {
  constexpr std::array<std::string_view, 5> units = {"B", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  auto size = static_cast<double>(bytes);
  for (; size >= 1024 && unit + 1 < units.size(); ++unit) size /= 1024;
  return size == static_cast<double>(static_cast<uint64_t>(size)) ? fmt::format("{:.0f} {}", size, units[unit])
                                                                  : fmt::format("{:.1f} {}", size, units[unit]);
}

}  // namespace

std::string describe(const FlightOperation& operation) {
  return weft::describe(signature_of(operation));
}

std::string title(const FlightOperation& operation) {
  const CallSignature call = signature_of(operation);
  const auto type = data_type_of(call.type);
  if (!type || call.collective >= kCollectiveCount) return describe(operation);
  std::string text = fmt::format("{} {}", name_of(Collective{call.collective}), name_of(*type));
  const auto op = operator_of(call.op);
  if (op && is_reduction(Collective{call.collective})) text += fmt::format(" {}", name_of(*op));
  return text + fmt::format(" {} #{}", size_text(call.count * bytes_of(*type)), call.sequence);
}

std::string result_text(const FlightOperation& operation) {
  return weftGetErrorString(static_cast<weftResult_t>(operation.result));
}

std::string duration_text(int64_t ns) {
  const auto time = static_cast<double>(std::max<int64_t>(ns, 0));
  if (time >= 1e9) return fmt::format("{:.1f} s", time / 1e9);
  if (time >= 1e6) return fmt::format("{:.1f} ms", time / 1e6);
  return fmt::format("{:.1f} us", time / 1e3);
}

std::string Whereabouts::text() const {
  return before + (time_ns < 0 ? "" : duration_text(time_ns)) + after;
}

Whereabouts whereabouts(const FlightRecord& record, int64_t monotonic_now_ns) {
  const FlightOperation* const current = record.under_way();
  const FlightOperation* const last = record.last_ended();
  if (current != nullptr) {
    return {.before = fmt::format("was in {} for ", describe(*current)),
            .time_ns = std::max<int64_t>(monotonic_now_ns - current->began_ns, 0),
            .after = last != nullptr ? fmt::format("; last finished #{}", last->sequence()) : "; had finished none",
            .under_way = true};
  }
  if (last == nullptr) return {.before = "had entered no collective", .time_ns = -1, .after = ""};
  if (last->result != 0) {
    return {.before = fmt::format("was in no collective; {} failed after ", describe(*last)),
            .time_ns = last->took_ns,
            .after = fmt::format(": {}", result_text(*last))};
  }
  return {.before = fmt::format("was in no collective; last finished {}, ", describe(*last)),
          .time_ns = std::max<int64_t>(monotonic_now_ns - last->began_ns - last->took_ns, 0),
          .after = record.left ? " before; it had destroyed its communicator" : " before"};
}

}  // namespace weft::tools
