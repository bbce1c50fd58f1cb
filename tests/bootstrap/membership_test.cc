#include "bootstrap/membership.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include "bootstrap/ranks.h"

namespace weft::test {
namespace {

// `nranks` ranks come together, then each does `body`. Links use TCP if `tcp`.
std::vector<std::string> with_ranks(bool processes, int nranks, const std::function<std::string(TestRank&, int)>& body,
                                    bool tcp = false) {
  IdBoard board(nranks);
  return run_ranks(processes, nranks, [&](int rank) {
    std::unique_ptr<Root> root;
    if (rank == 0) root = *Root::start({});
    const UniqueId id = board.exchange(rank, root ? root->id() : UniqueId());
    TestRank self;
    const std::string failed = self.come(id, rank, nranks, [&](Roster& roster) {
      for (Member& member : roster) member.host_identity += tcp ? 1 : 0;
    });
    return failed.empty() ? body(self, rank) : failed;
  });
}

class MembershipAs : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(All, MembershipAs, ::testing::Values(false, true),
                         [](const auto& one) { return one.param ? "processes" : "threads"; });

// 1, 2, 5 and 16 ranks come together and leave in good order, each when it likes
// expect: every rank sees all others depart, nobody fails
TEST_P(MembershipAs, orderly) {
  for (const int nranks : {1, 2, 5, 16}) {
    const auto verdicts = with_ranks(GetParam(), nranks, [&](TestRank& self, int rank) -> std::string {
      static_cast<void>(rank);
      self.membership->leave();
      return self.alive->stopped() ? std::string(self.alive->error().text()) : "ok";
    });
    for (const std::string& verdict : verdicts) EXPECT_EQ(verdict, "ok");
  }
}

// one rank leaves and ends; the others stay
// expect: they see it depart, and its end is no failure
TEST_P(MembershipAs, departure) {
  for (const bool tcp : {false, true}) {
    Shared<Barrier> barrier;
    barrier->init(3);
    const auto verdicts = with_ranks(
        GetParam(), 4,
        [&](TestRank& self, int rank) -> std::string {
          if (rank == 2) return "left";  // Its destructors leave.
          if (!self.wait_for_departure(2, 5000)) return "no departure";
          barrier->wait();
          return self.alive->stopped() ? std::string(self.alive->error().text()) : "ok";
        },
        tcp);
    EXPECT_EQ(verdicts, (std::vector<std::string>{"ok", "ok", "left", "ok"}));
  }
}

// a rank decides that the communicator has failed
// expect: all others fail with its code, its name and its text
TEST_P(MembershipAs, failure) {
  Shared<Barrier> barrier;
  barrier->init(5);
  const auto verdicts = with_ranks(GetParam(), 5, [&](TestRank& self, int rank) -> std::string {
    barrier->wait();
    if (rank == 3) {
      self.membership->broadcast_failure(Code::mismatch, "count 7, not 8");
      return "decided";
    }
    const std::string text = self.wait_for_failure(5000);
    const std::string expected = fmt::format("{}: count 7, not 8", describe(self.joined.roster[3]));
    if (text != expected) return text;
    return self.alive->error().code() == Code::mismatch ? "ok" : "wrong code";
  });
  EXPECT_EQ(verdicts, (std::vector<std::string>{"ok", "ok", "ok", "decided", "ok"}));
}

struct Killing {
  Barrier barrier;
  std::atomic<int64_t> killed_at{0};
};

int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch()).count();
}

// How a rank's process ends without leaving.
enum class End { kill, exit, child_keeps_sockets };

void end_process(End end) {
  if (end == End::exit) syscall(SYS_exit_group, 0);  // _exit, without the second that ThreadSanitizer sleeps in it
  if (end == End::child_keeps_sockets && syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr) == 0) {
    // Made without fork handlers, so it keeps all sockets open; it outlives the second of grace.
    alarm(2);
    for (;;) pause();
  }
  raise(SIGKILL);
}

// Survivors' verdicts when rank 1 of four ends so.
void expect_noticed(End end, bool tcp, const char* what) {
  Shared<Killing> killing;
  killing->barrier.init(4);
  const auto verdicts = with_ranks(
      true, 4,
      [&](TestRank& self, int rank) -> std::string {
        killing->barrier.wait();
        if (rank == 1) {
          killing->killed_at = now_us();
          end_process(end);
        }
        const std::string text = self.wait_for_failure(5000);
        const int64_t us = now_us() - killing->killed_at;
        if (rank == 0)
          std::printf("%s over %s: noticed after %ld us: %s\n", what, tcp ? "TCP" : "unix", static_cast<long>(us),
                      text.c_str());
        std::fflush(stdout);
        if (!contains(text, fmt::format("{} died: ", describe(self.joined.roster[1])))) return text;
        return us < 1'000'000 && self.alive->error().code() == Code::remote_error ? "ok" : "late";
      },
      tcp);
  for (const int survivor : {0, 2, 3}) EXPECT_EQ(verdicts[static_cast<size_t>(survivor)], "ok");
}

// a process is killed, exits without leaving, or is killed while a forked child of it lives on
// expect: all survivors fail within a second, naming its rank and pid
TEST(Membership, killed) {
  expect_noticed(End::kill, false, "SIGKILL");
}
TEST(Membership, killed_over_tcp) {
  expect_noticed(End::kill, true, "SIGKILL");
}
TEST(Membership, exits) {
  expect_noticed(End::exit, false, "exit");
}
TEST(Membership, killed_with_child) {
  expect_noticed(End::child_keeps_sockets, false, "SIGKILL with a living child");
}

// a rank of the roster never comes as far as this
// expect: the others name it at the deadline, and whoever comes later hears of the failure
TEST(Membership, one_never_links) {
  Shared<Barrier> barrier;
  barrier->init(3);
  IdBoard board(3);
  const auto verdicts = run_processes(3, [&](int rank) -> std::string {
    std::unique_ptr<Root> root;
    if (rank == 0) root = *Root::start({});
    const UniqueId id = board.exchange(rank, root ? root->id() : UniqueId());
    auto control = *Control::of_process("");
    JoinRequest request = request_of(rank, 3);
    request.self = control->describe_self();
    auto joined = join(id, request, soon());
    if (!joined) return std::string(joined.error().text());
    Doorbell doorbell;
    Alive alive(3, doorbell);
    if (rank == 2) barrier->wait();
    const auto seated = weft::Membership::join(
        control, {joined->communicator, 0, rank, joined->secret, joined->roster, &alive}, Deadline::after_ms(300));
    if (rank != 2) barrier->wait();
    barrier->wait();
    return seated ? "seated" : std::string(seated.error().text());
  });
  for (const int rank : {0, 1}) {
    const std::string& verdict = verdicts[static_cast<size_t>(rank)];
    EXPECT_TRUE(contains(verdict, "rank 2 joined but did not get in touch") || contains(verdict, "rank 1 (") ||
                contains(verdict, "rank 0 ("))
        << verdict;
  }
  EXPECT_NE(verdicts[2], "seated");
}

// a process of the roster is gone before it links
// expect: the others hear so long before their deadline
TEST(Membership, gone_before_linking) {
  IdBoard board(3);
  const auto verdicts = run_processes(3, [&](int rank) -> std::string {
    std::unique_ptr<Root> root;
    if (rank == 0) root = *Root::start({});
    const UniqueId id = board.exchange(rank, root ? root->id() : UniqueId());
    auto control = *Control::of_process("");
    JoinRequest request = request_of(rank, 3);
    request.self = control->describe_self();
    auto joined = join(id, request, soon());
    if (rank == 2) raise(SIGKILL);
    Doorbell doorbell;
    Alive alive(3, doorbell);
    const auto start = Clock::now();
    const auto seated = weft::Membership::join(
        control, {joined->communicator, 0, rank, joined->secret, joined->roster, &alive}, soon());
    if (seated) return "seated";
    return Clock::now() - start < std::chrono::seconds(3) ? std::string(seated.error().text()) : "late";
  });
  // One of them may see only that the other has given up, because the two had no link yet.
  for (const int rank : {0, 1})
    EXPECT_TRUE(contains(verdicts[static_cast<size_t>(rank)], "rank ")) << verdicts[static_cast<size_t>(rank)];
  EXPECT_TRUE(contains(verdicts[0], "rank 2 (") || contains(verdicts[1], "rank 2 (")) << verdicts[0] << "\n"
                                                                                      << verdicts[1];
}

// a stopped peer does not read, and this process ends its last communicator
// expect: it waits a tenth of a second, not for the peer
TEST(Membership, ends_past_a_stopped_peer) {
  Shared<Barrier> barrier;
  barrier->init(2);
  const auto verdicts = with_ranks(true, 2, [&](TestRank& self, int rank) -> std::string {
    barrier->wait();
    if (rank == 1) {
      raise(SIGSTOP);
      return self.wait_for_departure(0, 5000) && !self.alive->stopped() ? "ok" : "the departure was lost";
    }
    const pid_t peer = self.joined.roster[1].pid;
    const Deadline limit = soon();
    // Not this process's child, so its state is read from /proc.
    for (std::string state; state != "T" && !limit.passed();) {
      std::ifstream file(fmt::format("/proc/{}/stat", peer));
      std::string skipped;
      file >> skipped >> skipped >> state;
    }
    const auto start = Clock::now();
    self.membership.reset();
    self.control.reset();
    const auto took = Clock::now() - start;
    kill(peer, SIGCONT);
    return took < std::chrono::milliseconds(1000) ? "ok" : "late";
  });
  EXPECT_EQ(verdicts, (std::vector<std::string>{"ok", "ok"}));
}

// ranks of two processes, two each: one process is killed
// expect: the survivors name both its ranks
TEST(Membership, two_ranks_in_a_process) {
  Shared<Barrier> barrier;
  barrier->init(4);
  IdBoard board(2);
  const auto verdicts = run_processes(2, [&](int process) -> std::string {
    std::unique_ptr<Root> root;
    if (process == 0) root = *Root::start({});
    const UniqueId id = board.exchange(process, root ? root->id() : UniqueId());
    const auto ranks = run_threads(2, [&](int local) {
      TestRank self;
      const std::string failed = self.come(id, 2 * process + local, 4);
      if (!failed.empty()) return failed;
      if (self.control->links() != 1) return std::string("not one link");
      barrier->wait();
      if (process == 1) raise(SIGKILL);
      return self.wait_for_failure(5000);
    });
    return ranks[0] == ranks[1] ? ranks[0] : ranks[0] + " and " + ranks[1];
  });
  EXPECT_TRUE(verdicts[0].starts_with("ranks 2-3 (")) << verdicts[0];
}

}  // namespace
}  // namespace weft::test
