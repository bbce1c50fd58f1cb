#include "program.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "session.h"

namespace weft::perf {
namespace {

int refuse(const Session& session, const Status& status, bool with_usage) {
  fmt::print(stderr, "{}: {}\n", session.program, status.text());
  if (with_usage) std::fputs(usage(session.program).c_str(), stderr);
  return status.code() == Code::invalid_usage ? 2 : 1;
}

}  // namespace

int run_program(Collective collective, int argc, char** argv) {
  Session session{.collective = collective,
                  .program = std::filesystem::path(argv[0]).filename(),
                  .command = {argv, argv + argc},
                  .flags = {}};
  auto flags = parse_flags({argv + 1, static_cast<size_t>(argc - 1)});
  if (!flags) return refuse(session, flags.error(), true);
  session.flags = std::move(*flags);
  if (session.flags.help) {
    std::fputs(usage(session.program).c_str(), stdout);
    return 0;
  }
  // weft reads its variables when the first communicator is made, which is later.
  if (session.flags.timeout_s > 0) setenv("WEFT_TIMEOUT", std::to_string(session.flags.timeout_s).c_str(), 1);
  const Status status = run_members(session.flags, [&](Member& member) { return session.run(member); });
  if (!status.ok()) return refuse(session, status, false);
  return session.any_wrong.load() ? 1 : 0;
}

}  // namespace weft::perf
