#include "bootstrap/agreement_news.h"

#include <algorithm>

#include "bootstrap/member.h"
#include "bootstrap/wire.h"

namespace weft {
namespace {

void write_set(ByteWriter& writer, const RankSet& set) {
  writer.number(static_cast<uint32_t>(set.size()));
  for (const int rank : set) writer.number(static_cast<uint32_t>(rank));
}

// Nothing, unless the ranks ascend.
std::optional<RankSet> read_set(ByteReader& reader) {
  const auto count = reader.number<uint32_t>();
  if (!reader.ok() || count > static_cast<uint32_t>(kRanksMax)) return std::nullopt;
  RankSet set;
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    const auto rank = reader.number<uint32_t>();
    if (rank >= static_cast<uint32_t>(kRanksMax) || (!set.empty() && static_cast<int>(rank) <= set.back()))
      return std::nullopt;
    set.push_back(static_cast<int>(rank));
  }
  return reader.ok() ? std::optional(std::move(set)) : std::nullopt;
}

}  // namespace

std::vector<std::byte> encode(const AgreementNews& news) {
  ByteWriter writer;
  writer.number(news.key.communicator).number(news.key.epoch).number(static_cast<uint8_t>(news.subject));
  writer.number(static_cast<uint32_t>(news.from)).number(static_cast<uint32_t>(news.to));
  writer.number(static_cast<uint8_t>(news.message.kind)).number(news.message.ballot);
  write_set(writer, news.message.failed);
  writer.number(news.message.decided).number(static_cast<uint32_t>(news.message.decisions.size()));
  for (const RankSet& set : news.message.decisions) write_set(writer, set);
  writer.number(static_cast<uint32_t>(news.causes.size()));
  for (const auto& [rank, cause] : news.causes) {
    writer.number(static_cast<uint32_t>(rank)).text(std::string_view(cause).substr(0, kCauseBytesMax));
  }
  return writer.take();
}

std::optional<AgreementNews> decode_agreement(std::span<const std::byte> body) {
  ByteReader reader(body);
  AgreementNews news;
  news.key.communicator = reader.number<uint64_t>();
  news.key.epoch = reader.number<uint32_t>();
  const auto subject = reader.number<uint8_t>();
  news.from = static_cast<int>(reader.number<uint32_t>());
  news.to = static_cast<int>(reader.number<uint32_t>());
  const auto kind = reader.number<uint8_t>();
  news.message.ballot = reader.number<uint32_t>();
  if (subject > static_cast<uint8_t>(kSubjects.back())) return std::nullopt;
  if (kind > static_cast<uint8_t>(AgreementMessage::Kind::commit)) return std::nullopt;
  news.subject = static_cast<Subject>(subject);
  news.message.kind = static_cast<AgreementMessage::Kind>(kind);
  auto failed = read_set(reader);
  news.message.decided = reader.number<uint32_t>();
  const auto decisions = reader.number<uint32_t>();
  if (!failed || decisions > Agreement::kDecisionsSaid || decisions > news.message.decided) return std::nullopt;
  news.message.failed = std::move(*failed);
  for (uint32_t i = 0; i < decisions; ++i) {
    auto set = read_set(reader);
    if (!set) return std::nullopt;
    news.message.decisions.push_back(std::move(*set));
  }
  const auto causes = reader.number<uint32_t>();
  for (uint32_t i = 0; i < causes && reader.ok(); ++i) {
    const auto rank = static_cast<int>(reader.number<uint32_t>());
    news.causes[rank] = reader.text(kCauseBytesMax);
  }
  return reader.at_end() ? std::optional(std::move(news)) : std::nullopt;
}

}  // namespace weft
