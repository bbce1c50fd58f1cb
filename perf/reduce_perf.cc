#include "program.h"

int main(int argc, char** argv) {
  return weft::perf::run_program(weft::Collective::reduce, argc, argv);
}
