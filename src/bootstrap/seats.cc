#include "bootstrap/seats.h"

#include <algorithm>

#include "base/assert.h"
#include "bootstrap/rendezvous.h"
#include "bootstrap/wire.h"

namespace weft {
namespace {

constexpr uint8_t kFlagJoining = 1, kFlagRelayed = 2;
constexpr int kCauseShift = 2;

}  // namespace

std::vector<std::byte> encode(const Notice& notice) {
  ByteWriter writer;
  writer.number(notice.key.communicator).number(notice.key.epoch).number(static_cast<uint32_t>(notice.rank));
  const int flags = (notice.joining ? kFlagJoining : 0) | (notice.relayed ? kFlagRelayed : 0) |
                    static_cast<int>(notice.cause) << kCauseShift;
  writer.number(static_cast<uint8_t>(flags)).number(static_cast<uint32_t>(notice.code));
  writer.text(std::string_view(notice.text).substr(0, kNoticeTextBytesMax));
  return writer.take();
}

std::optional<Notice> decode_notice(FrameKind kind, std::span<const std::byte> body) {
  ByteReader reader(body);
  Notice notice;
  notice.kind = kind;
  notice.key.communicator = reader.number<uint64_t>();
  notice.key.epoch = reader.number<uint32_t>();
  notice.rank = static_cast<int>(reader.number<uint32_t>());
  const auto flags = reader.number<uint8_t>();
  notice.joining = (flags & kFlagJoining) != 0;
  notice.relayed = (flags & kFlagRelayed) != 0;
  if (flags >> kCauseShift >= kCauseCount) return std::nullopt;
  notice.cause = static_cast<Cause>(flags >> kCauseShift);
  notice.code = code_of(reader.number<uint32_t>());
  notice.text = reader.text(kNoticeTextBytesMax);
  return reader.at_end() ? std::optional(std::move(notice)) : std::nullopt;
}

Seat::Seat(CommunicatorKey the_key, int the_rank, const Secret& the_secret, Roster the_roster, Alive* the_alive)
    : key(the_key),
      rank(the_rank),
      secret(the_secret),
      roster(std::move(the_roster)),
      alive(the_alive),
      agreements{Agreement(static_cast<int>(roster.size()), the_rank, Agreement::Start::on_failure),
                 Agreement(static_cast<int>(roster.size()), the_rank, Agreement::Start::on_call),
                 Agreement(static_cast<int>(roster.size()), the_rank, Agreement::Start::on_call)},
      watch(static_cast<int>(roster.size())) {
  for (Member& each : roster) {
    each.payload.clear();
    each.payload.shrink_to_fit();
  }
  peers.assign(roster.size(), Peer::absent);
  peers.at(static_cast<size_t>(rank)) = Peer::enrolled;
  absent = static_cast<int>(peers.size()) - 1;
}

std::vector<int> Seat::absent_ranks() const {
  std::vector<int> ranks;
  for (size_t i = 0; i < peers.size(); ++i) {
    if (peers[i] == Peer::absent) ranks.push_back(static_cast<int>(i));
  }
  return ranks;
}

bool Seat::expelled() const {
  return std::any_of(agreements.begin(), agreements.end(), [](const Agreement& one) { return one.expelled(); });
}

bool Seat::has_left(const ProcessId& process) const {
  return std::all_of(roster.begin(), roster.end(), [&](const Member& each) {
    return each.process != process || peers[static_cast<size_t>(each.rank)] == Peer::departed;
  });
}

Status Seats::add(Seat& seat) {
  const auto [first, last] = seats_.equal_range(seat.key);
  const bool taken = std::any_of(first, last, [&](const auto& one) { return one.second->rank == seat.rank; });
  if (taken)
    return error(Code::invalid_usage, "rank {} has joined this communicator already in this process", seat.rank);
  seats_.emplace(seat.key, &seat);
  for (const Early& early : early_) {
    if (early.notice.key == seat.key) apply(seat, early.from, early.notice);
  }
  for (const EarlyAgreement& early : early_agreements_) {
    if (early.news.key == seat.key) apply(seat, early.from, early.news);
  }
  if (all_seated(seat)) {
    std::erase_if(early_, [&](const Early& early) { return early.notice.key == seat.key; });
    std::erase_if(early_agreements_, [&](const EarlyAgreement& early) { return early.news.key == seat.key; });
  }
  return {};
}

void Seats::remove(Seat& seat) {
  const auto [first, last] = seats_.equal_range(seat.key);
  const auto found = std::find_if(first, last, [&](const auto& one) { return one.second == &seat; });
  if (found != last) seats_.erase(found);
  std::erase(posts_due_, &seat);
}

void Seats::tell(const ProcessId& from, const Notice& notice) {
  const auto [first, last] = seats_.equal_range(notice.key);
  for (auto one = first; one != last; ++one) apply(*one->second, from, notice);
  // A rank that has joined has heard from all others: they have, or had, their seats.
  if (!notice.joining || (first != last && all_seated(*first->second))) return;
  if (early_.size() == kEarlyMax) early_.pop_front();
  early_.push_back({from, notice});
}

std::optional<Secret> Seats::secret_of(uint64_t communicator, const ProcessId& process) const {
  const auto found = seats_.lower_bound({communicator, 0});
  if (found == seats_.end() || found->first.communicator != communicator) return std::nullopt;
  const Seat& seat = *found->second;
  const bool member = process != seat.member(seat.rank).process &&
                      std::ranges::any_of(seat.roster, [&](const Member& one) { return one.process == process; });
  return member ? std::optional(seat.secret) : std::nullopt;
}

Seat* Seats::find(const CommunicatorKey& key, int rank) const {
  const auto [first, last] = seats_.equal_range(key);
  const auto found = std::find_if(first, last, [&](const auto& one) { return one.second->rank == rank; });
  return found == last ? nullptr : found->second;
}

bool Seats::all_seated(const Seat& seat) const {
  const ProcessId& here = seat.member(seat.rank).process;
  const auto locals = std::count_if(seat.roster.begin(), seat.roster.end(),
                                    [&](const Member& member) { return member.process == here; });
  return static_cast<ptrdiff_t>(seats_.count(seat.key)) >= locals;
}

// A process speaks for its own ranks only.
void Seats::apply(Seat& seat, const ProcessId& from, const Notice& notice) {
  if (notice.rank < 0 || notice.rank >= static_cast<int>(seat.roster.size()) || notice.rank == seat.rank) return;
  const Member& sender = seat.member(notice.rank);
  if (sender.process != from) return;
  Seat::Peer& peer = seat.peers[static_cast<size_t>(notice.rank)];
  switch (notice.kind) {
    case FrameKind::enroll:
      if (peer == Seat::Peer::absent) --seat.absent;
      if (peer == Seat::Peer::absent) peer = Seat::Peer::enrolled;
      return;
    case FrameKind::leave:
      if (peer == Seat::Peer::absent) --seat.absent;
      peer = Seat::Peer::departed;
      seat.alive->depart(notice.rank);
      for (Agreement& agreement : seat.agreements) agreement.depart(notice.rank);
      owe_posts(seat);
      settle(seat);  // It may have been the last that was waited for.
      return;
    case FrameKind::failure:
      seat.alive->fail(
          Status(notice.code, notice.relayed ? notice.text : fmt::format("{}: {}", describe(sender), notice.text)),
          notice.cause);
      return;
    default:
      WEFT_ASSERT(false);  // Only these three kinds are decoded to notices.
  }
}

}  // namespace weft
