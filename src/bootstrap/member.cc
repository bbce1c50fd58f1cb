#include "bootstrap/member.h"

#include <fmt/format.h>

namespace weft {

std::string describe(const Member& member) {
  return fmt::format("rank {} ({} pid {})", member.rank, member.host, member.pid);
}

std::string rank_ranges(std::span<const int> ranks) {
  std::string text;
  for (size_t first = 0, last; first < ranks.size(); first = last + 1) {
    last = first;
    while (last + 1 < ranks.size() && ranks[last + 1] == ranks[last] + 1) ++last;
    text += text.empty() ? "" : ", ";
    text += first == last ? fmt::format("{}", ranks[first]) : fmt::format("{}-{}", ranks[first], ranks[last]);
  }
  return text;
}

void write_member(ByteWriter& writer, const Member& member) {
  writer.number(static_cast<uint32_t>(member.rank)).raw(member.process.bytes).text(member.host);
  writer.number(static_cast<uint32_t>(member.pid)).number(member.host_identity).text(member.control_name);
  writer.number(member.control_tcp.family).number(member.control_tcp.port).raw(member.control_tcp.host);
  writer.blob(member.payload);
}

Member read_member(ByteReader& reader) {
  Member member;
  member.rank = static_cast<int>(reader.number<uint32_t>());
  reader.raw(member.process.bytes);
  member.host = reader.text(kHostBytesMax);
  member.pid = static_cast<int>(reader.number<uint32_t>());
  member.host_identity = reader.number<uint64_t>();
  member.control_name = reader.text(kNameBytesMax);
  member.control_tcp.family = reader.number<uint8_t>();
  member.control_tcp.port = reader.number<uint16_t>();
  reader.raw(member.control_tcp.host);
  const auto payload = reader.blob(kPayloadBytesMax);
  member.payload.assign(payload.begin(), payload.end());
  return member;
}

}  // namespace weft
