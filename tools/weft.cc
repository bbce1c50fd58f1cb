// The `weft` command: one subcommand per file.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>

#include "base/nearest.h"
#include "tools/run.h"
#include "tools/trace.h"

namespace weft::tools {
namespace {

constexpr int kUsage = 2;

int fail_usage(const std::string& text, const std::string& command) {
  fmt::print(stderr, "weft: {}\nTry: {} --help\n", text, command);
  return kUsage;
}

// A mistyped command, told by the library as a stray argument, is told with the nearest one instead.
std::string unknown_command(const CLI::App& app, const std::string& word) {
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  std::vector<std::string> names;
  for (const auto* command : commands) names.push_back(command->get_name());
  const std::vector<std::string_view> views(names.begin(), names.end());
  return is_one_of(word, views) ? ""
                                : fmt::format("{} is not a command; the nearest is {}", word, nearest(word, views));
}

// "weft", or "weft run" if that is the command.
std::string parsed_name(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? "weft" : "weft " + parsed.front()->get_name();
}

int weft_main(int argc, char** argv) {
  CLI::App app("weft: collective communication that never hangs", "weft");
  app.set_version_flag("--version", "weft " WEFT_VERSION);
  app.require_subcommand(1);
  RunOptions run_options;
  CLI::App* const run_command = add_run(app, run_options);
  TraceOptions trace_options;
  CLI::App* const trace_command = add_trace(app, trace_options);

  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && !arguments[0].starts_with('-')) {
    if (const auto text = unknown_command(app, arguments[0]); !text.empty()) return fail_usage(text, "weft");
  }
  if (!arguments.empty() && arguments[0] == run_command->get_name()) {
    std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
    run_options.command = split_off_program(*run_command, rest);
    arguments.resize(1);
    arguments.insert(arguments.end(), rest.begin(), rest.end());
  }
  try {
    std::ranges::reverse(arguments);  // as CLI11 takes them
    app.parse(arguments);
  } catch (const CLI::ParseError& problem) {
    if (problem.get_exit_code() == 0) return app.exit(problem);  // --help and --version
    return fail_usage(problem.what(), parsed_name(app));
  }
  if (trace_command->parsed()) return trace(trace_options);
  if (run_options.command.empty()) return fail_usage("no program is given", "weft run");
  return run(run_options);
}

}  // namespace
}  // namespace weft::tools

int main(int argc, char** argv) {
  return weft::tools::weft_main(argc, argv);
}
