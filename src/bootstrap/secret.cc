#include "bootstrap/secret.h"

#include <sodium.h>
#include <sys/random.h>

#include <cerrno>

#include "base/assert.h"

namespace weft {
namespace {

static_assert(crypto_generichash_KEYBYTES == sizeof(Secret) && crypto_generichash_BYTES == sizeof(Digest));

void make_sodium_ready() {
  static const int ready = sodium_init();
  WEFT_ASSERT(ready >= 0);
}

// Each part is preceded by its length: ("ab", "c") and ("a", "bc") differ.
void add(crypto_generichash_state& state, Part part) {
  const uint64_t length = part.size();
  std::array<uint8_t, 8> prefix;
  for (size_t i = 0; i < prefix.size(); ++i) prefix[i] = static_cast<uint8_t>(length >> (8 * i));
  crypto_generichash_update(&state, prefix.data(), prefix.size());
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(part.data()), part.size());
}

}  // namespace

void fill_random(std::span<uint8_t> memory) {
  while (!memory.empty()) {
    const ssize_t got = getrandom(memory.data(), memory.size(), 0);
    WEFT_ASSERT(got > 0 || errno == EINTR);
    if (got > 0) memory = memory.subspan(static_cast<size_t>(got));
  }
}

uint64_t random_word() {
  std::array<uint8_t, 8> bytes;
  fill_random(bytes);
  uint64_t word = 0;
  for (const uint8_t byte : bytes) word = word << 8 | byte;
  return word;
}

Secret random_secret() {
  Secret secret;
  fill_random(secret);
  return secret;
}

Digest keyed_digest(const Secret& key, std::string_view purpose, std::initializer_list<Part> parts) {
  make_sodium_ready();
  crypto_generichash_state state;
  crypto_generichash_init(&state, key.data(), key.size(), sizeof(Digest));
  add(state, part_of(purpose));
  for (const Part part : parts) add(state, part);
  Digest digest;
  crypto_generichash_final(&state, digest.data(), digest.size());
  return digest;
}

bool equal_in_constant_time(const Digest& a, const Digest& b) {
  make_sodium_ready();
  return sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace weft
