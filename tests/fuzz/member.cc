// A member inside other messages: the bytes it was read from are the bytes it is written as, its texts keep their
// limits, and no part of them is a member. And the list of ranks that errors print says which ranks they were.
#include "bootstrap/member.h"

#include <charconv>

#include "base/assert.h"
#include "input.h"

namespace weft {
namespace {

void check_member(std::span<const std::byte> bytes) {
  ByteReader reader(bytes);
  const Member member = read_member(reader);
  WEFT_ASSERT(member.host.size() <= kHostBytesMax && member.control_name.size() <= kNameBytesMax);
  WEFT_ASSERT(member.payload.size() <= kPayloadBytesMax);
  if (!reader.ok()) return;
  ByteWriter writer;
  write_member(writer, member);
  WEFT_ASSERT(writer.size() <= bytes.size() && (writer.size() == bytes.size()) == reader.at_end());
  WEFT_ASSERT(std::equal(writer.bytes().begin(), writer.bytes().end(), bytes.begin()));
  for (size_t size : {size_t{0}, writer.size() / 2, writer.size() - 1}) {
    ByteReader part(bytes.first(size));
    read_member(part);
    WEFT_ASSERT(!part.ok());
  }
  WEFT_ASSERT(describe(member).find(member.host) != std::string::npos);
  WEFT_ASSERT(member.control_tcp.valid() == (member.control_tcp.text() != "none"));
}

std::vector<int> read_ranges(std::string_view text) {
  std::vector<int> ranks;
  while (!text.empty()) {
    int first = 0;
    auto [end, code] = std::from_chars(text.begin(), text.end(), first);
    WEFT_ASSERT(code == std::errc());
    int last = first;
    if (end != text.end() && *end == '-') end = std::from_chars(end + 1, text.end(), last).ptr;
    WEFT_ASSERT(end == text.end() || std::string_view(end, text.end()).starts_with(", "));
    for (int rank = first; rank <= last; ++rank) ranks.push_back(rank);
    text.remove_prefix(end == text.end() ? text.size() : static_cast<size_t>(end - text.begin()) + 2);
  }
  return ranks;
}

// Each byte is the distance to the rank before.
void check_ranges(std::span<const std::byte> steps) {
  std::vector<int> ranks;
  int rank = -1;
  for (const std::byte step : steps) ranks.push_back(rank += 1 + static_cast<int>(step) % 4);
  WEFT_ASSERT(read_ranges(rank_ranges(ranks)) == ranks);
}

}  // namespace
}  // namespace weft

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weft;
  fuzz::Input input(data, size);
  const bool ranges = input.byte() == 'r';
  ranges ? check_ranges(input.rest()) : check_member(input.rest());
  return 0;
}
