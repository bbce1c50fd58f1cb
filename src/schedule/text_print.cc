#include <fmt/format.h>

#include <array>

#include "schedule/text.h"

namespace weft {
namespace {

constexpr std::array<std::string_view, 4> kWaits = {"none", "after ", "after slot ", "after pass "};

std::string ref_text(const Ref& ref) {
  std::string text = fmt::format("{}[{}", name_of(ref.buffer), ref.chunk);
  const int size = ref.stride < 0 ? -ref.stride : ref.stride;
  if (size != 0) text += fmt::format("{}{}i", ref.stride < 0 ? '-' : '+', size == 1 ? "" : std::to_string(size));
  return text + (ref.mirror != 0 ? "~]" : "]");
}

std::string ports_text(std::string_view word, uint32_t first, uint32_t count) {
  return count == 1 ? fmt::format("{} {}", word, first) : fmt::format("{} {}..{}", word, first, first + count - 1);
}

std::string parts_text(const Step& step) {
  const bool has_source = step.source.buffer != Buffer::none;
  const uint32_t before = has_source ? step.source_at : step.recv_count;
  std::vector<std::string> parts;
  if (before > 0) parts.push_back(ports_text("recv", step.recv_first, before));
  if (has_source) parts.push_back(ref_text(step.source));
  if (step.recv_count > before) parts.push_back(ports_text("recv", step.recv_first + before, step.recv_count - before));
  return fmt::format("{}", fmt::join(parts, " + "));
}

std::string places_text(const Step& step) {
  std::vector<std::string> places;
  if (step.target.buffer != Buffer::none) places.push_back(ref_text(step.target));
  if (step.send_count > 0) places.push_back(ports_text("send", step.send_first, step.send_count));
  return fmt::format("{}", fmt::join(places, ", "));
}

std::string options_text(const Step& step) {
  std::vector<std::string> options;
  if (step.count != 1) options.push_back(fmt::format("count {}", step.count));
  if (step.run != 0) options.push_back(fmt::format("run {}", step.run));
  if (step.gap != 0) options.push_back(fmt::format("gap {}", step.gap));
  if (step.table != 0) options.push_back(fmt::format("table {}", step.table - 1));
  if (step.port_stride != 0) options.push_back(fmt::format("ports {:+}", step.port_stride));
  if ((step.flags & kPairwise) != 0) options.emplace_back("pairwise");
  if ((step.flags & kPreOp) != 0) options.emplace_back("pre");
  if ((step.flags & kPostOp) != 0) options.emplace_back("post");
  if (step.remote.buffer != Buffer::none) options.push_back("remote " + ref_text(step.remote));
  if (step.wait != Wait::none) {
    options.push_back(
        fmt::format("{}lane {} step {}", kWaits[static_cast<size_t>(step.wait)], step.wait_lane, step.wait_step));
  }
  return options.empty() ? "" : fmt::format(" | {}", fmt::join(options, ", "));
}

void print_lane(const Schedule& schedule, const Lane& lane, std::string& text) {
  text += "lane";
  if (lane.window_size != 0) text += fmt::format(" window {} size {}", lane.window_base, lane.window_size);
  text += '\n';
  for (uint32_t i = 0; i < lane.port_count; ++i) {
    const Port& port = schedule.ports[lane.first_port + i];
    text += fmt::format("  port {} rank {} stream {}{}\n", i, port.peer, port.stream,
                        port.kind == PortKind::group ? " group" : "");
  }
  uint32_t body_left = 0;
  for (uint32_t i = 0; i < lane.step_count; ++i) {
    const Step& step = schedule.steps[lane.first_step + i];
    if (step.op == Op::loop) {
      text += fmt::format("  loop {} times {} steps\n", step.wait_step, step.count);
      body_left = step.count;
      continue;
    }
    text += fmt::format("  {}move {} -> {}{}\n", body_left > 0 ? "  " : "", parts_text(step), places_text(step),
                        options_text(step));
    body_left -= body_left > 0;
  }
}

}  // namespace

std::string print_schedule(const Schedule& schedule) {
  std::string text = fmt::format("schedule chunks {} scratch {} credits {}\n", schedule.chunks, schedule.scratch_chunks,
                                 schedule.credits_needed);
  if (!schedule.tables.empty()) text += fmt::format("tables {}\n", fmt::join(schedule.tables, " "));
  for (const Lane& lane : schedule.lanes) print_lane(schedule, lane, text);
  return text;
}

std::string print_schedules(std::span<const Schedule> schedules) {
  std::string text;
  for (size_t rank = 0; rank < schedules.size(); ++rank)
    text += fmt::format("rank {}\n{}", rank, print_schedule(schedules[rank]));
  return text;
}

}  // namespace weft
