// A simulated network of processes with its clock. Everything that happens is an event at a process; whatever is drawn
// comes from one seed. Two processes share at most one connection that stands; within it nothing is reordered, across
// connections anything is. One thread.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "base/random.h"
#include "bootstrap/switchboard.h"

namespace weft::simulation {

using Time = Switchboard::Time;
using Span = std::chrono::nanoseconds;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr Time kBeginning{std::chrono::hours(1)};

class Process;

class World {
 public:
  World(uint64_t seed, bool traced);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Random random;
  Time now() const { return now_; }
  Process& add_process();
  size_t processes() const { return processes_.size(); }
  Process& process(int index) { return *processes_[static_cast<size_t>(index)]; }

  // An event at a process: it is lost if the process has crashed by then, and late while it is frozen.
  void at(Time time, int process, std::function<void()> happens);
  // An event that no process is needed for: a fault, or what is on the wires.
  void at(Time time, std::function<void()> happens) { at(time, -1, std::move(happens)); }
  // Runs events until nothing is left, the time is over or something was violated.
  void run_until(Time end);

  // How long something takes on its way: some 100 us, or one time in so many up to `slowest`.
  Span delay();
  Span slowest{microseconds(300)};
  uint64_t slow_one_in = 10;
  uint64_t fail_one_in = 1000;  // handshakes: the connecting side gives up, and the other does not know yet

  std::function<void(int)> on_crash;  // told which process, when it has

  // Faults. A process blamed for one may be treated as dead by others.
  void crash(int process);
  void freeze(int process, Span span);
  void part(const std::vector<bool>& side, Span span);  // nothing passes between the sides meanwhile
  void break_connection(int one, int other);
  bool parted(int one, int other) const;
  void blame(int process);

  // Connections, for processes: `end` is a number that names one end of a connection.
  int open_connection(int accepting, int connecting);  // the accepting side's end; the other's is the next number
  void adopt(int end);                                 // from now on what arrives there is heard
  void send(int end, FrameBytes frame);
  void close(int end);   // what lies unread may take with it what was sent last
  void finish(int end);  // without that: the other side has been heard to its end

  // The first thing that must not be. It ends the run.
  template <typename... Args>
  void violate(fmt::format_string<Args...> text, Args&&... args) {
    if (!violation_.empty()) return;
    violation_ = fmt::format(text, std::forward<Args>(args)...);
    note("VIOLATION {}", violation_);
  }
  const std::string& violation() const { return violation_; }
  // A line of the trace.
  template <typename... Args>
  void note(fmt::format_string<Args...> text, Args&&... args) {
    if (traced_) write(fmt::format(text, std::forward<Args>(args)...));
  }
  bool traced() const { return traced_; }
  const std::deque<std::string>& trace() const { return trace_; }
  uint64_t events() const { return order_; }

 private:
  struct Event {
    Time time;
    uint64_t order;
    int process;
    std::function<void()> happens;
    bool operator<(const Event& other) const { return time != other.time ? time > other.time : order > other.order; }
  };
  // Without a frame: the stream has ended, so.
  struct Item {
    FrameBytes frame;
    Switchboard::LinkEnd end{};
  };
  struct End {
    int process = 0;
    std::deque<Item> arriving;
    Time latest{};         // when the last of them arrives
    bool adopted = false;  // and not closed
    bool closed = false;   // nothing more is heard here
    bool ended = false;    // nothing more can be sent to it
    int early = 0;         // items that arrived before it was adopted
  };
  End& end_at(int end) { return ends_[static_cast<size_t>(end)]; }
  void write(std::string line);
  void put(int end, Item item);
  void deliver(int end);
  void finish_stream(int end, Switchboard::LinkEnd how);

  Time now_ = kBeginning;
  uint64_t order_ = 0;
  std::priority_queue<Event> events_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::deque<End> ends_;  // two after each other are a connection
  struct Parting {
    std::vector<bool> side;
    Time until;
  };
  std::vector<Parting> partings_;
  std::string violation_;
  bool traced_;
  std::deque<std::string> trace_;
};

}  // namespace weft::simulation
