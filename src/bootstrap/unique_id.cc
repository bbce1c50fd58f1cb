#include "bootstrap/unique_id.h"

#include <unistd.h>

#include <algorithm>

#include "base/assert.h"
#include "bootstrap/hello.h"
#include "bootstrap/wire.h"
#include "weft/types.h"

namespace weft {
namespace {

static_assert(kUniqueIdBytes == WEFT_UNIQUE_ID_BYTES);

constexpr std::array<uint8_t, 8> kMagic = {'w', 'e', 'f', 't', '-', 'i', 'd', '\n'};
constexpr size_t kChecksumAt = kUniqueIdBytes - sizeof(uint64_t);

// Against damage, not against forgers: the secret is inside the id.
uint64_t checksum_of(std::span<const std::byte> bytes) {
  const Digest digest = keyed_digest(Secret{}, "weft unique id", {bytes.first(kChecksumAt)});
  return ByteReader(std::as_bytes(std::span(digest))).number<uint64_t>();
}

bool is_trust(Trust trust) {
  return trust == Trust::secret || trust == Trust::local || trust == Trust::insecure;
}

bool is_family(uint8_t family) {
  return family == 0 || family == 4 || family == 6;
}

}  // namespace

std::string UniqueId::unix_name() const {
  std::string text = "weft-root-";
  for (const uint8_t byte : name) text += fmt::format("{:02x}", byte);
  return text;
}

UniqueIdBytes pack(const UniqueId& id) {
  ByteWriter writer;
  writer.raw(kMagic).number(kWireVersion).number(static_cast<uint8_t>(id.trust)).number(id.port_count);
  writer.number(id.root.family).number(uint8_t{0}).number(id.root.port).raw(id.root.host).number(uint16_t{0});
  writer.raw(id.secret).number(id.communicator).number(id.host_identity).raw(id.name);
  UniqueIdBytes bytes{};
  WEFT_ASSERT(writer.size() <= kChecksumAt);
  std::copy(writer.bytes().begin(), writer.bytes().end(), bytes.begin());
  ByteWriter checksum;
  checksum.number(checksum_of(bytes));
  std::copy(checksum.bytes().begin(), checksum.bytes().end(), bytes.begin() + kChecksumAt);
  return bytes;
}

Expected<UniqueId> parse_unique_id(std::span<const std::byte> bytes) {
  if (bytes.size() != kUniqueIdBytes) {
    return error(Code::invalid_argument, "a unique id has {} bytes, this one {}", kUniqueIdBytes, bytes.size());
  }
  ByteReader reader(bytes);
  std::array<uint8_t, 8> magic;
  reader.raw(magic);
  if (magic != kMagic) {
    return error(Code::invalid_argument,
                 "this is no unique id of weft: make one with weftGetUniqueId in one process and copy "
                 "all {} bytes to the others",
                 kUniqueIdBytes);
  }
  if (const auto version = reader.number<uint32_t>(); version != kWireVersion) {
    return error(Code::version,
                 "this unique id has wire version {}, this library {}: use one version of weft in all ranks", version,
                 kWireVersion);
  }
  if (ByteReader(bytes.subspan(kChecksumAt)).number<uint64_t>() != checksum_of(bytes)) {
    return error(Code::invalid_argument,
                 "this unique id was damaged on the way: copy all {} bytes, and as binary, not as text",
                 kUniqueIdBytes);
  }
  UniqueId id;
  id.trust = static_cast<Trust>(reader.number<uint8_t>());
  id.port_count = reader.number<uint8_t>();
  id.root.family = reader.number<uint8_t>();
  reader.number<uint8_t>();
  id.root.port = reader.number<uint16_t>();
  reader.raw(id.root.host);
  reader.number<uint16_t>();
  reader.raw(id.secret);
  id.communicator = reader.number<uint64_t>();
  id.host_identity = reader.number<uint64_t>();
  reader.raw(id.name);
  if (!is_trust(id.trust) || !is_family(id.root.family)) {
    return error(Code::invalid_argument, "this is no unique id of weft: it has trust {} and address family {}",
                 static_cast<int>(id.trust), id.root.family);
  }
  return id;
}

UniqueId draw_unique_id() {
  UniqueId id;
  id.secret = random_secret();
  id.communicator = random_word();
  fill_random(id.name);
  return id;
}

UniqueId well_known(const JobNames& names, const TcpAddress& root, uint8_t port_count,
                    const std::optional<Secret>& secret, bool insecure) {
  ByteWriter writer;
  writer.text(names.launcher).text(names.job).text(names.root).number(names.restart);
  const Digest communicator = keyed_digest(Secret{}, "weft job", {writer.bytes()});
  UniqueId id;
  id.trust = secret ? Trust::secret : insecure ? Trust::insecure : Trust::local;
  id.secret = secret ? keyed_digest(*secret, "weft job secret", {writer.bytes()})
                     : keyed_digest(Secret{}, "weft job without secret", {writer.bytes()});
  id.communicator = ByteReader(std::as_bytes(std::span(communicator))).number<uint64_t>();
  // The user is part of the socket's name alone: a job may have different user numbers on different hosts.
  writer.number(uint64_t{geteuid()});
  const Digest name = keyed_digest(Secret{}, "weft job socket", {writer.bytes()});
  std::copy_n(name.begin(), id.name.size(), id.name.begin());
  id.root = root;
  id.port_count = port_count;
  return id;
}

Expected<Secret> parse_secret(std::string_view digits) {
  Secret secret;
  const auto value = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  const bool hexadecimal =
      std::all_of(digits.begin(), digits.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
  if (digits.size() != 2 * secret.size() || !hexadecimal) {
    return error(Code::config, "WEFT_SECRET must be {} hexadecimal digits; it has {} characters{}", 2 * secret.size(),
                 digits.size(), hexadecimal ? "" : ", and some are no such digits");
  }
  for (size_t i = 0; i < secret.size(); ++i) {
    secret[i] = static_cast<uint8_t>(value(digits[2 * i]) << 4 | value(digits[2 * i + 1]));
  }
  return secret;
}

}  // namespace weft
