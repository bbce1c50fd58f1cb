#include "bootstrap/knock.h"

#include <cerrno>

#include "base/status.h"

namespace weft {
namespace {

tl::unexpected<KnockError> failure(KnockFailure kind, const Door& door, std::string_view why) {
  return tl::unexpected(KnockError{kind, fmt::format("{}: {}", door.text(), why)});
}

tl::unexpected<KnockError> failure_of_errno(const Door& door, int number) {
  return failure(number == ECONNREFUSED ? KnockFailure::absent : KnockFailure::busy, door, errno_text(number));
}

OrErrno<PrivateFd> connect_to(const Door& door, Deadline deadline) {
  return door.unix_name.empty() ? connect_tcp(door.tcp, deadline) : connect_unix(door.unix_name, deadline);
}

Deadline attempt_deadline(Deadline deadline) {
  return Deadline::after_ms(deadline.left_ms(kKnockMs));
}

}  // namespace

tl::expected<Knocked, KnockError> knock(const Door& door, Hello hello, const Secret& secret, Deadline deadline) {
  const Deadline limit = attempt_deadline(deadline);
  auto fd = connect_to(door, limit);
  if (!fd) return failure_of_errno(door, fd.error());
  Knocked knocked{std::move(*fd), {}, !door.unix_name.empty(), 0};
  if (knocked.local) {
    const UnixPeer peer = unix_peer(knocked.fd.get());
    if (!peer.same_user) return failure(KnockFailure::busy, door, "another user listens there");
    knocked.pid = peer.pid;
  }
  hello.role = Role::connecting;
  fill_random(hello.nonce);
  const HelloBytes ours = encode(hello);
  HelloBytes theirs;
  int failed = send_all(knocked.fd.get(), ours, limit);
  if (failed == 0) failed = recv_exactly(knocked.fd.get(), theirs, limit);
  if (failed != 0) return failure(KnockFailure::busy, door, errno_text(failed));
  const auto decoded = decode_hello(theirs);
  if (!decoded || decoded->role != Role::accepting || decoded->communicator != hello.communicator) {
    return failure(KnockFailure::busy, door, "whoever listens there is no part of this communicator");
  }
  knocked.theirs = *decoded;
  const Digest proof = proof_of(secret, Role::connecting, ours, theirs);
  Digest answer;
  failed = send_all(knocked.fd.get(), std::as_bytes(std::span(proof)), limit);
  if (failed == 0) failed = recv_exactly(knocked.fd.get(), std::as_writable_bytes(std::span(answer)), limit);
  if (failed != 0) return failure(KnockFailure::busy, door, errno_text(failed));
  if (!equal_in_constant_time(answer, proof_of(secret, Role::accepting, ours, theirs))) {
    return failure(KnockFailure::secret, door, "the two sides have different secrets");
  }
  return knocked;
}

bool is_listening(const Door& door, Deadline deadline) {
  const auto fd = connect_to(door, attempt_deadline(deadline));
  return fd.has_value() || fd.error() != ECONNREFUSED;
}

}  // namespace weft
