// A hello is 96 bytes of anybody's: whatever has the magic is one, keeps every field, and is proved by a digest in
// which each of its bytes, the side and the secret count.
#include "bootstrap/hello.h"

#include "base/assert.h"
#include "input.h"

namespace weft {
namespace {

constexpr size_t kMagicBytes = 8;

// Never sent as anything but zero, never looked at.
bool is_reserved(size_t at) {
  return at == 18 || at == 19 || (at >= 28 && at < 32);
}

void check_fields(const HelloBytes& bytes, const Hello& hello) {
  const HelloBytes again = encode(hello);
  for (size_t i = 0; i < bytes.size(); ++i) WEFT_ASSERT(again[i] == (is_reserved(i) ? std::byte{0} : bytes[i]));
  WEFT_ASSERT(version_text(hello).starts_with("weft "));
}

void check_proof(const HelloBytes& bytes, const Secret& secret, size_t at) {
  const HelloBytes other = encode(Hello());
  const Digest proof = proof_of(secret, Role::connecting, bytes, other);
  WEFT_ASSERT(proof == proof_of(secret, Role::connecting, bytes, other));
  WEFT_ASSERT(proof != proof_of(secret, Role::accepting, bytes, other));
  HelloBytes changed = bytes;
  changed[at] ^= std::byte{1};
  WEFT_ASSERT(proof != proof_of(secret, Role::connecting, changed, other));
  Secret guessed = secret;
  guessed[at % guessed.size()] ^= 1;
  WEFT_ASSERT(proof != proof_of(guessed, Role::connecting, bytes, other));
}

}  // namespace
}  // namespace weft

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weft;
  fuzz::Input input(data, size);
  HelloBytes bytes{};
  const auto given = input.bytes(bytes.size());
  std::copy(given.begin(), given.end(), bytes.begin());
  const HelloBytes own = encode(Hello());
  const auto hello = decode_hello(bytes);
  WEFT_ASSERT(hello.has_value() == std::equal(bytes.begin(), bytes.begin() + kMagicBytes, own.begin()));
  if (!hello) return 0;
  check_fields(bytes, *hello);
  Secret secret{};
  const size_t at = input.byte() % kHelloBytes;
  input.fill(secret);
  check_proof(bytes, secret, at);
  return 0;
}
