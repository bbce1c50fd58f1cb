#include "bootstrap/calls_news.h"

#include "bootstrap/wire.h"

namespace weft {

std::vector<std::byte> encode(const CallsNews& news) {
  ByteWriter writer;
  writer.number(news.key.communicator).number(news.key.epoch);
  writer.number(static_cast<uint32_t>(news.from)).number(static_cast<uint32_t>(news.to));
  writer.number(static_cast<uint8_t>(news.question ? 1 : 0)).number(static_cast<uint8_t>(news.calls.size()));
  for (const CallWords& call : news.calls) writer.number(call.low).number(call.high);
  return writer.take();
}

std::optional<CallsNews> decode_calls(std::span<const std::byte> body) {
  ByteReader reader(body);
  CallsNews news;
  news.key.communicator = reader.number<uint64_t>();
  news.key.epoch = reader.number<uint32_t>();
  news.from = static_cast<int>(reader.number<uint32_t>());
  news.to = static_cast<int>(reader.number<uint32_t>());
  const auto question = reader.number<uint8_t>();
  const auto count = reader.number<uint8_t>();
  if (question > 1 || count > CallComparison::kCallsMax) return std::nullopt;
  news.question = question == 1;
  for (size_t i = 0; i < count; ++i) {
    CallWords call;
    call.low = reader.number<uint64_t>();
    call.high = reader.number<uint64_t>();
    news.calls.push_back(call);
  }
  return reader.at_end() ? std::optional(std::move(news)) : std::nullopt;
}

}  // namespace weft
