#include "transport/shm/shm_transport.h"

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>

#include "transport/conformance.h"
#include "transport/couriers.h"
#include "transport/must.h"

namespace weft::test {
namespace {

constexpr ConnectionShape kShape{.slots = 2, .slot_bytes = 64};
constexpr uint64_t kArenaBytes = 1u << 20;

size_t count_fds() {
  DIR* folder = opendir("/proc/self/fd");
  size_t count = 0;
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count;
}

// A process that speaks by hand: it knows the courier and the bytes, and uses no transport.
class Stranger {
 public:
  explicit Stranger(PostOffice& office, uint8_t number = 2) : courier_(office, process_named(number)) {
    name_.fill(number);
  }
  Bytes descriptor() const { return ShmAddress{courier_.self(), HostIdentity::of_this_process()}.encode(); }

  // A correct arena, then changed by the case.
  ArenaParcel arena(uint32_t number = 0) const { return {.bytes = kArenaBytes, .name = name_, .number = number}; }
  OwnedFd memory() const {
    OwnedFd fd = must(make_sealed_memfd(kArenaBytes, "a test"));
    auto mapping = must(Mapping::of(fd.get(), kArenaBytes, Mapping::Fork::leave_out));
    auto* header = new (mapping.data()) ArenaHeader;
    header->magic = kArenaMagic;
    header->name = name_;
    return fd;
  }
  OfferParcel offer() const {
    OfferParcel offer;
    offer.offset = 1024;
    offer.communicator = 1;
    offer.epoch = 1;
    offer.target = 1;
    offer.slots = kShape.slots;
    offer.slot_bytes = kShape.slot_bytes;
    return offer;
  }

  void send(std::span<const std::byte> body, int fd = -1) {
    ASSERT_TRUE(courier_.send(process_named(1), Topic::transport_shm, body, fd).ok());
  }
  void send(const ArenaParcel& parcel, const OwnedFd& fd) { send(body_of(parcel), fd.get()); }
  void send(const OfferParcel& parcel) { send(body_of(parcel)); }
  void send_good_arena() { send(arena(), memory()); }

 private:
  MemoryCourier courier_;
  MemoryName name_{};
};

struct Abuse {
  const char* name;
  const char* reason;  // appears in the error
  std::function<void(Stranger&)> commit;
};

void send_changed_offer(Stranger& stranger, const std::function<void(OfferParcel&)>& change) {
  stranger.send_good_arena();
  OfferParcel offer = stranger.offer();
  change(offer);
  stranger.send(offer);
}

void send_changed_arena(Stranger& stranger, const std::function<void(ArenaParcel&)>& change) {
  ArenaParcel arena = stranger.arena();
  change(arena);
  stranger.send(arena, stranger.memory());
}

std::vector<Abuse> abuses_of_bytes() {
  return {
      {"an empty parcel", "0 bytes", [](Stranger& s) { s.send(std::span<const std::byte>()); }},
      {"noise", "neither", [](Stranger& s) { s.send(pattern(40, 1)); }},
      {"a long parcel", "4096 bytes", [](Stranger& s) { s.send(pattern(kParcelBytesMax, 2)); }},
      {"an arena cut short", "39 bytes", [](Stranger& s) { s.send(body_of(s.arena()).first(39), s.memory().get()); }},
      {"an arena of another version", "neither",
       [](Stranger& s) { send_changed_arena(s, [](auto& a) { a.magic += 1ull << 56; }); }},
      {"an arena with a field of the future", "neither",
       [](Stranger& s) { send_changed_arena(s, [](auto& a) { a.zero = 1; }); }},
      {"an offer with a field of the future", "neither",
       [](Stranger& s) { send_changed_offer(s, [](auto& o) { o.zero = 1; }); }},
  };
}

std::vector<Abuse> abuses_of_arenas() {
  return {
      {"no descriptor", "without its memory file", [](Stranger& s) { s.send(s.arena(), OwnedFd()); }},
      {"a number too large", "out of range",
       [](Stranger& s) { send_changed_arena(s, [](auto& a) { a.number = kArenasMax; }); }},
      {"no bytes", "out of range", [](Stranger& s) { send_changed_arena(s, [](auto& a) { a.bytes = 0; }); }},
      {"half a page", "out of range", [](Stranger& s) { send_changed_arena(s, [](auto& a) { a.bytes -= 2048; }); }},
      {"too many bytes", "out of range",
       [](Stranger& s) { send_changed_arena(s, [](auto& a) { a.bytes = kArenaBytesMax * 2; }); }},
      {"more bytes than the file has", "not acceptable",
       [](Stranger& s) { send_changed_arena(s, [](auto& a) { a.bytes *= 2; }); }},
      {"a file that is none", "not acceptable",
       [](Stranger& s) { s.send(s.arena(), OwnedFd(open("/dev/zero", O_RDWR | O_CLOEXEC))); }},
      {"a file that can shrink", "not sealed",
       [](Stranger& s) {
         OwnedFd fd(memfd_create("open", MFD_CLOEXEC | MFD_ALLOW_SEALING));
         ASSERT_EQ(posix_fallocate(fd.get(), 0, kArenaBytes), 0);
         s.send(s.arena(), fd);
       }},
      {"no header", "without its header",
       [](Stranger& s) { s.send(s.arena(), must(make_sealed_memfd(kArenaBytes, "a test"))); }},
      {"a header of another process", "without its header",
       [](Stranger& s) { send_changed_arena(s, [](auto& a) { a.name.fill(77); }); }},
      {"the same arena twice", "twice",
       [](Stranger& s) {
         s.send_good_arena();
         s.send_good_arena();
       }},
      {"arenas of two names", "two processes",
       [](Stranger& s) {
         s.send_good_arena();
         ArenaParcel other = s.arena(1);
         other.name.fill(78);
         s.send(other, s.memory());
       }},
      {"an arena of ours that does not exist", "has none such",
       [](Stranger& s) {
         send_changed_arena(s, [](auto& a) { a.name = ProcessMemory::current()->name(), a.number = 99; });
       }},
      {"an arena of ours of another size", "has none such",
       [](Stranger& s) {
         send_changed_arena(s, [](auto& a) { a.name = ProcessMemory::current()->name(), a.bytes *= 2; });
       }},
  };
}

std::vector<Abuse> abuses_of_offers() {
  return {
      {"before any arena", "before that arena", [](Stranger& s) { s.send(s.offer()); }},
      {"in an arena not sent", "before that arena",
       [](Stranger& s) { send_changed_offer(s, [](auto& o) { o.arena = 1; }); }},
      {"no slots", "do not fit", [](Stranger& s) { send_changed_offer(s, [](auto& o) { o.slots = 0; }); }},
      {"more slots than fit", "do not fit",
       [](Stranger& s) { send_changed_offer(s, [](auto& o) { o.slots = 1u << 20; }); }},
      {"most slots of most bytes", "do not fit",
       [](Stranger& s) { send_changed_offer(s, [](auto& o) { o.slots = ~0u, o.slot_bytes = ~0u - 63; }); }},
      {"slots of odd size", "do not fit",
       [](Stranger& s) { send_changed_offer(s, [](auto& o) { o.slot_bytes = 100; }); }},
      {"beyond the end", "do not fit",
       [](Stranger& s) { send_changed_offer(s, [](auto& o) { o.offset = kArenaBytes; }); }},
      {"across the end", "do not fit",
       [](Stranger& s) { send_changed_offer(s, [](auto& o) { o.offset = kArenaBytes - 256; }); }},
      {"an offset that wraps", "do not fit",
       [](Stranger& s) { send_changed_offer(s, [](auto& o) { o.offset = ~0ull - 127; }); }},
      {"not aligned", "do not fit", [](Stranger& s) { send_changed_offer(s, [](auto& o) { o.offset = 1025; }); }},
      {"over the doorbell", "do not fit", [](Stranger& s) { send_changed_offer(s, [](auto& o) { o.offset = 128; }); }},
      {"twice", "an offer twice",
       [](Stranger& s) {
         send_changed_offer(s, [](auto&) {});
         s.send(s.offer());
       }},
      {"without end", "no rank has taken up",
       [](Stranger& s) {
         send_changed_offer(s, [](auto&) {});
         for (uint32_t i = 0; i < kOffersMax; ++i) {
           OfferParcel offer = s.offer();
           offer.source = i + 2;
           s.send(offer);
         }
       }},
  };
}

// Drains the mailbox, however full, and says how the stranger's connection stands.
Expected<std::optional<Connection>> look(Transport& transport, const Stranger& stranger) {
  for (int i = 0; i < 100; ++i) {
    if (Status status = transport.progress(); !status.ok()) return failure_of(std::move(status));
  }
  return transport.connect(stranger.descriptor(), connection_number(0), Side::source, kShape);
}

void expect_refused(const Abuse& abuse) {
  SCOPED_TRACE(abuse.name);
  PostOffice office;
  const size_t fds = count_fds();
  {
    MemoryCourier courier(office, process_named(1)), honest_courier(office, process_named(3));
    const auto transport = must(ShmTransport::make(courier));
    const auto honest = must(ShmTransport::make(honest_courier));
    Stranger stranger(office);
    abuse.commit(stranger);
    for (int attempt = 0; attempt < 2; ++attempt) {
      const auto refused = look(*transport, stranger);
      ASSERT_FALSE(refused.has_value());
      EXPECT_EQ(refused.error().code(), Code::remote_error);
      EXPECT_NE(refused.error().text().find(abuse.reason), std::string_view::npos) << refused.error().text();
    }
    const auto id = connection_number(0);
    ASSERT_TRUE(honest->connect(transport->descriptor(), id, Side::target, kShape).has_value());
    const auto source = transport->connect(honest->descriptor(), id, Side::source, kShape);
    ASSERT_TRUE(source.has_value()) << source.error().text();
    EXPECT_TRUE(source->has_value()) << "an honest process suffers";
  }
  while (office.take(process_named(2), Topic::transport_shm) || office.take(process_named(3), Topic::transport_shm)) {
  }
  EXPECT_EQ(count_fds(), fds) << "descriptors are left open";
}

// a stranger that does all right
// expect: connected to its memory (so what follows is refused for its one fault only)
TEST(ShmTransport, accepts_what_is_right) {
  PostOffice office;
  MemoryCourier courier(office, process_named(1));
  const auto transport = must(ShmTransport::make(courier));
  Stranger stranger(office);
  send_changed_offer(stranger, [](auto&) {});
  const auto connection = look(*transport, stranger);
  ASSERT_TRUE(connection.has_value()) << connection.error().text();
  ASSERT_TRUE(connection->has_value());
  EXPECT_EQ(std::get<MappedConnection>(**connection).shape, kShape);
}

// parcels that no weft sends; arenas and offers with one fault each
// expect: connecting with their sender is remote_error with the reason, now and later; others are unaffected; no
// descriptor is left open
TEST(ShmTransport, refuses_garbage) {
  for (const auto& abuse : abuses_of_bytes()) expect_refused(abuse);
}
TEST(ShmTransport, refuses_bad_arenas) {
  for (const auto& abuse : abuses_of_arenas()) expect_refused(abuse);
}
TEST(ShmTransport, refuses_bad_offers) {
  for (const auto& abuse : abuses_of_offers()) expect_refused(abuse);
}

// a stranger that offers a connection and later misbehaves
// expect: the connection made before keeps its memory
TEST(ShmTransport, refusal_leaves_mappings) {
  PostOffice office;
  MemoryCourier courier(office, process_named(1));
  const auto transport = must(ShmTransport::make(courier));
  Stranger stranger(office);
  send_changed_offer(stranger, [](auto&) {});
  const auto connection = look(*transport, stranger);
  stranger.send(pattern(40, 1));
  ASSERT_TRUE(transport->progress().ok());
  SlotWriter writer(place_of(std::get<MappedConnection>(connection->value())));
  writer.publish(writer.try_acquire(), 0);
  EXPECT_EQ(writer.published(), 1u);
}

// two transports in one process, each with its own courier
// expect: both ends see the ring at one address: nothing is mapped twice
TEST(ShmTransport, one_mapping_per_process) {
  PostOffice office;
  MemoryCourier courier(office, process_named(1)), other_courier(office, process_named(2));
  const auto first = must(ShmTransport::make(courier)), second = must(ShmTransport::make(other_courier));
  const auto id = connection_number(0);
  ASSERT_FALSE(first->connect(second->descriptor(), id, Side::target, kShape)->has_value());
  const auto source = second->connect(first->descriptor(), id, Side::source, kShape);
  const auto target = first->connect(second->descriptor(), id, Side::target, kShape);
  ASSERT_TRUE(source->has_value() && target->has_value());
  EXPECT_EQ(std::get<MappedConnection>(**source).slots, std::get<MappedConnection>(**target).slots);
}

// the receiver asks before and after the sender has introduced itself
// expect: it waits for the sender's doorbell, because it will have to ring it
TEST(ShmTransport, target_waits_for_the_doorbell_of_the_source) {
  PostOffice office;
  MemoryCourier courier(office, process_named(1));
  const auto transport = must(ShmTransport::make(courier));
  Stranger source(office);
  const auto id = connection_number(0);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(transport->connect(source.descriptor(), id, Side::target, kShape)->has_value());
  }
  source.send_good_arena();
  EXPECT_TRUE(transport->connect(source.descriptor(), id, Side::target, kShape)->has_value());
}

// hosts that differ in boot, in network namespace, in user; a host that is not known
// expect: not reached from either side, and connecting is an error
TEST(ShmTransport, other_hosts_are_not_reached) {
  const HostIdentity here = HostIdentity::of_this_process();
  std::vector<HostIdentity> others(5, here);
  others[0].boot[0] ^= 1;
  others[1].network_inode += 1;
  others[2].network_device += 1;
  others[3].user += 1;
  others[4] = HostIdentity();
  PostOffice office;
  MemoryCourier courier(office, process_named(1)), other_courier(office, process_named(2));
  const auto transport = must(ShmTransport::make(courier, here));
  for (const HostIdentity& host : others) {
    const auto other = must(ShmTransport::make(other_courier, host));
    EXPECT_EQ(transport->reach(other->descriptor()), Reach::none);
    EXPECT_EQ(other->reach(transport->descriptor()), Reach::none);
    EXPECT_EQ(other->reach(other->descriptor()), Reach::mapped) << "a process always reaches itself";
    EXPECT_FALSE(transport->connect(other->descriptor(), connection_number(0), Side::source, kShape).has_value());
  }
}

// a courier that has no link
class ClosedCourier final : public Courier {
 public:
  ProcessId self() const override { return process_named(1); }
  Status send(const ProcessId&, Topic, std::span<const std::byte>, int) override {
    return error(Code::remote_error, "the link is closed");
  }
  std::optional<Parcel> take(Topic) override { return std::nullopt; }
};

// connecting over a closed link
// expect: an error at once, on either side
TEST(ShmTransport, closed_link) {
  ClosedCourier courier;
  const auto transport = must(ShmTransport::make(courier));
  PostOffice office;
  for (const Side side : {Side::source, Side::target}) {
    const auto connected = transport->connect(Stranger(office).descriptor(), connection_number(0), side, kShape);
    ASSERT_FALSE(connected.has_value());
    EXPECT_EQ(connected.error().code(), Code::remote_error);
  }
}

// a transport with peers and connections is destroyed
// expect: mappings and descriptors are as before it was made
TEST(ShmTransport, leaves_nothing_behind) {
  const auto count_mappings = [] {
    std::ifstream maps("/proc/self/maps");
    size_t memory_files = 0;
    for (std::string line; std::getline(maps, line);) memory_files += line.find("memfd:") != std::string::npos;
    return memory_files;
  };
  const size_t mappings = count_mappings(), fds = count_fds();
  {
    PostOffice office;
    MemoryCourier courier(office, process_named(1));
    const auto transport = must(ShmTransport::make(courier));
    Stranger stranger(office);
    send_changed_offer(stranger, [](auto&) {});
    ASSERT_TRUE(look(*transport, stranger)->has_value());
    EXPECT_TRUE(transport->connect(stranger.descriptor(), connection_number(1), Side::target, {4, 65536}).has_value());
    EXPECT_GE(count_mappings(), mappings + 2);
  }
  EXPECT_EQ(count_mappings(), mappings);
  EXPECT_EQ(count_fds(), fds);
}

}  // namespace
}  // namespace weft::test
