// The text form of schedules: one line per step, read and written by one grammar (docs/schedule.md explains it):
//
//   file     = { "rank" number schedule }                         one schedule for each rank, in order
//   schedule = "schedule chunks" number "scratch" number "credits" number
//              [ "tables" { number } ] { lane }
//   lane     = "lane" [ "window" number "size" number ] { port } { step }
//   port     = "port" number "rank" number "stream" number [ "group" ]
//   step     = "loop" number "times" number "steps"               the next so many moves
//            | "move" part { "+" part } "->" place { "," place } [ "|" option { "," option } ]
//   part     = ref | "recv" ports                                 in the order in which they are folded
//   place    = ref | "send" ports
//   ports    = number [ ".." number ]
//   ref      = ( "input" | "output" | "scratch" ) "[" number [ ( "+" | "-" ) [ number ] "i" ] [ "~" ] "]"
//   option   = "count" number | "run" number | "gap" integer | "table" number | "ports" integer
//            | "pairwise" | "pre" | "post" | "remote" ref
//            | "after" [ "slot" | "pass" ] "lane" number "step" number
//
// `i` is the iteration of the loop, `~` counts the set downwards. Lines that begin with # and empty lines mean nothing.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "schedule/step.h"

namespace weft {

// Every schedule of good form (check_form) comes back from its text unchanged.
std::string print_schedule(const Schedule& schedule);
std::string print_schedules(std::span<const Schedule> schedules);  // a file

// Only the grammar and the widths of fields are checked. An error names the line, the word and what was expected there.
Expected<Schedule> parse_schedule(std::string_view text);
Expected<std::vector<Schedule>> parse_schedules(std::string_view text);

}  // namespace weft
