// What a root and its ranks send each other: a join or a roster that decodes is sent on as the same bytes, and one byte
// less or more is neither; a refusal always is one, never a success, and says the same when it is passed on.
#include "bootstrap/rendezvous.h"

#include "base/assert.h"
#include "bootstrap/join.h"
#include "input.h"

namespace weft {
namespace {

template <typename Decode>
void check_exact(std::span<const std::byte> body, const Decode& decode) {
  const auto message = decode(body);
  if (!message) return;
  std::vector<std::byte> again = encode(*message);
  WEFT_ASSERT(std::equal(again.begin(), again.end(), body.begin(), body.end()));
  WEFT_ASSERT(!decode(body.first(body.size() - 1)));
  again.push_back(std::byte{0});
  WEFT_ASSERT(!decode(again));
}

void check_join(std::span<const std::byte> body) {
  check_exact(body, decode_join);
  if (const auto message = decode_join(body)) WEFT_ASSERT(message->plan_text.size() <= kPlanTextBytesMax);
}

void check_roster(std::span<const std::byte> body) {
  check_exact(body, decode_roster);
  const auto message = decode_roster(body);
  for (size_t rank = 0; message && rank < message->roster.size(); ++rank) {
    WEFT_ASSERT(message->roster[rank].rank == static_cast<int>(rank));
  }
}

void check_refusal(std::span<const std::byte> body) {
  const Status refusal = decode_refusal(body);
  WEFT_ASSERT(!refusal.ok() && refusal.code() != Code::success && refusal.code() != Code::in_progress);
  WEFT_ASSERT(code_of(static_cast<uint32_t>(refusal.code())) == refusal.code());
  const Status again = decode_refusal(encode(refusal));
  WEFT_ASSERT(again.code() == refusal.code() && again.text() == refusal.text());
}

// What weft sends is understood: each field is given, none is trusted to come from a decoder.
void check_sent(fuzz::Input& input) {
  JoinMessage join;
  join.patience_ms = input.number<uint64_t>();
  join.plan_text.assign(size_t{17} * input.byte() % (kPlanTextBytesMax + 1), 'p');
  join.self.host.assign(input.byte(), 'h');
  join.self.control_name.assign(input.byte() % (kNameBytesMax + 1), 'c');
  join.self.payload.assign(size_t{257} * input.byte(), std::byte{7});
  join.self.pid = input.number<uint16_t>();
  const std::vector<std::byte> body = encode(join);
  WEFT_ASSERT(body.size() <= kJoinBytesMax && decode_join(body).has_value());

  RosterMessage message;
  message.roster.assign(input.byte() % 8, join.self);
  for (size_t rank = 0; rank < message.roster.size(); ++rank) message.roster[rank].rank = static_cast<int>(rank);
  WEFT_ASSERT(decode_roster(encode(message)).has_value());
  if (message.roster.size() < 2) return;
  std::swap(message.roster.front(), message.roster.back());
  WEFT_ASSERT(!decode_roster(encode(message)).has_value());
}

}  // namespace
}  // namespace weft

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weft;
  fuzz::Input input(data, size);
  switch (input.byte() % 4) {
    case 0:
      check_join(input.rest());
      return 0;
    case 1:
      check_roster(input.rest());
      return 0;
    case 2:
      check_refusal(input.rest());
      return 0;
    default:
      check_sent(input);
      return 0;
  }
}
