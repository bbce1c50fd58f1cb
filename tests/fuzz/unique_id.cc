// A unique id travels through hands that are not weft's: what was packed is parsed again, anything damaged, shortened
// or senseless is refused with a text. The first byte chooses which of these a case is about, or one of the id's
// sources.
#include "bootstrap/unique_id.h"

#include "base/assert.h"
#include "input.h"

namespace weft {
namespace {

void check_parse(std::span<const std::byte> bytes) {
  const auto id = parse_unique_id(bytes);
  if (!id) {
    WEFT_ASSERT(id.error().code() == Code::invalid_argument || id.error().code() == Code::version);
    WEFT_ASSERT(!id.error().text().empty());
    return;
  }
  WEFT_ASSERT(parse_unique_id(pack(*id)) == *id);
}

UniqueId read_id(fuzz::Input& input) {
  UniqueId id;
  id.trust = static_cast<Trust>(input.byte());
  id.root.family = input.byte();
  id.port_count = input.byte();
  id.root.port = input.number<uint16_t>();
  input.fill(id.root.host);
  id.communicator = input.number<uint64_t>();
  id.host_identity = input.number<uint64_t>();
  input.fill(id.name);
  input.fill(id.secret);
  return id;
}

bool makes_sense(const UniqueId& id) {
  const bool has_trust = id.trust == Trust::secret || id.trust == Trust::local || id.trust == Trust::insecure;
  return has_trust && (id.root.family == 0 || id.root.family == 4 || id.root.family == 6);
}

void check_round_trip(fuzz::Input& input) {
  const UniqueId id = read_id(input);
  const auto parsed = parse_unique_id(pack(id));
  WEFT_ASSERT(parsed.has_value() == makes_sense(id));
  if (parsed) WEFT_ASSERT(*parsed == id);
  WEFT_ASSERT(id.unix_name().size() == std::string_view("weft-root-").size() + 2 * id.name.size());
}

void check_damage(fuzz::Input& input) {
  const size_t at = input.byte() % kUniqueIdBytes;
  const auto bit = std::byte{1} << input.byte() % 8;
  UniqueId id = read_id(input);
  id.trust = Trust::secret;
  id.root.family = 4;
  UniqueIdBytes bytes = pack(id);
  WEFT_ASSERT(parse_unique_id(bytes).has_value());
  WEFT_ASSERT(!parse_unique_id(std::span(bytes).first(at)).has_value());
  bytes[at] ^= bit;
  WEFT_ASSERT(!parse_unique_id(bytes).has_value());
}

// The same names make the same id, others another; the id itself can be handed on.
void check_names(fuzz::Input& input) {
  const bool insecure = input.byte() % 2 != 0, has_secret = input.byte() % 2 != 0;
  JobNames names = {std::string(input.line()), std::string(input.line()), std::string(input.line()), input.byte()};
  const auto secret = has_secret ? std::optional(Secret{1, 2, 3}) : std::nullopt;
  const TcpAddress root = {4, 4711, {127, 0, 0, 1}};
  const UniqueId id = well_known(names, root, 1, secret, insecure);
  WEFT_ASSERT(id == well_known(names, root, 1, secret, insecure));
  WEFT_ASSERT(parse_unique_id(pack(id)) == id);
  WEFT_ASSERT(id.trust == (has_secret ? Trust::secret : insecure ? Trust::insecure : Trust::local));
  names.restart += 1;
  const UniqueId next = well_known(names, root, 1, secret, insecure);
  WEFT_ASSERT(next.communicator != id.communicator && next.name != id.name && next.secret != id.secret);
}

void check_secret(std::string_view digits) {
  const auto secret = parse_secret(digits);
  const bool hexadecimal = digits.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
  WEFT_ASSERT(secret.has_value() == (digits.size() == 64 && hexadecimal));
  if (!secret) {
    // No part of a secret is printed. Other characters, and short runs, can stand in the text anyway.
    WEFT_ASSERT(!hexadecimal || digits.size() < 8 || secret.error().text().find(digits) == std::string_view::npos);
    return;
  }
  std::string again;
  for (const uint8_t byte : *secret) again += fmt::format("{:02x}", byte);
  WEFT_ASSERT(std::equal(again.begin(), again.end(), digits.begin(), [](char a, char b) { return a == (b | 0x20); }));
}

void check_drawn() {
  const UniqueId id = draw_unique_id(), other = draw_unique_id();
  WEFT_ASSERT(parse_unique_id(pack(id)) == id);
  WEFT_ASSERT(id.secret != other.secret && id.name != other.name && id.communicator != other.communicator);
}

}  // namespace
}  // namespace weft

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weft;
  fuzz::Input input(data, size);
  switch (input.byte()) {
    case 'i':
      check_round_trip(input);
      return 0;
    case 'd':
      check_damage(input);
      return 0;
    case 'n':
      check_names(input);
      return 0;
    case 's':
      check_secret(input.text());
      return 0;
    case 'r':
      check_drawn();
      return 0;
    default:
      check_parse(std::as_bytes(std::span(data, size)));
      return 0;
  }
}
