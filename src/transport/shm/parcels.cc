#include "transport/shm/parcels.h"

#include <cstring>

namespace weft {
namespace {

template <typename P>
bool read_as(P& parcel, std::span<const std::byte> body) {
  if (body.size() != sizeof(P)) return false;
  std::memcpy(&parcel, body.data(), sizeof(P));
  return parcel.magic == P::kMagic && parcel.zero == 0;
}

}  // namespace

Expected<std::variant<ArenaParcel, OfferParcel>> decode_parcel(std::span<const std::byte> body) {
  ArenaParcel arena;
  if (read_as(arena, body)) return arena;
  OfferParcel offer;
  if (read_as(offer, body)) return offer;
  return error(Code::remote_error, "{} bytes that are neither an arena nor an offer", body.size());
}

}  // namespace weft
