#include "simulation/meeting.h"

#include "simulation/process.h"
#include "simulation/rank.h"

namespace weft::simulation {
namespace {

constexpr milliseconds kPatience{20'000}, kGrace{1000};
constexpr milliseconds kSoon{5};  // a look at the deadline that must find it far

std::vector<std::byte> message_of(Rank& visitor) {
  JoinMessage message;
  message.patience_ms = static_cast<uint64_t>(kPatience.count());
  message.plan_text = "plan";
  message.self.process = visitor.process().id;
  message.self.host = "node";
  message.self.pid = visitor.number();
  return encode(message);
}

}  // namespace

void Meeting::open() {
  open_ = true;
  for (Visitor& visitor : visitors_) hear(visitor);
}

void Meeting::come(Rank& visitor, int rank, int ranks, uint64_t plan) {
  Hello hello;
  hello.rank = static_cast<uint32_t>(rank);
  hello.nranks = static_cast<uint32_t>(ranks);
  hello.communicator = id_;
  hello.plan_hash = plan;
  hello.process = visitor.process().id;
  Visitor& here = visitors_.emplace_back(Visitor{&visitor, hello, message_of(visitor)});
  world_.at(world_.now() + world_.delay(), process_, [this, &here] {
    if (open_) hear(here);
  });
  world_.at(world_.now() + kPatience + kGrace, visitor.process().index, [this, &here] {
    if (std::exchange(here.answered, true)) return;
    const Process& host = world_.process(process_);
    const bool was_frozen = host.frozen_until != Time{};  // Then its own patience began later.
    if (here.heard && !host.blamed && !host.gone() && !was_frozen)
      world_.violate("a root that lives says nothing to rank {}", here.rank->number());
    here.rank->hear_refusal(Status(Code::not_joined, "the root says nothing"));
  });
}

void Meeting::hear(Visitor& visitor) {
  if (visitor.heard || visitor.gone || world_.process(process_).gone()) return;
  visitor.heard = true;
  auto message = decode_join(visitor.message);
  if (!message) return world_.violate("a join message makes no sense");
  if (assembly_.greet(visitor.hello) && !assembly_.complete())
    assembly_.arrive(visitor.hello, std::move(*message), world_.now());
  answer_if_decided();
  for (const milliseconds later : {kSoon, kPatience}) {
    world_.at(world_.now() + later, process_, [this] {
      if (!assembly_.decided() && assembly_.deadline().passed_at(world_.now())) assembly_.give_up();
      answer_if_decided();
    });
  }
}

void Meeting::lose_process(int process) {
  for (Visitor& visitor : visitors_) {
    if (visitor.rank->process().index != process) continue;
    world_.at(world_.now() + world_.delay(), process_, [this, &visitor] {
      visitor.gone = true;
      if (visitor.heard && !visitor.answered && !assembly_.decided())
        assembly_.lose(static_cast<int>(visitor.hello.rank));
      if (visitor.heard && !assembly_.decided())
        world_.violate("a root waits for rank {}, which is gone", visitor.hello.rank);
      answer_if_decided();
    });
  }
}

void Meeting::answer_if_decided() {
  if (!assembly_.decided()) return;
  if (assembly_.complete() && !roster_) {
    RosterMessage message{world_.random.next() | 1, Secret{}, assembly_.take_roster()};
    for (size_t rank = 0; rank < message.roster.size(); ++rank) {
      if (message.roster[rank].rank != static_cast<int>(rank)) world_.violate("a roster is out of order");
    }
    roster_ = encode(message);
  }
  for (Visitor& visitor : visitors_) {
    if (visitor.heard && !visitor.answered) answer(visitor);
  }
}

void Meeting::answer(Visitor& visitor) {
  visitor.answered = true;
  Rank* const rank = visitor.rank;
  world_.at(world_.now() + world_.delay(), rank->process().index, [this, rank] {
    if (!roster_) return rank->hear_refusal(decode_refusal(encode(assembly_.refusal())));
    const auto message = decode_roster(*roster_);
    if (!message) return world_.violate("a roster makes no sense");
    rank->hear_roster(*message);
  });
}

}  // namespace weft::simulation
