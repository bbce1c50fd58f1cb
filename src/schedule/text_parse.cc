#include "schedule/scanner.h"
#include "schedule/text.h"

namespace weft {
namespace {

constexpr uint32_t kFirstMax = UINT32_MAX - 256;  // a step has at most 255 ports of a kind

Ref parse_ref(Scanner& scan) {
  Ref ref;
  for (const Buffer buffer : {Buffer::input, Buffer::output, Buffer::scratch}) {
    if (ref.buffer == Buffer::none && scan.take(name_of(buffer))) ref.buffer = buffer;
  }
  if (ref.buffer == Buffer::none) return ref;
  scan.expect("[");
  ref.chunk = scan.number<uint32_t>();
  const bool up = scan.take("+");
  if (up || scan.take("-")) {
    const int size = scan.at_digit() ? scan.number<int16_t>() : 1;
    ref.stride = static_cast<int16_t>(up ? size : -size);
    scan.expect("i");
  }
  ref.mirror = scan.take("~") ? 1 : 0;
  scan.expect("]");
  return ref;
}

struct Range {
  uint32_t first = 0;
  uint8_t count = 0;
};

// Of ports and table entries: their ends are counted in the same 32 bits.
uint32_t parse_first(Scanner& scan) {
  const auto first = scan.number<uint32_t>();
  if (first > kFirstMax) scan.fail(fmt::format("a number up to {} before it", kFirstMax));
  return first;
}

Range parse_ports(Scanner& scan) {
  const uint32_t first = parse_first(scan);
  if (!scan.take("..")) return {first, 1};
  const auto last = scan.number<uint32_t>();
  if (last <= first || last - first >= 255) scan.fail("a range of 2 to 255 ports before it");
  return {first, static_cast<uint8_t>(last - first + 1)};
}

// Ports before and after the source are one range.
void parse_part(Scanner& scan, Step& step) {
  if (!scan.take("recv")) {
    if (step.source.buffer != Buffer::none) return scan.fail("recv");
    step.source = parse_ref(scan);
    step.source_at = step.recv_count;
    if (step.source.buffer == Buffer::none) scan.fail("recv, input, output or scratch");
    return;
  }
  const Range ports = parse_ports(scan);
  if (step.recv_count != 0 && ports.first != step.recv_first + step.recv_count) {
    return scan.fail(fmt::format("ports that begin at {}", step.recv_first + step.recv_count));
  }
  if (step.recv_count == 0) step.recv_first = ports.first;
  if (step.recv_count + ports.count > 255) return scan.fail("no more than 255 ports");
  step.recv_count = static_cast<uint8_t>(step.recv_count + ports.count);
}

void parse_place(Scanner& scan, Step& step) {
  if (!scan.take("send")) {
    step.target = parse_ref(scan);
    if (step.target.buffer == Buffer::none) scan.fail("send, output or scratch");
    return;
  }
  const Range ports = parse_ports(scan);
  step.send_first = ports.first;
  step.send_count = ports.count;
}

void parse_wait(Scanner& scan, Step& step) {
  step.wait = scan.take("slot") ? Wait::slot : scan.take("pass") ? Wait::back : Wait::step;
  scan.expect("lane");
  step.wait_lane = scan.number<uint8_t>();
  scan.expect("step");
  step.wait_step = scan.number<uint32_t>();
}

void parse_option(Scanner& scan, Step& step) {
  if (scan.take("count")) {
    step.count = scan.number<uint32_t>();
  } else if (scan.take("run")) {
    step.run = scan.number<uint32_t>();
  } else if (scan.take("gap")) {
    step.gap = scan.number<int32_t>();
  } else if (scan.take("table")) {
    step.table = parse_first(scan) + 1;
  } else if (scan.take("ports")) {
    step.port_stride = scan.number<int8_t>();
  } else if (scan.take("pairwise")) {
    step.flags |= kPairwise;
  } else if (scan.take("pre")) {
    step.flags |= kPreOp;
  } else if (scan.take("post")) {
    step.flags |= kPostOp;
  } else if (scan.take("remote")) {
    step.remote = parse_ref(scan);
  } else if (scan.take("after")) {
    parse_wait(scan, step);
  } else {
    scan.fail("count, run, gap, table, ports, pairwise, pre, post, remote or after");
  }
}

Step parse_move(Scanner& scan) {
  Step step;
  do parse_part(scan, step);
  while (scan.take("+"));
  scan.expect("->");
  do parse_place(scan, step);
  while (scan.take(","));
  if (!scan.take("|")) return step;
  do parse_option(scan, step);
  while (scan.take(","));
  return step;
}

Step parse_loop(Scanner& scan) {
  Step step;
  step.op = Op::loop;
  step.wait_step = scan.number<uint32_t>();
  scan.expect("times");
  step.count = scan.number<uint32_t>();
  scan.expect("steps");
  return step;
}

void parse_port(Scanner& scan, Schedule& schedule, Lane& lane) {
  if (scan.number<uint32_t>() != lane.port_count)
    scan.fail(fmt::format("after port number {}, which is the next,", lane.port_count));
  Port port;
  scan.expect("rank");
  port.peer = scan.number<uint32_t>();
  scan.expect("stream");
  port.stream = scan.number<uint16_t>();
  if (scan.take("group")) port.kind = PortKind::group;
  schedule.ports.push_back(port);
  ++lane.port_count;
}

void parse_lane(Scanner& scan, Schedule& schedule) {
  Lane lane = {static_cast<uint32_t>(schedule.steps.size()), 0, static_cast<uint32_t>(schedule.ports.size()), 0, 0, 0};
  if (scan.take("window")) {
    lane.window_base = scan.number<uint32_t>();
    scan.expect("size");
    lane.window_size = scan.number<uint32_t>();
    if (lane.window_size == 0) scan.fail("a window of at least one chunk before it");
  }
  scan.expect_line_end();
  while (scan.take("port")) {
    parse_port(scan, schedule, lane);
    scan.expect_line_end();
  }
  while (true) {
    const bool is_move = scan.take("move");
    if (!is_move && !scan.take("loop")) break;
    schedule.steps.push_back(is_move ? parse_move(scan) : parse_loop(scan));
    ++lane.step_count;
    scan.expect_line_end();
  }
  schedule.lanes.push_back(lane);
}

Schedule parse_one(Scanner& scan) {
  Schedule schedule;
  scan.expect("schedule");
  scan.expect("chunks");
  schedule.chunks = scan.number<uint32_t>();
  scan.expect("scratch");
  schedule.scratch_chunks = scan.number<uint32_t>();
  scan.expect("credits");
  schedule.credits_needed = scan.number<uint32_t>();
  scan.expect_line_end();
  if (scan.take("tables")) {
    while (scan.at_digit()) schedule.tables.push_back(scan.number<uint32_t>());
    scan.expect_line_end();
  }
  while (scan.take("lane")) parse_lane(scan, schedule);
  return schedule;
}

}  // namespace

Expected<Schedule> parse_schedule(std::string_view text) {
  Scanner scan(text);
  Schedule schedule = parse_one(scan);
  if (!scan.at_end()) scan.fail("lane, port, move, loop or the end");
  WEFT_TRY(scan.status());
  return schedule;
}

Expected<std::vector<Schedule>> parse_schedules(std::string_view text) {
  Scanner scan(text);
  std::vector<Schedule> schedules;
  while (scan.take("rank")) {
    if (scan.number<uint32_t>() != schedules.size()) scan.fail(fmt::format("rank {}", schedules.size()));
    scan.expect_line_end();
    schedules.push_back(parse_one(scan));
  }
  if (!scan.at_end()) scan.fail("rank, lane, port, move, loop or the end");
  WEFT_TRY(scan.status());
  return schedules;
}

}  // namespace weft
