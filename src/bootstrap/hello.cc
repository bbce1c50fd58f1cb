#include "bootstrap/hello.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "bootstrap/wire.h"
#include "weft/result.h"

namespace weft {
namespace {

// Not text and not valid UTF-8, with both line ends: a connection that went through something that "repairs" bytes
// fails.
constexpr std::array<uint8_t, 8> kMagic = {0x89, 'w', 'e', 'f', 't', '\r', '\n', 0x1a};

}  // namespace

Hello::Hello() : library_version(WEFT_VERSION_CODE) {}

HelloBytes encode(const Hello& hello) {
  ByteWriter writer;
  writer.raw(kMagic).number(hello.wire_version).number(hello.library_version);
  writer.number(static_cast<uint8_t>(hello.purpose)).number(static_cast<uint8_t>(hello.role)).number(uint16_t{0});
  writer.number(hello.rank).number(hello.nranks).number(uint32_t{0});
  writer.number(hello.communicator).number(hello.plan_hash).raw(hello.process.bytes).raw(hello.nonce);
  WEFT_ASSERT(writer.size() == kHelloBytes);
  HelloBytes bytes;
  std::copy(writer.bytes().begin(), writer.bytes().end(), bytes.begin());
  return bytes;
}

std::optional<Hello> decode_hello(const HelloBytes& bytes) {
  ByteReader reader(bytes);
  std::array<uint8_t, 8> magic;
  reader.raw(magic);
  if (magic != kMagic) return std::nullopt;
  Hello hello;
  hello.wire_version = reader.number<uint32_t>();
  hello.library_version = reader.number<uint32_t>();
  hello.purpose = static_cast<Purpose>(reader.number<uint8_t>());
  hello.role = static_cast<Role>(reader.number<uint8_t>());
  reader.number<uint16_t>();
  hello.rank = reader.number<uint32_t>();
  hello.nranks = reader.number<uint32_t>();
  reader.number<uint32_t>();
  hello.communicator = reader.number<uint64_t>();
  hello.plan_hash = reader.number<uint64_t>();
  reader.raw(hello.process.bytes);
  reader.raw(hello.nonce);
  return hello;
}

Digest proof_of(const Secret& secret, Role prover, const HelloBytes& connecting, const HelloBytes& accepting) {
  const auto* purpose =
      prover == Role::connecting ? "weft proof of the connecting side" : "weft proof of the accepting side";
  return keyed_digest(secret, purpose, {connecting, accepting});
}

std::string version_text(const Hello& hello) {
  const uint32_t code = hello.library_version;
  return fmt::format("weft {}.{}.{} (wire version {})", code / 10000, code / 100 % 100, code % 100, hello.wire_version);
}

}  // namespace weft
