// Two processes in touch with each other, and parcels that prove that they are.
#pragma once

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bootstrap/test_rank.h"

namespace weft::test {

inline constexpr Topic kTopic = Topic::transport_shm;
inline constexpr size_t kEnd = 0;  // shared word: both have finished

inline std::optional<Parcel> wait_for_parcel(Control& control, Doorbell& doorbell, Topic topic) {
  const Deadline limit = soon();
  while (!limit.passed()) {
    if (auto parcel = control.take(topic)) return parcel;
    Nap nap(doorbell);
    if (auto parcel = control.take(topic)) return parcel;
    nap.sleep(kNapMs);
  }
  return std::nullopt;
}

inline size_t size_of(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 ? static_cast<size_t>(status.st_size) : 0;
}

inline std::string number_of(const Parcel& parcel) {
  return {reinterpret_cast<const char*>(parcel.body.data()), parcel.body.size()};
}

inline Status send_numbered(Control& control, const ProcessId& peer, int number, bool brings_fd) {
  OwnedFd fd(brings_fd ? memfd_create("weft-test", MFD_CLOEXEC) : -1);
  if (brings_fd && ftruncate(fd.get(), number) != 0) return error(Code::system_error, "ftruncate");
  return control.send(peer, kTopic, part_of(std::to_string(number) + std::string(500, ' ')), fd.get());
}

// As rank 0: sends rank 1 many parcels, some with a memfd as long as their number. As rank 1: checks them.
inline void exchange_parcels(TestRank& self, int rank, bool with_fds) {
  constexpr int kParcels = 2000;
  self.control->set_doorbell(&self.doorbell);
  const ProcessId peer = self.joined.roster[static_cast<size_t>(1 - rank)].process;
  for (int i = 1; i <= kParcels; ++i) {
    const bool brings_fd = with_fds && i % 10 == 0;
    if (rank == 0) {
      const Status sent = send_numbered(*self.control, peer, i, brings_fd);
      ASSERT_TRUE(sent.ok()) << sent.text();
      continue;
    }
    const auto parcel = wait_for_parcel(*self.control, self.doorbell, kTopic);
    ASSERT_TRUE(parcel.has_value());
    ASSERT_EQ(std::stoi(number_of(*parcel)), i);
    ASSERT_EQ(parcel->from, peer);
    ASSERT_EQ(parcel->fd.valid(), brings_fd);
    ASSERT_EQ(brings_fd ? size_of(parcel->fd.get()) : 0, static_cast<size_t>(brings_fd ? i : 0));
  }
  self.control->set_doorbell(nullptr);
}

inline void with_two_processes(const std::function<void(TestRank&, int)>& body,
                               const std::function<void(Roster&)>& change_roster = {}) {
  SharedRoot root;
  run_processes(2, [&](int rank) {
    TestRank self;
    self.come(root.open(rank, 2), rank, 2, change_roster);
    if (self.is_there()) body(self, rank);
    meet(kEnd, 2);
  });
}

}  // namespace weft::test
