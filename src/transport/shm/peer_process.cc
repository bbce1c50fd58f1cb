#include "transport/shm/peer_process.h"

namespace weft {
namespace {

// Maps what a peer sent; or finds that it is memory of this process (a second transport in it), which is mapped
// already.
struct Found {
  Mapping mapping;
  std::byte* data;
};
Expected<Found> find_or_map(const ArenaParcel& parcel, int fd, const ProcessMemory& own) {
  if (parcel.name == own.name()) {
    const ArenaView arena = own.arena(parcel.number);
    if (arena.data == nullptr || arena.bytes != parcel.bytes) {
      return error(Code::remote_error, "arena {} under this process's own name, which has none such", parcel.number);
    }
    return Found{Mapping(), arena.data};
  }
  if (const Status good = check_sealed_memfd(fd, parcel.bytes); !good.ok()) {
    return error(Code::remote_error, "arena {} with a memory file that is not acceptable: {}", parcel.number,
                 good.text());
  }
  WEFT_TRY_ASSIGN(Mapping mapping, Mapping::of(fd, parcel.bytes, Mapping::Fork::leave_out));
  std::byte* data = mapping.data();
  return Found{std::move(mapping), data};
}

}  // namespace

Status PeerProcess::accept(Parcel parcel, const ProcessMemory& own) {
  if (!refused_.ok()) return {};  // It had its say.
  WEFT_TRY_ASSIGN(const auto content, decode_parcel(parcel.body));
  if (const auto* arena = std::get_if<ArenaParcel>(&content)) return accept_arena(*arena, parcel.fd, own);
  return accept_offer(std::get<OfferParcel>(content));
}

void PeerProcess::refuse(Status reason) {
  refused_ = std::move(reason);
  offers_.clear();
}

Status PeerProcess::accept_arena(const ArenaParcel& parcel, const OwnedFd& fd, const ProcessMemory& own) {
  if (!fd.valid()) return error(Code::remote_error, "arena {} without its memory file", parcel.number);
  if (parcel.number >= kArenasMax || parcel.bytes < page_bytes() || parcel.bytes > kArenaBytesMax ||
      parcel.bytes % page_bytes() != 0) {
    return error(Code::remote_error, "arena {} of {} bytes, which is out of range", parcel.number, parcel.bytes);
  }
  if (arenas_.contains(parcel.number)) return error(Code::remote_error, "arena {} twice", parcel.number);
  if (name_ && *name_ != parcel.name) return error(Code::remote_error, "arenas of two processes");
  name_ = parcel.name;

  WEFT_TRY_ASSIGN(Found found, find_or_map(parcel, fd.get(), own));
  HeldArena arena{std::move(found.mapping), found.data, parcel.bytes};
  if (parcel.number == 0) WEFT_TRY(check_header(arena));
  arenas_.emplace(parcel.number, std::move(arena));
  return {};
}

Status PeerProcess::check_header(const HeldArena& arena) const {
  const auto* header = reinterpret_cast<const ArenaHeader*>(arena.data);
  if (header->magic == kArenaMagic && header->name == *name_) return {};
  return error(Code::remote_error, "arena 0 without its header: it runs another version of weft");
}

Status PeerProcess::accept_offer(const OfferParcel& offer) {
  const auto arena = arenas_.find(offer.arena);
  if (arena == arenas_.end()) return error(Code::remote_error, "an offer in arena {} before that arena", offer.arena);
  const uint64_t arena_bytes = arena->second.bytes;
  const uint64_t bytes = connection_bytes(offer.shape());
  if (offer.slots == 0 || offer.slot_bytes % 64 != 0 || offer.offset % kCarvedUnit != 0 || bytes > arena_bytes ||
      offer.offset > arena_bytes - bytes || (offer.arena == 0 && offer.offset < kArenaHeaderBytes)) {
    return error(Code::remote_error,
                 "an offer of {} slots of {} bytes at {} in arena {} of {} bytes, where they do not fit", offer.slots,
                 offer.slot_bytes, offer.offset, offer.arena, arena_bytes);
  }
  if (offers_.size() == kOffersMax) return error(Code::remote_error, "{} offers that no rank has taken up", kOffersMax);
  if (!offers_.emplace(offer.id(), offer).second) return error(Code::remote_error, "an offer twice");
  return {};
}

Doorbell* PeerProcess::doorbell() const {
  const auto arena = arenas_.find(0);
  if (arena == arenas_.end()) return nullptr;
  return &reinterpret_cast<ArenaHeader*>(arena->second.data)->doorbell;
}

const OfferParcel* PeerProcess::find_offer(const ConnectionId& id) const {
  const auto offer = offers_.find(id);
  return offer == offers_.end() ? nullptr : &offer->second;
}

std::byte* PeerProcess::place(const OfferParcel& offer) const {
  return arenas_.at(offer.arena).data + offer.offset;
}

void PeerProcess::erase_offers(uint64_t communicator, uint32_t epoch, uint32_t source) {
  std::erase_if(offers_,
                [&](const auto& entry) { return is_end_of(entry.first, Side::source, communicator, epoch, source); });
}

}  // namespace weft
