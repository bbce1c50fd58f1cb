// Secrets and proofs that one knows them: keyed BLAKE2b of libsodium, one purpose string per use, so that a digest made
// for one use is worth nothing for another. Secrets are never printed. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

namespace weft {

using Secret = std::array<uint8_t, 32>;
using Digest = std::array<uint8_t, 32>;

void fill_random(std::span<uint8_t> memory);  // from the kernel; fit for secrets
uint64_t random_word();
Secret random_secret();

using Part = std::span<const std::byte>;
inline Part part_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}
Digest keyed_digest(const Secret& key, std::string_view purpose, std::initializer_list<Part> parts);
bool equal_in_constant_time(const Digest& a, const Digest& b);

}  // namespace weft
