// What this process knows of one peer process: its arenas, mapped here, and the connections it offers. Also stands for
// the process itself, whose arenas need no second mapping. Nothing that a peer sends is trusted: the first parcel that
// is not as it must be ends all dealings with that process, and the reason is what every later connect returns.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "transport/shm/parcels.h"

namespace weft {

inline constexpr size_t kOffersMax = 1u << 17;  // that a peer may have made and nobody here has taken up

// Owned by a ShmTransport, under its lock.
class PeerProcess {
 public:
  // Takes in what the peer sent; an error is remembered by the caller with `refuse`.
  Status accept(Parcel parcel, const ProcessMemory& own);
  void refuse(Status reason);
  const Status& refused() const { return refused_; }

  // Makes an arena of this process known as one of the peer's: for the peer that is this process itself.
  void hold_own_arena(uint32_t number, const ArenaView& arena) { arenas_[number] = {{}, arena.data, arena.bytes}; }
  Status accept_offer(const OfferParcel& offer);

  // Which of our arenas this peer has been sent.
  bool has_been_sent(uint32_t number) const { return sent_.contains(number); }
  void note_sent(uint32_t number) { sent_.insert(number); }

  Doorbell* doorbell() const;  // null until arena 0 is here
  // The offer for a connection that this process is the source of, and where it lies.
  const OfferParcel* find_offer(const ConnectionId& id) const;
  std::byte* place(const OfferParcel& offer) const;
  void erase_offer(const ConnectionId& id) { offers_.erase(id); }
  void erase_offers(uint64_t communicator, uint32_t epoch, uint32_t source);

 private:
  struct HeldArena {
    Mapping mapping;  // empty if the arena is this process's own
    std::byte* data = nullptr;
    uint64_t bytes = 0;
  };
  Status accept_arena(const ArenaParcel& parcel, const OwnedFd& fd, const ProcessMemory& own);
  Status check_header(const HeldArena& arena) const;

  Status refused_;
  std::optional<MemoryName> name_;  // set by its first arena
  std::map<uint32_t, HeldArena> arenas_;
  std::set<uint32_t> sent_;
  std::map<ConnectionId, OfferParcel> offers_;  // checked ones
};

}  // namespace weft
