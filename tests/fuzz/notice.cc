// A notice between control threads: what decodes keeps its meaning when it is sent on, and nothing shorter or longer is
// the same notice; what weft itself sends always decodes.
#include "base/assert.h"
#include "bootstrap/seats.h"
#include "input.h"

namespace weft {
namespace {

bool equal(const Notice& a, const Notice& b) {
  return a.kind == b.kind && a.key == b.key && a.rank == b.rank && a.joining == b.joining && a.relayed == b.relayed &&
         a.code == b.code && a.text == b.text;
}

void check_received(FrameKind kind, std::span<const std::byte> body) {
  const auto notice = decode_notice(kind, body);
  if (!notice) return;
  WEFT_ASSERT(notice->text.size() <= kNoticeTextBytesMax && notice->code != Code::success);
  const std::vector<std::byte> again = encode(*notice);
  WEFT_ASSERT(again.size() == body.size());
  const auto back = decode_notice(kind, again);
  WEFT_ASSERT(back.has_value() && equal(*back, *notice));
  std::vector<std::byte> longer = again;
  longer.push_back(std::byte{0});
  WEFT_ASSERT(!decode_notice(kind, longer) && !decode_notice(kind, body.first(body.size() - 1)));
}

// Texts of any length: too long ones are cut, the rest stays.
void check_sent(FrameKind kind, fuzz::Input& input) {
  Notice notice = {.kind = kind, .key = {input.number<uint64_t>(), input.number<uint32_t>()}, .rank = input.byte()};
  notice.joining = input.byte() % 2 != 0;
  notice.relayed = input.byte() % 2 != 0;
  notice.code = Code::aborted;
  notice.text.assign(size_t{16} * input.byte(), 'x');
  notice.text += input.text();
  const auto back = decode_notice(kind, encode(notice));
  WEFT_ASSERT(back.has_value());
  notice.text.resize(std::min(notice.text.size(), kNoticeTextBytesMax));
  WEFT_ASSERT(equal(*back, notice));
}

}  // namespace
}  // namespace weft

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weft;
  constexpr std::array kinds = {FrameKind::enroll, FrameKind::leave, FrameKind::failure};
  fuzz::Input input(data, size);
  const uint8_t choice = input.byte();
  const FrameKind kind = kinds[choice % kinds.size()];
  if (choice < 128) {
    check_received(kind, input.rest());
  } else {
    check_sent(kind, input);
  }
  return 0;
}
