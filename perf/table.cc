#include "table.h"

namespace weft::perf {

std::string fitted(double value, int width) {
  for (int decimals = 2; decimals >= 0; --decimals) {
    std::string text = fmt::format("{:{}.{}f}", value, width, decimals);
    if (text.size() <= static_cast<size_t>(width)) return text;
  }
  return fmt::format("{:{}.{}e}", value, width, width >= 7 ? 1 : 0);
}

std::string settings_line(const Flags& flags) {
  const bool multiplied = flags.step_factor > 1;
  return fmt::format(
      "# nThread {} nGpus 1 minBytes {} maxBytes {} step: {}({}) warmup iters: {} iters: {} agg iters: {} validation: "
      "{} graph: 0 "
      "unalign: {}\n",
      flags.threads, flags.min_bytes, flags.max_bytes, multiplied ? flags.step_factor : flags.step_bytes,
      multiplied ? "factor" : "bytes", flags.warmup_iterations, flags.iterations, flags.calls_per_iteration,
      flags.checks, flags.unalign);
}

std::string participant_line(const Participant& participant) {
  return fmt::format("#  Rank {:2} Group {:2} Pid {:6} on {:>10} device {:2} [cpu] {}\n", participant.rank, 0,
                     participant.pid, participant.host, 0, participant.device);
}

std::string table_head(bool cpu_time) {
  const std::string_view time = cpu_time ? "cputime" : "time";
  const auto line = [](auto... words) {
    return fmt::format(
        "# {:>10}  {:>12}  {:>8}  {:>6}  {:>6}  {:>7}  {:>6}  {:>6}  {:>6}  {:>7}  {:>6}  {:>6}  {:>6} \n", words...);
  };
  return "#\n" +
         fmt::format(
             "# {:>10}  {:>12}  {:>8}  {:>6}  {:>6}           out-of-place                       in-place          \n",
             "", "", "", "", "") +
         line("size", "count", "type", "redop", "root", time, "algbw", "busbw", "#wrong", time, "algbw", "busbw",
              "#wrong") +
         line("(B)", "(elements)", "", "", "", "(us)", "(GB/s)", "(GB/s)", "", "(us)", "(GB/s)", "(GB/s)", "");
}

std::string row_head(const RowHead& head) {
  return fmt::format("{:12}  {:12}  {:>8}  {:>6}  {:>6}", head.bytes, head.count, head.type, head.op, head.root);
}

std::string row_half(const Measurement& measurement, bool cpu_time) {
  return fmt::format("  {}  {}  {}  {}", fitted(cpu_time ? measurement.cpu_time_us : measurement.time_us, 7),
                     fitted(measurement.bandwidth.algorithm, 6), fitted(measurement.bandwidth.bus, 6),
                     measurement.wrong ? fmt::format("{:6g}", static_cast<double>(*measurement.wrong)) : "   N/A");
}

std::string table_foot(int64_t failed_checks, double average_bus_bandwidth, std::string_view program) {
  return fmt::format("# {:<20} : {} {}\n# {:<20} : {:g} \n#\n# Collective test concluded: {}\n#\n\n",
                     "Out of bounds values", failed_checks, failed_checks != 0 ? "FAILED" : "OK", "Avg bus bandwidth",
                     average_bus_bandwidth, program);
}

}  // namespace weft::perf
