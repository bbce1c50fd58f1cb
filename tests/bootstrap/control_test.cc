#include "bootstrap/control.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "bootstrap/ranks.h"
#include "bootstrap/socket.h"

namespace weft::test {
namespace {

constexpr Topic kTopic = Topic::transport_shm;

std::optional<Parcel> wait_for_parcel(Control& control, Doorbell& doorbell, Topic topic) {
  const Deadline limit = soon();
  while (!limit.passed()) {
    if (auto parcel = control.take(topic)) return parcel;
    Nap nap(doorbell);
    if (auto parcel = control.take(topic)) return parcel;
    nap.sleep(kNapMs);
  }
  return std::nullopt;
}

size_t size_of(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 ? static_cast<size_t>(status.st_size) : 0;
}

std::string number_of(const Parcel& parcel) {
  return {reinterpret_cast<const char*>(parcel.body.data()), parcel.body.size()};
}

// As rank 0: sends rank 1 many parcels, some with a memfd as long as their number. As rank 1: checks them.
std::string exchange_parcels(TestRank& self, int rank, bool with_fds) {
  constexpr int kParcels = 2000;
  self.control->set_doorbell(&self.doorbell);
  const ProcessId peer = self.joined.roster[static_cast<size_t>(1 - rank)].process;
  for (int i = 1; i <= kParcels; ++i) {
    const bool brings_fd = with_fds && i % 10 == 0;
    if (rank == 0) {
      OwnedFd fd(brings_fd ? memfd_create("weft-test", MFD_CLOEXEC) : -1);
      if (brings_fd && ftruncate(fd.get(), i) != 0) return "ftruncate";
      const Status sent =
          self.control->send(peer, kTopic, part_of(std::to_string(i) + std::string(500, ' ')), fd.get());
      if (!sent.ok()) return std::string(sent.text());
      continue;
    }
    const auto parcel = wait_for_parcel(*self.control, self.doorbell, kTopic);
    if (!parcel) return "no parcel";
    if (std::stoi(number_of(*parcel)) != i || parcel->from != peer) return "wrong parcel";
    if (parcel->fd.valid() != brings_fd || (brings_fd && size_of(parcel->fd.get()) != static_cast<size_t>(i)))
      return "wrong fd";
  }
  self.control->set_doorbell(nullptr);
  return "ok";
}

std::vector<std::string> with_two_processes(const std::function<std::string(TestRank&, int)>& body,
                                            const std::function<void(Roster&)>& change_roster = {}) {
  IdBoard board(2);
  return run_processes(2, [&](int rank) {
    std::unique_ptr<Root> root;
    if (rank == 0) root = *Root::start({});
    const UniqueId id = board.exchange(rank, root ? root->id() : UniqueId());
    TestRank self;
    std::string verdict = self.come(id, rank, 2, change_roster);
    if (verdict.empty()) verdict = body(self, rank);
    board.barrier();
    return verdict;
  });
}

const std::vector<std::string> kBothOk = {"ok", "ok"};

// two thousand parcels between two processes of one host, some with descriptors
// expect: in order, each with its own
TEST(Control, parcels) {
  EXPECT_EQ(with_two_processes([](TestRank& self, int rank) { return exchange_parcels(self, rank, true); }), kBothOk);
}

// the same between hosts
// expect: in order; a descriptor is refused
TEST(Control, parcels_over_tcp) {
  const auto verdicts = with_two_processes(
      [](TestRank& self, int rank) -> std::string {
        const ProcessId peer = self.joined.roster[static_cast<size_t>(1 - rank)].process;
        if (self.control->send(peer, kTopic, {}, 0).code() != Code::invalid_usage) return "a descriptor was taken";
        return exchange_parcels(self, rank, false);
      },
      [](Roster& roster) {
        for (Member& member : roster) ++member.host_identity;
      });
  EXPECT_EQ(verdicts, kBothOk);
}

// parcels of two topics to oneself; a body too long; a process without a link
// expect: one queue per topic; refused; refused
TEST(Control, to_oneself) {
  auto control = *Control::of_process("");
  ASSERT_TRUE(control->send(control->self(), kTopic, part_of("a"), -1).ok());
  ASSERT_TRUE(control->send(control->self(), kTopic, part_of("b"), STDIN_FILENO).ok());
  EXPECT_FALSE(control->take(Topic::transport_loop).has_value());
  EXPECT_EQ(number_of(*control->take(kTopic)), "a");
  EXPECT_TRUE(control->take(kTopic)->fd.valid());
  EXPECT_FALSE(control->take(kTopic).has_value());
  EXPECT_EQ(control->send(control->self(), kTopic, std::vector<std::byte>(kParcelBytesMax + 1), -1).code(),
            Code::invalid_argument);
  EXPECT_EQ(control->send(ProcessId{}, kTopic, part_of("c"), -1).code(), Code::remote_error);
}

// parcels to oneself that nobody takes
// expect: a named limit
TEST(Control, full_mailbox) {
  auto control = *Control::of_process("");
  for (size_t i = 0; i < Mailbox::kParcelsMax; ++i) ASSERT_TRUE(control->send(control->self(), kTopic, {}, -1).ok());
  EXPECT_EQ(control->send(control->self(), kTopic, {}, -1).code(), Code::resource);
}

// two owners in one process, then none, then a new one
// expect: one object while anybody has it; afterwards another identity
TEST(Control, one_per_process) {
  auto first = *Control::of_process("");
  const ProcessId id = first->self();
  auto second = *Control::of_process("");
  EXPECT_EQ(second.get(), first.get());
  first.reset();
  second.reset();
  EXPECT_NE((*Control::of_process(""))->self(), id);
}

// an interface that does not exist
// expect: an error that names the variable and those that do
TEST(Control, unknown_interface) {
  const auto control = Control::of_process("weft-none0");
  ASSERT_FALSE(control.has_value());
  EXPECT_TRUE(contains(std::string(control.error().text()), "WEFT_IFACE"));
  EXPECT_TRUE(contains(std::string(control.error().text()), " lo"));
}

// Rank 0 leaves first and rank 1 sees it.
std::string leave_in_turn(TestRank& self, int rank) {
  if (rank == 1 && !self.wait_for_departure(0, 5000)) return "no departure";
  self.membership->leave();
  return self.alive->stopped() ? std::string(self.alive->error().text()) : "";
}

// two processes share two communicators
// expect: one link; it stays when the first communicator ends and goes with the second
TEST(Control, one_link_for_two_communicators) {
  IdBoard first(2), second(2);
  const auto verdicts = run_processes(2, [&](int rank) -> std::string {
    std::unique_ptr<Root> roots[2];
    for (auto& root : roots) {
      if (rank == 0) root = *Root::start({});
    }
    TestRank a, b;
    std::string failed = a.come(first.exchange(rank, rank == 0 ? roots[0]->id() : UniqueId()), rank, 2);
    if (failed.empty()) failed = b.come(second.exchange(rank, rank == 0 ? roots[1]->id() : UniqueId()), rank, 2);
    if (failed.empty() && a.control->links() != 1) failed = "not one link";
    if (failed.empty()) failed = leave_in_turn(a, rank);
    if (failed.empty() && (b.alive->any_departed() || b.alive->stopped())) failed = "the other communicator noticed";
    if (failed.empty() && b.control->links() != 1) failed = "the link went";
    first.barrier();
    if (failed.empty()) failed = leave_in_turn(b, rank);
    first.barrier();
    return failed.empty() ? "ok" : failed;
  });
  EXPECT_EQ(verdicts, kBothOk);
}

#ifndef WEFT_SANITIZE_thread  // It does not allow threads in the child of a process with threads.
// a forked child drops what it inherited and ends; it may also have a control thread of its own
// expect: its calls answer `forked`; the parent and its peer notice nothing; the parent's sockets are closed in the
// child
TEST(Control, fork) {
  const auto verdicts = with_two_processes([](TestRank& self, int rank) -> std::string {
    const int before = count_entries("/proc/self/fd");
    const auto in_child = run_processes(1, [&](int) -> std::string {
      if (!self.control->forked()) return "not forked";
      if (self.control->send(self.control->self(), kTopic, {}, -1).code() != Code::forked) return "send";
      self.membership->leave();
      self.membership.reset();
      const int kept = count_entries("/proc/self/fd");
      auto own = Control::of_process("");
      if (!own || (*own)->self() == self.control->self()) return "no control thread of its own";
      own->reset();
      self.control.reset();
      return kept < before - 3 ? "ok" : fmt::format("{} descriptors of {} are left", kept, before);
    });
    if (in_child[0] != "ok") return in_child[0];
    if (self.alive->stopped() || self.alive->any_departed()) return "the child disturbed this process";
    return exchange_parcels(self, rank, true);
  });
  EXPECT_EQ(verdicts, kBothOk);
}
#endif

// a hundred rounds of making and ending a communicator of two processes
// expect: descriptors, threads and mappings as before
TEST(Control, leaves_nothing) {
  constexpr int kRounds = 100;
  IdBoard board(2);
  const auto verdicts = run_processes(2, [&](int rank) -> std::string {
    int fds = 0, threads = 0, maps = 0;
    const auto start = Clock::now();
    for (int round = 0; round < kRounds; ++round) {
      std::unique_ptr<Root> root;
      if (rank == 0) root = *Root::start({});
      TestRank self;
      const std::string failed = self.come(board.exchange(rank, root ? root->id() : UniqueId()), rank, 2);
      if (!failed.empty()) return failed;
      self.membership->leave();
      if (self.alive->stopped()) return std::string(self.alive->error().text());
      self.membership.reset();
      self.control.reset();
      root.reset();
      if (round == 10) {  // Allocators and thread stacks have settled.
        fds = count_entries("/proc/self/fd");
        threads = count_entries("/proc/self/task");
        maps = count_lines("/proc/self/maps");
      }
    }
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
    if (rank == 0) std::printf("%d rounds of init and destroy took %ld ms\n", kRounds, static_cast<long>(ms));
    if (count_entries("/proc/self/fd") != fds) return "descriptors leak";
    if (count_entries("/proc/self/task") != threads) return "threads leak";
#if defined(WEFT_SANITIZE_thread) || defined(WEFT_SANITIZE_address_undefined)
    maps = count_lines("/proc/self/maps");  // The sanitizer's own grow.
#endif
    if (count_lines("/proc/self/maps") > maps + 2) return "mappings leak";
    return "ok";
  });
  EXPECT_EQ(verdicts, kBothOk);
}

// strangers call at the control thread, more than there is room for
// expect: counted; a communicator is made all the same
TEST(Control, strangers) {
  const auto verdicts = with_two_processes([](TestRank& self, int rank) -> std::string {
    const uint64_t before = self.control->strangers();
    const Member& own = self.joined.roster[static_cast<size_t>(rank)];
    std::vector<PrivateFd> callers;
    for (int i = 0; i < 100; ++i) {
      auto fd = i % 2 == 0 ? connect_unix(own.control_name, soon()) : connect_tcp(own.control_tcp, soon());
      if (!fd) return "cannot connect";
      send_all(fd->get(), part_of(std::string(96, 'x')), soon());
      callers.push_back(std::move(*fd));
    }
    for (PrivateFd& caller : callers) {
      std::byte byte;
      if (recv_exactly(caller.get(), std::span(&byte, 1), soon()) != ECONNRESET) return "answered";
    }
    if (self.control->strangers() != before + 100) return "not counted";
    return exchange_parcels(self, rank, true);
  });
  EXPECT_EQ(verdicts, kBothOk);
}

}  // namespace
}  // namespace weft::test
