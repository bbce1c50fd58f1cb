// Rewrites the golden prints of the catalog: write_golden <folder>.
#include <cstdio>
#include <fstream>

#include "golden.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s <folder>\n", argv[0]);
    return 2;
  }
  for (const weft::CatalogRow& row : weft::catalog()) {
    std::ofstream file(weft::test::golden_path(argv[1], row), std::ios::binary);
    file << weft::test::golden_text(row);
    if (!file.flush()) return 1;
  }
  return 0;
}
