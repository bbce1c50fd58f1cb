#include "transport/shm/address.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <type_traits>

namespace weft {
namespace {

// The descriptor as it travels: between processes of different hosts too, which then find that they cannot share.
struct Encoded {
  uint64_t magic;
  ShmAddress address;
};
constexpr uint64_t kMagic = 0x0131'5244'4153'4857;  // the last byte is the version
static_assert(std::is_trivially_copyable_v<Encoded> && sizeof(Encoded) == 64);

int hexadecimal_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// "6a1b…-…": 32 digits; dashes are passed over.
std::optional<std::array<uint8_t, 16>> parse_boot_id(const std::string& text) {
  std::array<uint8_t, 16> bytes{};
  size_t digits = 0;
  for (const char c : text) {
    const int digit = hexadecimal_digit(c);
    if (digit < 0) continue;
    if (digits == 32) return std::nullopt;
    bytes[digits / 2] = static_cast<uint8_t>(bytes[digits / 2] << 4 | digit);
    ++digits;
  }
  if (digits != 32) return std::nullopt;
  return bytes;
}

}  // namespace

HostIdentity HostIdentity::of_this_process() {
  std::string text;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> text;
  const auto boot = parse_boot_id(text);
  struct stat network {};
  if (!boot || stat("/proc/self/ns/net", &network) != 0) return {};
  return {*boot, network.st_dev, network.st_ino, geteuid()};
}

Bytes ShmAddress::encode() const {
  const Encoded encoded{kMagic, *this};
  Bytes bytes(sizeof encoded);
  std::memcpy(bytes.data(), &encoded, sizeof encoded);
  return bytes;
}

Expected<ShmAddress> ShmAddress::decode(std::span<const std::byte> bytes) {
  Encoded encoded;
  if (bytes.size() != sizeof encoded) {
    return error(Code::invalid_argument,
                 "a peer's shm descriptor has {} bytes, not {}: it runs another version of weft", bytes.size(),
                 sizeof encoded);
  }
  std::memcpy(&encoded, bytes.data(), sizeof encoded);
  if (encoded.magic != kMagic) {
    return error(Code::invalid_argument,
                 "a peer's shm descriptor begins with {:#x}, not {:#x}: it runs another version of weft", encoded.magic,
                 kMagic);
  }
  return encoded.address;
}

}  // namespace weft
