# Flags of every target. Floating-point contraction is off everywhere: gcc fuses a*b+c by default, and the bits of a
# reduction must not depend on the instruction set of the machine that runs it.
add_library(weft_flags INTERFACE)
target_compile_options(weft_flags INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers -Werror
                       -ffp-contract=off -fno-math-errno)
target_compile_definitions(weft_flags INTERFACE _GNU_SOURCE)

if(WEFT_SANITIZE)
  add_compile_options(-fsanitize=${WEFT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${WEFT_SANITIZE})
  string(REPLACE "," "_" sanitize_word ${WEFT_SANITIZE})
  add_compile_definitions(WEFT_SANITIZE_${sanitize_word}=1)
endif()

# Counts what an input reaches; the fuzzers alone link libFuzzer's main.
if(WEFT_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

add_library(weft_fmt STATIC ${CMAKE_CURRENT_LIST_DIR}/weft_fmt.cc)
target_link_libraries(weft_flags INTERFACE weft_fmt)
