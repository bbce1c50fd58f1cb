// What an operation is, in 16 bytes: sequence number in its communicator, and the arguments that all ranks must agree
// on. The first slot of an operation on every connection carries it; the receiver compares before it folds anything.
#pragma once

#include <cstdint>
#include <string>

namespace weft {

// The fields before packing. Wider values are cut to their bits: enough to tell ranks apart that disagree.
struct CallSignature {
  uint32_t sequence = 0;
  uint64_t count = 0;      // 40 bits
  uint32_t root = 0;       // 20 bits
  uint8_t collective = 0;  // 6 bits
  uint8_t type = 0;        // 5 bits
  uint8_t op = 0;          // 8 bits
  uint8_t call_class = 0;  // 2 bits
  uint16_t options = 0;    // 15 bits: hash of the options that select plans
};

struct Fingerprint {
  uint64_t low = 0;   // sequence 32 | collective 6 | type 5 | operator 8 | class 2 | (11 bits of options)
  uint64_t high = 0;  // count 40 | root 20 | (4 bits of options)
  bool operator==(const Fingerprint&) const = default;
  // The same call at another place in the order.
  Fingerprint at(uint32_t sequence) const { return {(low & ~uint64_t{0xFFFF'FFFF}) | sequence, high}; }
};
static_assert(sizeof(Fingerprint) == 16);

constexpr Fingerprint pack(const CallSignature& s) {
  Fingerprint f;
  f.low = s.sequence | (static_cast<uint64_t>(s.collective & 0x3F) << 32) |
          (static_cast<uint64_t>(s.type & 0x1F) << 38) | (static_cast<uint64_t>(s.op) << 43) |
          (static_cast<uint64_t>(s.call_class & 3) << 51) | (static_cast<uint64_t>(s.options & 0x7FF) << 53);
  f.high = (s.count & 0xFF'FFFF'FFFFu) | (static_cast<uint64_t>(s.root & 0xF'FFFF) << 40) |
           (static_cast<uint64_t>((s.options >> 11) & 0xF) << 60);
  return f;
}

constexpr CallSignature unpack(const Fingerprint& f) {
  CallSignature s;
  s.sequence = static_cast<uint32_t>(f.low);
  s.collective = (f.low >> 32) & 0x3F;
  s.type = (f.low >> 38) & 0x1F;
  s.op = static_cast<uint8_t>(f.low >> 43);
  s.call_class = (f.low >> 51) & 3;
  s.options = static_cast<uint16_t>((f.low >> 53) | ((f.high >> 60) << 11));
  s.count = f.high & 0xFF'FFFF'FFFFu;
  s.root = (f.high >> 40) & 0xF'FFFF;
  return s;
}

}  // namespace weft
