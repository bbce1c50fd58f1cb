// Communicators made from one: of its survivors, of parts of it, or with new ranks.
#include <algorithm>

#include "base/contain.h"
#include "base/log.h"
#include "comm/communicator.h"
#include "comm/roots.h"

namespace weft {
namespace {

constexpr int64_t kLongMs = 1'000'000'000;

std::vector<int> members_of_part(std::span<const SplitWish> wishes, int color) {
  std::vector<int> members;
  for (size_t rank = 0; rank < wishes.size(); ++rank) {
    if (wishes[rank].color == color) members.push_back(static_cast<int>(rank));
  }
  std::stable_sort(members.begin(), members.end(), [&](int a, int b) {
    return wishes[static_cast<size_t>(a)].key < wishes[static_cast<size_t>(b)].key;
  });
  return members;
}

// The one id that was brought, if all ranks want the same.
Expected<UniqueId> agreed_id(const std::vector<GrowWish>& wishes) {
  std::vector<int> bringers;
  for (size_t rank = 0; rank < wishes.size(); ++rank) {
    if (wishes[rank].ranks != wishes[0].ranks) {
      return error(Code::invalid_argument,
                   "weftCommGrow: nranks is {} on rank 0 and {} on rank {}; pass the same number on all ranks",
                   wishes[0].ranks, wishes[rank].ranks, rank);
    }
    if (wishes[rank].has_id != 0) bringers.push_back(static_cast<int>(rank));
  }
  if (bringers.size() != 1) {
    return error(
        Code::invalid_argument,
        "weftCommGrow: {} ranks passed an id ({}); exactly one passes the id that weftCommGetUniqueId gave it, "
        "the others NULL",
        bringers.size(), bringers.empty() ? "none" : rank_ranges(bringers));
  }
  return parse_unique_id(wishes[static_cast<size_t>(bringers.front())].id);
}

}  // namespace

Expected<std::unique_ptr<Communicator>> Communicator::shrink() {
  WEFT_TRY_ASSIGN(const RankSet failed, membership_->shrink(settings_.set_up_deadline()));
  return make_child(succeed(id_, roster_, rank_, Subject::shrink, membership_->decisions(Subject::shrink), failed),
                    settings_);
}

Expected<std::unique_ptr<Communicator>> Communicator::make_child(Successor next, Settings settings) {
  std::unique_ptr<Communicator> child(
      new Communicator(endpoint_, static_cast<int>(next.roster.size()), next.rank, std::move(settings)));
  Status continued = contain([&] { return child->continue_from(*this, std::move(next)); });
  if (continued.ok()) return child;
  child->refuse_to_continue(continued);
  return failure_of(std::move(continued));
}

// The others believe that this rank is in it.
void Communicator::refuse_to_continue(const Status& why) {
  try {
    if (membership_ == nullptr) membership_ = Membership::outside(endpoint_->control(), membership_request());
    membership_->broadcast_failure(why);
  } catch (...) {
    endpoint_->control()->cut_loose();
  }
}

// What joining does, with nothing left to ask: the others have the same roster, and the processes are linked.
Status Communicator::continue_from(const Communicator& before, Successor next) {
  id_ = next.communicator;
  secret_ = before.secret_;
  roster_ = std::move(next.roster);
  WEFT_TRY(make_recorder());
  WEFT_TRY_ASSIGN(membership_, Membership::continue_in(endpoint_->control(), membership_request()));
  WEFT_TRY(make_engine());
  log_info("comm", "rank {} of {} goes on in communicator {:016x}, made from {:016x}", rank_, ranks_, id_, before.id_);
  return {};
}

// Everybody's `mine`, by rank.
template <typename T>
Expected<std::vector<T>> Communicator::exchange(const T& mine, CallClass call_class, Deadline deadline) {
  std::vector<T> all(static_cast<size_t>(ranks_));
  WEFT_TRY(run({.collective = Collective::all_gather,
                .sendbuff = &mine,
                .recvbuff = all.data(),
                .count = sizeof(T),
                .type = DataType::uint8,
                .op = Operator::sum,
                .root = 0,
                .call_class = call_class,
                .time_limit = std::chrono::milliseconds(std::max<int64_t>(1, deadline.left_ms(kLongMs)))}));
  return all;
}

Expected<std::unique_ptr<Communicator>> Communicator::split(int color, int key, const Settings& settings) {
  const Deadline deadline = settings_.set_up_deadline();
  std::unique_ptr<Communicator> part;
  WEFT_TRY(among_survivors(deadline, [&](Communicator& left) {
    return left.make_part({.color = color, .key = key}, settings, deadline, part);
  }));
  return part;
}

// Success only when every rank has its part, so whoever goes on in it finds all others there.
Status Communicator::make_part(const SplitWish& wish, const Settings& settings, Deadline deadline,
                               std::unique_ptr<Communicator>& part) {
  part.reset();
  WEFT_TRY_ASSIGN(const auto wishes, exchange(wish, CallClass::split, deadline));
  Status mine;
  if (wish.color != kNoColor) {
    const auto members = members_of_part(wishes, wish.color);
    auto made = make_child(part_of(id_, roster_, rank_, operations(), wish.color, members), settings);
    if (made) part = std::move(*made);
    if (!made) mine = std::move(made.error());
  }
  WEFT_TRY_ASSIGN(const auto codes, exchange(static_cast<int32_t>(mine.code()), CallClass::split, deadline));
  WEFT_TRY(std::move(mine));
  const auto failed = std::find_if(codes.begin(), codes.end(), [](int32_t code) { return code != 0; });
  if (failed == codes.end()) return {};
  return weft::error(Code::resource, "weftCommSplit: {} could not make its part (result {})",
                     describe(roster_[static_cast<size_t>(failed - codes.begin())]), *failed);
}

Expected<std::unique_ptr<Communicator>> Communicator::grow(int ranks, const UniqueIdBytes* id,
                                                           const Settings& settings) {
  const Deadline deadline = settings.set_up_deadline();
  GrowWish mine{.ranks = ranks, .has_id = id != nullptr, .id = {}};
  if (id != nullptr) mine.id = *id;
  auto grown = grow_with(mine, settings, deadline);
  // New ranks that wait learn from its end that nobody comes; a root that has done its work ends by itself.
  const uint64_t used = id != nullptr ? admission_.exchange(0) : 0;
  if (!grown && used != 0) drop_root(used);
  return grown;
}

Expected<std::unique_ptr<Communicator>> Communicator::grow_with(const GrowWish& mine, const Settings& settings,
                                                                Deadline deadline) {
  const auto wishes = exchange(mine, CallClass::grow, deadline);
  // Before anybody waits for new ranks: that all old ones will.
  WEFT_TRY(agree_that_all_live(deadline));
  if (!wishes) return failure_of(wishes.error().copy());
  WEFT_TRY_ASSIGN(const UniqueId agreed, agreed_id(*wishes));
  return join(agreed, mine.ranks, rank_, settings, &alive_);
}

Expected<UniqueId> Communicator::draw_admission() {
  WEFT_TRY_ASSIGN(const UniqueId id, start_root({.interface = endpoint_->config().text(Variable::interface)}));
  if (const uint64_t unused = admission_.exchange(id.communicator); unused != 0) drop_root(unused);
  return id;
}

}  // namespace weft
