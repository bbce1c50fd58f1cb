#include "bootstrap/seats.h"

#include <gtest/gtest.h>

#include <array>

namespace weft {
namespace {

ProcessId process(uint8_t number) {
  return ProcessId{{number}};
}

// Ranks 0 and 1 in process 1, rank 2 in process 2, rank 3 in process 3.
Roster roster_of_four() {
  Roster roster(4);
  const std::array<uint8_t, 4> processes = {1, 1, 2, 3};
  for (int rank = 0; rank < 4; ++rank) {
    Member& member = roster[static_cast<size_t>(rank)];
    member.rank = rank;
    member.process = process(processes[static_cast<size_t>(rank)]);
    member.host = "node";
    member.pid = processes[static_cast<size_t>(rank)];
  }
  return roster;
}

constexpr CommunicatorKey kKey{77, 0};

struct Sitter {
  explicit Sitter(int rank, CommunicatorKey key = kKey)
      : alive(4, doorbell), seat(key, rank, Secret{}, roster_of_four(), &alive) {}
  Doorbell doorbell;
  Alive alive;
  Seat seat;
};

Notice notice(FrameKind kind, int rank, bool joining = false, CommunicatorKey key = kKey) {
  return {.kind = kind, .key = key, .rank = rank, .joining = joining, .code = Code::mismatch, .text = "text"};
}

// notices of every kind, written and read, cut at every length
// expect: the same; refused
TEST(Seats, notice_round_trip) {
  Notice written = notice(FrameKind::failure, 2, true);
  written.cause = Cause::order_cycle;
  auto bytes = encode(written);
  const auto read = decode_notice(FrameKind::failure, bytes);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->key, kKey);
  EXPECT_EQ(read->rank, 2);
  EXPECT_TRUE(read->joining);
  EXPECT_EQ(read->code, Code::mismatch);
  EXPECT_EQ(read->cause, Cause::order_cycle);
  EXPECT_EQ(read->text, "text");
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(decode_notice(FrameKind::failure, std::span(bytes).first(length)).has_value());
  }
  constexpr size_t kFlags = 16;  // behind communicator, epoch and rank
  bytes[kFlags] = static_cast<std::byte>(kCauseCount << 2);
  EXPECT_FALSE(decode_notice(FrameKind::failure, bytes).has_value()) << "a cause that there is not";
}

// ranks enroll, some before this rank has its seat
// expect: all counted, once each
TEST(Seats, enroll) {
  Seats seats;
  Sitter zero(0), one(1);
  seats.tell(process(2), notice(FrameKind::enroll, 2, true));
  ASSERT_TRUE(seats.add(zero.seat).ok());
  EXPECT_EQ(zero.seat.absent_ranks(), (std::vector<int>{1, 3}));
  seats.tell(process(3), notice(FrameKind::enroll, 3, true));
  seats.tell(process(3), notice(FrameKind::enroll, 3, true));
  seats.tell(process(1), notice(FrameKind::enroll, 0, true));
  EXPECT_EQ(zero.seat.absent, 1);
  ASSERT_TRUE(seats.add(one.seat).ok());
  EXPECT_EQ(one.seat.absent, 0) << "the second rank of the process hears what came before it";
  seats.tell(process(1), notice(FrameKind::enroll, 1, true));
  EXPECT_EQ(zero.seat.absent, 0);
}

// a rank takes a second seat in one communicator
// expect: refused
TEST(Seats, one_seat_each) {
  Seats seats;
  Sitter first(0), second(0), other_epoch(0, {77, 1});
  ASSERT_TRUE(seats.add(first.seat).ok());
  EXPECT_EQ(seats.add(second.seat).code(), Code::invalid_usage);
  EXPECT_TRUE(seats.add(other_epoch.seat).ok());
}

// a process dies whose ranks are here, gone in good order, or elsewhere
// expect: only seats that miss a rank fail, and its text names rank and pid
TEST(Seats, lose) {
  Seats seats;
  Sitter here(0), gone(1), elsewhere(2);
  for (Sitter* sitter : {&here, &gone}) ASSERT_TRUE(seats.add(sitter->seat).ok());
  seats.lose(process(9), Code::remote_error, "died");
  EXPECT_FALSE(here.alive.stopped());
  seats.tell(process(2), notice(FrameKind::leave, 2));
  seats.lose(process(2), Code::remote_error, "died");
  EXPECT_FALSE(here.alive.stopped()) << "a rank that has left may die";
  EXPECT_TRUE(here.alive.has_departed(2));
  seats.remove(gone.seat);
  seats.lose(process(3), Code::remote_error, "died: its process ended");
  EXPECT_EQ(here.alive.error().text(), "rank 3 (node pid 3) died: its process ended");
  EXPECT_FALSE(gone.alive.stopped());
  ASSERT_TRUE(seats.add(elsewhere.seat).ok());
  seats.lose(process(1), Code::remote_error, "died");
  EXPECT_EQ(elsewhere.alive.error().text(), "ranks 0-1 (node pid 1) died");
}

// a rank decides that the communicator has failed
// expect: the others fail with its code and name; it itself does not
TEST(Seats, failure) {
  Seats seats;
  Sitter zero(0), one(1), other_epoch(0, {77, 1});
  for (Sitter* sitter : {&zero, &one, &other_epoch}) ASSERT_TRUE(seats.add(sitter->seat).ok());
  seats.tell(process(1), notice(FrameKind::failure, 1));
  EXPECT_EQ(zero.alive.error().code(), Code::mismatch);
  EXPECT_EQ(zero.alive.error().text(), "rank 1 (node pid 1): text");
  EXPECT_FALSE(one.alive.stopped());
  EXPECT_FALSE(other_epoch.alive.stopped());
}

// a rank passes on what it was told
// expect: the text stays as it is
TEST(Seats, relayed_failure) {
  Seats seats;
  Sitter zero(0);
  ASSERT_TRUE(seats.add(zero.seat).ok());
  Notice relayed = notice(FrameKind::failure, 2);
  relayed.relayed = true;
  seats.tell(process(2), relayed);
  EXPECT_EQ(zero.alive.error().text(), "text");
}

// ranks of two processes leave one after the other
// expect: a process has left when its last rank has
TEST(Seats, has_left) {
  Seats seats;
  Sitter two(2);
  ASSERT_TRUE(seats.add(two.seat).ok());
  seats.tell(process(1), notice(FrameKind::leave, 1));
  EXPECT_FALSE(two.seat.has_left(process(1)));
  seats.tell(process(1), notice(FrameKind::leave, 0));
  EXPECT_TRUE(two.seat.has_left(process(1)));
  EXPECT_FALSE(two.seat.has_left(process(3)));
}

// a process speaks for a rank of another, or for one that does not exist
// expect: nothing happens
TEST(Seats, speaks_for_others) {
  Seats seats;
  Sitter zero(0);
  ASSERT_TRUE(seats.add(zero.seat).ok());
  for (const int rank : {3, 4, -1}) seats.tell(process(2), notice(FrameKind::failure, rank));
  seats.tell(process(2), notice(FrameKind::leave, 3));
  EXPECT_FALSE(zero.alive.stopped());
  EXPECT_FALSE(zero.alive.any_departed());
}

// a failure that came before the seat, and a departure from a communicator that has ended here
// expect: heard; not kept
TEST(Seats, early_news) {
  Seats seats;
  Sitter zero(0), later(0);
  seats.tell(process(2), notice(FrameKind::failure, 2, true));
  ASSERT_TRUE(seats.add(zero.seat).ok());
  EXPECT_TRUE(zero.alive.stopped());
  seats.remove(zero.seat);
  seats.tell(process(3), notice(FrameKind::leave, 3));
  ASSERT_TRUE(seats.add(later.seat).ok());
  EXPECT_FALSE(later.alive.has_departed(3));
}

// secrets of a communicator with a seat, and of one without; for a process of the communicator, this one and another
// expect: found; not found; for the first only
TEST(Seats, secrets) {
  Seats seats;
  Sitter zero(0, {77, 3});
  zero.seat.secret = random_secret();
  ASSERT_TRUE(seats.add(zero.seat).ok());
  EXPECT_EQ(seats.secret_of(77, process(2)), zero.seat.secret);
  EXPECT_FALSE(seats.secret_of(76, process(2)).has_value());
  EXPECT_FALSE(seats.secret_of(78, process(2)).has_value());
  EXPECT_FALSE(seats.secret_of(77, process(1)).has_value());
  EXPECT_FALSE(seats.secret_of(77, process(9)).has_value());
}

// a process dies, and all others leave instead of agreeing
// expect: the rank fails as soon as the last of them has left
TEST(Seats, departure_that_decides) {
  Seats seats;
  Sitter zero(0);
  ASSERT_TRUE(seats.add(zero.seat).ok());
  for (const int rank : {1, 2, 3}) seats.tell(zero.seat.member(rank).process, notice(FrameKind::enroll, rank));
  seats.lose(process(3), Code::remote_error, "died");
  seats.tell(process(1), notice(FrameKind::leave, 1));
  EXPECT_FALSE(zero.alive.stopped());
  seats.tell(process(2), notice(FrameKind::leave, 2));
  EXPECT_TRUE(zero.alive.stopped());
}

}  // namespace
}  // namespace weft
