// What an engine does about peers that it cannot reach.
#include "exec/engine.h"

#include <gtest/gtest.h>

#include <functional>

#include "collectives/catalog.h"
#include "support/text.h"

namespace weft::test {
namespace {

// A transport to peers whose processes are gone. Tells whom it may concern that it was asked.
class LostTransport final : public Transport {
 public:
  explicit LostTransport(std::function<void(int times)> asked) : asked_(std::move(asked)) {}
  std::string_view name() const override { return "lost"; }
  Bytes descriptor() const override { return {}; }
  Reach reach(std::span<const std::byte>) const override { return Reach::mapped; }
  Expected<std::optional<Connection>> connect(std::span<const std::byte>, const ConnectionId&, Side,
                                              const ConnectionShape&) override {
    asked_(++times_);
    return error(Code::remote_error, "the link is closed");
  }
  void release(uint64_t, uint32_t, uint32_t) override {}
  Status progress() override { return {}; }

 private:
  const std::function<void(int times)> asked_;
  int times_ = 0;
};

// How the first operation of rank 0 of 2 ends, over that transport.
struct Trial {
  Doorbell doorbell;
  Alive alive{2, doorbell};
  Outcome run(const std::function<void(int times)>& asked) {
    LostTransport transport(asked);
    Engine engine({.communicator = 1, .epoch = 0, .rank = 0}, {.slots = 5, .slot_bytes = 65536},
                  {{nullptr, {}}, {&transport, {}}}, alive, {},
                  {.stuck = [] {}, .awaiting = [](const auto&) {}, .long_wait = [] {}});
    Plan plan(find_algorithm(Collective::broadcast, "chain")->generate({.ranks = 2, .rank = 0, .root = 1}));
    HostExecutor executor(plan, engine.slot_bytes());
    float value = 0;
    auto* const bytes = reinterpret_cast<std::byte*>(&value);
    const Work work{.input = bytes, .output = bytes, .layout = Layout(sizeof value, 1, plan.schedule().chunks, 65536)};
    return engine.run(executor, work, {});
  }
};

// a peer cannot be reached, and a little later the survivors agree that it died
// expect: the error is theirs
TEST(Engine, leaves_the_word_to_the_survivors) {
  Trial trial;
  const auto outcome = trial.run([&](int times) {
    if (times == 10) trial.alive.fail(error(Code::remote_error, "rank 1 died; 1 survivor decides"));
  });
  EXPECT_EQ(outcome, Outcome::stopped);
  EXPECT_EQ(trial.alive.error().text(), "rank 1 died; 1 survivor decides");
}

// a peer cannot be reached, and nobody says why
// expect: an error that names it
TEST(Engine, gives_up_a_peer_that_stays_unreachable) {
  Trial trial;
  EXPECT_EQ(trial.run([](int) {}), Outcome::stopped);
  EXPECT_EQ(trial.alive.error().code(), Code::remote_error);
  expect_text(trial.alive.error().text(), {"rank 1", "the link is closed"});
}

}  // namespace
}  // namespace weft::test
