# weft_layer(NAME [SEES layer...]) makes the target weft_NAME from the sources of this folder (and its sub-folders).
# It can include its own folder and those of the layers it names, and nothing else of src: each layer is reached through
# a folder that holds one link to it, so a forbidden #include does not compile.
function(weft_layer name)
  cmake_parse_arguments(LAYER "" "" "SEES" ${ARGN})
  set(view ${PROJECT_BINARY_DIR}/layers/${name})
  file(MAKE_DIRECTORY ${view})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${view}/${name} SYMBOLIC)

  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  if(sources)
    add_library(weft_${name} OBJECT ${sources})
    set(scope PUBLIC)
  else()
    add_library(weft_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(weft_${name} ${scope} ${view} ${PROJECT_SOURCE_DIR}/include)
  target_link_libraries(weft_${name} ${scope} weft_flags)
  foreach(seen ${LAYER_SEES})
    target_include_directories(weft_${name} ${scope} ${PROJECT_BINARY_DIR}/layers/${seen})
  endforeach()
  set_property(GLOBAL APPEND PROPERTY WEFT_LAYERS ${name})
endfunction()
