// Records which functions a thread enters, each once, in order of first entry. The functions of this file are not
// recorded.
#pragma once

namespace weft::test {

void start_recording();  // this thread's, from here on
void stop_recording();
void print_recording();  // the addresses of the functions, one a line

}  // namespace weft::test
