# The reference of reductions, for the tests and for the checks of the perf programs.
include_guard(GLOBAL)
add_library(weft_reference STATIC ${CMAKE_CURRENT_LIST_DIR}/number.cc ${CMAKE_CURRENT_LIST_DIR}/reference.cc ${CMAKE_CURRENT_LIST_DIR}/values.cc)
target_include_directories(weft_reference PUBLIC ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(weft_reference PUBLIC weft_flags)
