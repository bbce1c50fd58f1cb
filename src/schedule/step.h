// The step language: plain, relocatable data. A schedule is one rank's program for one channel; it knows chunks, ports
// and lanes, but no addresses, sizes, types or clocks.
//
// Running one `move`, slot by slot: wait; every recv port has a slot and every send port a free one;
// value = fold(recv ports before source_at, source, the other recv ports); write the target and every send port;
// release.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <vector>

namespace weft {

// Where chunks lie: the caller's input and output, or memory of the plan that lives for one pass.
enum class Buffer : uint8_t { none, input, output, scratch };
inline constexpr std::array<std::string_view, 4> kBufferNames = {"none", "input", "output", "scratch"};
constexpr std::string_view name_of(Buffer buffer) {
  return kBufferNames[static_cast<size_t>(buffer)];
}

// Where a step's chunk set starts in one buffer. Chunk numbers wrap in the lane's window.
struct Ref {
  Buffer buffer = Buffer::none;
  uint8_t mirror = 0;  // the offsets of the set count downwards
  int16_t stride = 0;  // chunks to advance per loop iteration
  uint32_t chunk = 0;  // first chunk, relative to the lane's window
  bool operator==(const Ref&) const = default;
};

enum class Op : uint8_t { move, loop };

enum class Wait : uint8_t {
  none,
  step,  // lane `wait_lane` has finished its step `wait_step` of this pass
  slot,  // that step has finished the slot with my slot's number (all of it, if it has fewer)
  back,  // that lane has finished that step of the previous pass (reuse of scratch); in the first pass: no wait
};

inline constexpr uint8_t kPairwise = 1;  // fold as a balanced tree instead of from the left
inline constexpr uint8_t kPreOp = 2;     // apply the operator's map to the source (premultiplied sums)
inline constexpr uint8_t kPostOp = 4;    // the value is complete: apply the operator's last map (average: divide by n)

struct alignas(16) Step {
  Op op = Op::move;
  uint8_t flags = 0;
  uint8_t source_at = 0;                   // recv ports folded before the source: the order of sums
  uint8_t recv_count = 0, send_count = 0;  // consecutive ports of the lane
  int8_t port_stride = 0;                  // ports to advance per loop iteration
  Wait wait = Wait::none;
  uint8_t wait_lane = 0;
  uint32_t recv_first = 0, send_first = 0;  // relative to the lane's first port; recv in fold order
  uint32_t wait_step = 0;                   // expanded index in wait_lane           (loop: the number of trips)
  uint32_t count = 1;                       // chunks in the set                     (loop: steps in the body)
  uint32_t run = 0;                         // the set is cut in runs of this many consecutive chunks; 0: one run
  int32_t gap = 0;                          // distance between the starts of runs
  uint32_t table = 0;          // 1 + offset into Schedule::tables, where the sets of all trips are listed; 0: computed
  Ref source, target, remote;  // remote: the peer's chunk, for direct and group ports
  bool operator==(const Step&) const = default;
};
static_assert(sizeof(Ref) == 8);
static_assert(sizeof(Step) == 64);
static_assert(std::is_trivially_copyable_v<Step>);

// fifo: an ordered connection with one peer. group: memory of several ranks (multicast, load-reduce).
enum class PortKind : uint8_t { fifo, group };

// A lane's end of a connection. Several lanes of a rank may not share the same end of a connection.
struct Port {
  uint32_t peer = 0;
  uint16_t stream = 0;
  PortKind kind = PortKind::fifo;
  bool operator==(const Port&) const = default;
};

// A sequential list of steps. A window_size of 0 means the whole buffer.
struct Lane {
  uint32_t first_step = 0, step_count = 0;
  uint32_t first_port = 0, port_count = 0;
  uint32_t window_base = 0, window_size = 0;
  bool operator==(const Lane&) const = default;
};

struct Schedule {
  uint32_t chunks = 1;          // the data is cut into so many chunks
  uint32_t scratch_chunks = 0;  // scratch chunk s holds data as long as that of data chunk s % chunks
  uint32_t credits_needed = 1;  // slots per connection without which this schedule can stop for ever
  std::vector<Lane> lanes;
  std::vector<Step> steps;
  std::vector<Port> ports;
  std::vector<uint32_t> tables;
  bool operator==(const Schedule&) const = default;
};

}  // namespace weft
