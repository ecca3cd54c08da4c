# visor_room(NAME [ROOMS room...] [LIBS target...])
# One folder of src/ as a static library visor_NAME made of its *.cpp (but main.cpp), and one test program
# NAME_test made of its *_test.cpp. ROOMS are the rooms it may include; tools/tidy.py holds the includes to the
# same order.
function(visor_room name)
    cmake_parse_arguments(ROOM "" "" "ROOMS;LIBS" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
    file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cpp)
    list(FILTER sources EXCLUDE REGEX "_test\\.cpp$|/main\\.cpp$")
    list(TRANSFORM ROOM_ROOMS PREPEND visor_)
    if(sources)
        add_library(visor_${name} STATIC ${sources})
        target_link_libraries(visor_${name} PUBLIC visor_flags ${ROOM_ROOMS} ${ROOM_LIBS})
        if(VISOR_FUZZ) # what the fuzzer is to see the ways through; tests are none of it
            target_compile_options(visor_${name} PRIVATE -fsanitize=fuzzer-no-link)
        endif()
    else()
        add_library(visor_${name} INTERFACE)
        target_link_libraries(visor_${name} INTERFACE visor_flags ${ROOM_ROOMS} ${ROOM_LIBS})
    endif()
    if(VISOR_TESTS AND tests)
        add_executable(${name}_test ${tests})
        target_link_libraries(${name}_test PRIVATE visor_${name} GTest::gtest_main)
        target_compile_options(${name}_test PRIVATE ${VISOR_TEST_FLAGS})
        # In the folder compilers run in, as __FILE__, by which tests find captures, may be told relative to it.
        add_test(NAME ${name} COMMAND ${name}_test WORKING_DIRECTORY ${CMAKE_BINARY_DIR})
    endif()
endfunction()
