// `weft run`: starts the ranks of a job on this host, passes their output on, and sees to it that they all end.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace weft::tools {

enum class Prefix { automatic, always, never };

struct RunOptions {
  int nranks = 0;
  double timeout_s = 0;  // 0: no limit
  double grace_s = 2;
  Prefix prefix = Prefix::automatic;
  std::string trace_dir;             // where flight records go when a job fails; empty: nowhere
  std::vector<std::string> command;  // program and arguments
};

// Adds the subcommand to the command line. `options.command` is not the parser's: see split_off_program.
CLI::App* add_run(CLI::App& app, RunOptions& options);
// Takes the program and its arguments, which may look like options of ours, off the end of `arguments` (those after the
// subcommand's name): they begin at the first word that is neither an option nor an option's value, or after "--".
std::vector<std::string> split_off_program(const CLI::App& run_command, std::vector<std::string>& arguments);
// The exit status.
int run(const RunOptions& options);

}  // namespace weft::tools
