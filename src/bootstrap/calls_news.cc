#include "bootstrap/calls_news.h"

#include "bootstrap/wire.h"

namespace weft {
namespace {

using Kind = CallsNews::Kind;

constexpr uint8_t kInside = 1, kCrossed = 2;

void write(ByteWriter& writer, const CommunicatorKey& key) {
  writer.number(key.communicator).number(key.epoch);
}

CommunicatorKey read_key(ByteReader& reader) {
  CommunicatorKey key;
  key.communicator = reader.number<uint64_t>();
  key.epoch = reader.number<uint32_t>();
  return key;
}

CallWords read_call(ByteReader& reader) {
  CallWords call;
  call.low = reader.number<uint64_t>();
  call.high = reader.number<uint64_t>();
  return call;
}

void write(ByteWriter& writer, const RankPlace& place) {
  writer.number(static_cast<uint8_t>((place.inside ? kInside : 0) | (place.crossed ? kCrossed : 0)));
  writer.number(place.latest.low).number(place.latest.high).number(place.since_ms).number(place.finished_ms);
  write(writer, place.elsewhere);
  writer.number(place.elsewhere_call.low).number(place.elsewhere_call.high);
}

bool read(ByteReader& reader, RankPlace& place) {
  const auto flags = reader.number<uint8_t>();
  place.inside = (flags & kInside) != 0;
  place.crossed = (flags & kCrossed) != 0;
  place.latest = read_call(reader);
  place.since_ms = reader.number<uint32_t>();
  place.finished_ms = reader.number<uint32_t>();
  place.elsewhere = read_key(reader);
  place.elsewhere_call = read_call(reader);
  return flags <= (kInside | kCrossed);
}

void write(ByteWriter& writer, const Diagnosis& diagnosis) {
  writer.number(static_cast<uint8_t>(diagnosis.cause)).number(diagnosis.number).number(diagnosis.lag_ms);
  writer.number(static_cast<uint8_t>(diagnosis.culprits.size()));
  for (const Diagnosis::Culprit& culprit : diagnosis.culprits) {
    writer.number(static_cast<uint32_t>(culprit.rank));
    write(writer, culprit.elsewhere);
    writer.number(culprit.elsewhere_number);
  }
}

bool read(ByteReader& reader, Diagnosis& diagnosis) {
  const auto cause = reader.number<uint8_t>();
  diagnosis.number = reader.number<uint32_t>();
  diagnosis.lag_ms = reader.number<uint32_t>();
  const auto count = reader.number<uint8_t>();
  if (cause >= kCauseCount || count > Diagnosis::kCulpritsMax) return false;
  diagnosis.cause = static_cast<Cause>(cause);
  for (size_t i = 0; i < count; ++i) {
    Diagnosis::Culprit culprit;
    culprit.rank = static_cast<int>(reader.number<uint32_t>());
    culprit.elsewhere = read_key(reader);
    culprit.elsewhere_number = reader.number<uint32_t>();
    diagnosis.culprits.push_back(culprit);
  }
  return true;
}

bool read_calls(ByteReader& reader, std::vector<CallWords>& calls) {
  const auto count = reader.number<uint8_t>();
  if (count > CallComparison::kCallsMax) return false;
  for (size_t i = 0; i < count; ++i) calls.push_back(read_call(reader));
  return true;
}

}  // namespace

std::vector<std::byte> encode(const CallsNews& news) {
  ByteWriter writer;
  write(writer, news.key);
  writer.number(static_cast<uint32_t>(news.from)).number(static_cast<uint32_t>(news.to));
  writer.number(static_cast<uint8_t>(news.kind)).number(news.number);
  if (news.kind == Kind::question) return writer.take();
  if (news.kind == Kind::diagnosis) {
    write(writer, news.diagnosis);
    return writer.take();
  }
  write(writer, news.place);
  writer.number(static_cast<uint8_t>(news.calls.size()));
  for (const CallWords& call : news.calls) writer.number(call.low).number(call.high);
  return writer.take();
}

std::optional<CallsNews> decode_calls(std::span<const std::byte> body) {
  ByteReader reader(body);
  CallsNews news;
  news.key = read_key(reader);
  news.from = static_cast<int>(reader.number<uint32_t>());
  news.to = static_cast<int>(reader.number<uint32_t>());
  const auto kind = reader.number<uint8_t>();
  news.number = reader.number<uint32_t>();
  if (kind > static_cast<uint8_t>(Kind::diagnosis)) return std::nullopt;
  news.kind = static_cast<Kind>(kind);
  if (news.kind == Kind::diagnosis) {
    if (!read(reader, news.diagnosis)) return std::nullopt;
  } else if (news.kind != Kind::question) {
    if (!read(reader, news.place) || !read_calls(reader, news.calls)) return std::nullopt;
  }
  return reader.at_end() ? std::optional(std::move(news)) : std::nullopt;
}

}  // namespace weft
