#include "report.h"

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

namespace weft::perf {
namespace {

using nlohmann::ordered_json;

ordered_json json_of(const std::optional<Hop>& hop) {
  if (!hop) return nullptr;
  return {
      {"median", hop->ns.median}, {"min", hop->ns.least}, {"max", hop->ns.most}, {"processors", {hop->from, hop->to}}};
}

ordered_json json_of(const Flags& flags) {
  const bool multiplied = flags.step_factor > 1;
  return {{"nthreads", flags.threads},
          {"minimum_bytes", flags.min_bytes},
          {"maximum_bytes", flags.max_bytes},
          {multiplied ? "step_factor" : "step_bytes", multiplied ? flags.step_factor : flags.step_bytes},
          {"warmup_iters", flags.warmup_iterations},
          {"iterations", flags.iterations},
          {"aggregated_iterations", flags.calls_per_iteration},
          {"validation", flags.checks},
          {"blocking_collectives", static_cast<int>(flags.blocking)},
          {"average", static_cast<int>(flags.average)},
          {"parallel_init", flags.parallel_init},
          {"memory", flags.memory == Memory::malloc ? "malloc" : "shared"},
          {"unalign", flags.unalign},
          {"inputs_rewritten_between_iterations", false}};
}

ordered_json json_of(const Measured& measured) {
  const Measurement& measurement = measured.measurement;
  ordered_json json = {{"time", measurement.time_us},
                       {"cpu_time", measurement.cpu_time_us},
                       {"alg_bw", measurement.bandwidth.algorithm},
                       {"bus_bw", measurement.bandwidth.bus},
                       {"nwrong", nullptr}};
  if (measurement.wrong) json["nwrong"] = *measurement.wrong;
  if (measured.batches) {
    json["batches"] = {{"count", measured.batches->batches.batches},
                       {"calls_per_batch", measured.batches->batches.calls_per_batch},
                       {"median_us", measured.batches->us_a_call.median},
                       {"min_us", measured.batches->us_a_call.least},
                       {"max_us", measured.batches->us_a_call.most}};
  }
  return json;
}

ordered_json json_of(const ReportRow& row) {
  return {{"size", row.head.bytes},
          {"count", row.head.count},
          {"type", row.head.type},
          {"redop", row.head.op},
          {"root", row.head.root},
          {"out_of_place", json_of(row.out_of_place)},
          {"in_place", row.in_place ? json_of(*row.in_place) : ordered_json()}};
}

}  // namespace

std::string json_of(const Report& report) {
  ordered_json results = ordered_json::array();
  for (const ReportRow& row : report.rows) results.push_back(json_of(row));
  const ordered_json json = {{"schema", "weft-perf"},
                             {"schema_version", kReportSchemaVersion},
                             {"program", report.program},
                             {"collective", report.collective},
                             {"weft_version", report.library_version},
                             {"commit", report.commit},
                             {"args", report.command},
                             {"ranks", report.ranks},
                             {"machine",
                              {{"host", report.machine.host},
                               {"processor", report.machine.processor},
                               {"processors", report.machine.processors},
                               {"kernel", report.machine.kernel}}},
                             {"hop_ns", {{"before", json_of(report.hop_before)}, {"after", json_of(report.hop_after)}}},
                             {"config", json_of(report.flags)},
                             {"results", results},
                             {"out_of_bounds", {{"count", report.failed_checks}, {"okay", report.failed_checks == 0}}},
                             {"average_bus_bandwidth", {{"bandwidth", report.average_bus_bandwidth}}}};
  // A host name that is no UTF-8 must not end the run.
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

Status write_file(const std::string& path, const std::string& text) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "we"), std::fclose);
  if (file == nullptr) return error(Code::system_error, "cannot write {}: {}", path, errno_text(errno));
  if (std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() || std::fflush(file.get()) != 0)
    return error(Code::system_error, "writing {} failed: {}", path, errno_text(errno));
  return {};
}

}  // namespace weft::perf
