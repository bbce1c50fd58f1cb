#include "bootstrap/rendezvous.h"

#include "bootstrap/join.h"
#include "bootstrap/wire.h"

namespace weft {
namespace {

constexpr size_t kTextBytesMax = 16384;

}  // namespace

std::vector<std::byte> encode(const JoinMessage& message) {
  ByteWriter writer;
  writer.number(message.patience_ms).text(message.plan_text);
  write_member(writer, message.self);
  return writer.take();
}

std::optional<JoinMessage> decode_join(std::span<const std::byte> body) {
  ByteReader reader(body);
  JoinMessage message;
  message.patience_ms = reader.number<uint64_t>();
  message.plan_text = reader.text(kPlanTextBytesMax);
  message.self = read_member(reader);
  return reader.at_end() ? std::optional(std::move(message)) : std::nullopt;
}

std::vector<std::byte> encode(const RosterMessage& message) {
  ByteWriter writer;
  writer.number(message.communicator).raw(message.salt).number(static_cast<uint32_t>(message.roster.size()));
  for (const Member& member : message.roster) write_member(writer, member);
  return writer.take();
}

std::optional<RosterMessage> decode_roster(std::span<const std::byte> body) {
  ByteReader reader(body);
  RosterMessage message;
  message.communicator = reader.number<uint64_t>();
  reader.raw(message.salt);
  const auto count = reader.number<uint32_t>();
  for (uint32_t rank = 0; rank < count && reader.ok(); ++rank) {
    message.roster.push_back(read_member(reader));
    if (message.roster.back().rank != static_cast<int>(rank)) return std::nullopt;
  }
  return reader.at_end() ? std::optional(std::move(message)) : std::nullopt;
}

std::vector<std::byte> encode(const Status& refusal) {
  ByteWriter writer;
  writer.number(static_cast<uint32_t>(refusal.code())).text(refusal.text().substr(0, kTextBytesMax));
  return writer.take();
}

Status decode_refusal(std::span<const std::byte> body) {
  ByteReader reader(body);
  const Code code = code_of(reader.number<uint32_t>());
  std::string text = reader.text(kTextBytesMax);
  return Status(code, std::move(text));
}

Code code_of(uint32_t value) {
  switch (const auto code = static_cast<Code>(value)) {
    case Code::system_error:
    case Code::internal_error:
    case Code::invalid_argument:
    case Code::invalid_usage:
    case Code::timeout:
    case Code::mismatch:
    case Code::forked:
    case Code::aborted:
    case Code::version:
    case Code::config:
    case Code::not_joined:
    case Code::resource:
      return code;
    default:
      return Code::remote_error;
  }
}

}  // namespace weft
