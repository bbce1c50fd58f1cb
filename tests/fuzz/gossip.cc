// What control threads tell each other of failures and calls: what decodes says the same when it is sent on, nothing
// shorter or longer does, and no sequence of such messages brings an agreement down.
#include "base/assert.h"
#include "bootstrap/agreement_news.h"
#include "bootstrap/call_gathering.h"
#include "bootstrap/calls_news.h"
#include "input.h"

namespace weft {
namespace {

constexpr int kRanks = 8;

bool inside(const RankSet& set) {
  return set.empty() || set.back() < kRanks;
}

void check_agreement(std::span<const std::byte> body, Agreement& agreement) {
  const auto news = decode_agreement(body);
  if (!news) return;
  const auto again = decode_agreement(encode(*news));
  WEFT_ASSERT(again && again->key == news->key && again->message.failed == news->message.failed);
  WEFT_ASSERT(again->message.decisions == news->message.decisions && again->message.decided == news->message.decided &&
              again->causes == news->causes);
  WEFT_ASSERT(!decode_agreement(body.first(body.size() - 1)));
  const AgreementMessage& message = news->message;
  if (!inside(message.failed) || !std::all_of(message.decisions.begin(), message.decisions.end(), inside)) return;
  agreement.receive(news->from, message);
  for (const auto& said : agreement.take_outgoing()) WEFT_ASSERT(said.to >= 0 && said.to < kRanks);
}

void check_calls(std::span<const std::byte> body) {
  const auto news = decode_calls(body);
  if (!news) return;
  const std::vector<std::byte> again = encode(*news);
  WEFT_ASSERT(std::equal(again.begin(), again.end(), body.begin(), body.end()));
  CallComparison comparison;
  CallGathering gathering(kRanks);
  gathering.begin({0, 1}, 0, {});
  gathering.note(1, news->place, {});
  WEFT_ASSERT(gathering.diagnose([](int) { return true; }).culprits.size() <= Diagnosis::kCulpritsMax);
  comparison.note(0, {{1, 2}, {2, 3}});
  const auto found = comparison.note(1, news->calls);
  WEFT_ASSERT(!found || (found->ones.number() == found->others.number() && found->ones != found->others));
}

}  // namespace
}  // namespace weft

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weft;
  fuzz::Input input(data, size);
  const uint8_t choice = input.byte();
  if (choice % 2 == 0) {
    check_calls(input.rest());
    return 0;
  }
  Agreement agreement(kRanks, choice / 2 % kRanks,
                      choice < 128 ? Agreement::Start::on_failure : Agreement::Start::on_call);
  agreement.take_part();
  while (!input.at_end()) check_agreement(input.bytes(input.byte()), agreement);
  return 0;
}
